#include "adapters/llama/engine.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "adapters/llama/generator.h"
#include "adapters/llama/identical.h"
#include "adapters/llama/meter.h"
#include "adapters/llama/scorer.h"

namespace assay::llama {
namespace {

constexpr int kStepsBetweenWaves = 32;                     // so that neither scoring nor generation starves
constexpr auto kGathering = std::chrono::milliseconds(2);  // jobs come one by one: a wave wants several

Failure stopped() { return {FailureKind::kCancelled, FailureAction::kGiveUpItem, "the run was stopped"}; }

class OneThreadEngine final : public Engine {
 public:
  explicit OneThreadEngine(std::shared_ptr<const LocalModel> model)
      : model_(model),
        exclusive_(model->options().exclusive),
        scorer_(model, meter_, cancelled_, draining_),
        generator_(std::move(model), meter_, cancelled_),
        thread_([this] { drive(); }) {}

  ~OneThreadEngine() override { join(); }

  [[nodiscard]] std::vector<std::string> close() override {
    join();
    std::vector<std::string> lines = meter_.report();
    if (const std::int64_t nodes = model_->attention_nodes(); nodes > 0) {
      lines.push_back("local engine: attention of " + std::to_string(nodes) +
                      " layers of batches by assay's own kernel");
    }
    if (const std::int64_t joined = same_scores_.joined() + same_texts_.joined(); joined > 0) {
      lines.push_back("local engine: " + std::to_string(joined) + " requests were answered with an identical one");
    }
    return lines;
  }

  void score(ScoreJob job) override { put(scores_, std::move(job)); }
  void generate(GenerateJob job) override { put(texts_, std::move(job)); }

  void drain() override {
    draining_.store(true);
    changed_.notify_one();
  }

  void cancel() override {
    cancelled_.store(true);
    changed_.notify_one();
  }

 private:
  void join() {
    if (!thread_.joinable()) {
      return;
    }
    cancel();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  template <class Job>
  void put(std::vector<Job>& inbox, Job job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      inbox.push_back(std::move(job));
    }
    changed_.notify_one();
  }

  /// Takes what came in; waits where there is nothing to do. False: the engine has ended.
  bool take_in() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (scorer_.idle() && generator_.idle()) {
      changed_.wait(lock, [this] { return ended_ || !scores_.empty() || !texts_.empty(); });
      for (std::size_t had = 0; !ended_ && !cancelled_ && scores_.size() > had;) {
        had = scores_.size();
        changed_.wait_for(lock, kGathering, [&] { return ended_ || scores_.size() > had; });
      }
    }
    std::vector<ScoreJob> scores = std::exchange(scores_, {});
    std::vector<GenerateJob> texts = std::exchange(texts_, {});
    const bool goes_on = !ended_;
    lock.unlock();
    for (ScoreJob& job : scores) {
      if (exclusive_ || !same_scores_.joins(job)) scorer_.add(std::move(job));
    }
    for (GenerateJob& job : texts) {
      if (exclusive_ || !same_texts_.joins(job)) generator_.add(std::move(job));
    }
    if (draining_) {
      scorer_.fail_unstarted(stopped());
      generator_.fail_unstarted(stopped());
    }
    return goes_on;
  }

  void drive() {
    while (take_in()) {
      const auto started = MonotonicClock::now();
      try {
        work();
        meter_.worked(milliseconds_since(started));
      } catch (const std::exception& error) {
        fail_all(
            {FailureKind::kModel, FailureAction::kGiveUpItem, std::string("the local engine failed: ") + error.what()});
      }
    }
    fail_all(stopped());
  }

  void work() {
    if (cancelled_) {
      fail_all(stopped());
      return;
    }
    if (!scorer_.idle()) {
      scorer_.run_wave();
    }
    for (int i = 0; i < kStepsBetweenWaves && !generator_.idle() && !cancelled_; ++i) {
      generator_.step();
    }
  }

  void fail_all(const Failure& failure) {
    scorer_.fail_all(failure);
    generator_.fail_all(failure);
  }

  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ScoreJob> scores_;    ///< guarded by mutex_
  std::vector<GenerateJob> texts_;  ///< guarded by mutex_
  bool ended_ = false;              ///< guarded by mutex_
  const std::shared_ptr<const LocalModel> model_;
  const bool exclusive_;
  Meter meter_;                                         ///< thread_'s, and who has joined it
  Identical<ScoreJob, ScoreOutcome> same_scores_;       ///< thread_'s
  Identical<GenerateJob, GenerateOutcome> same_texts_;  ///< thread_'s
  Scorer scorer_;                                       ///< thread_'s
  Generator generator_;                                 ///< thread_'s
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(std::shared_ptr<const LocalModel> model) {
  return std::make_unique<OneThreadEngine>(std::move(model));
}

}  // namespace assay::llama
