// A dispatch without files or models: a suite of numbers, an adapter that says what it is asked, a writer that keeps
// records in memory.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/core/clock.h"
#include "harness/run/dispatcher.h"

namespace assay::test {

// Items 0..count-1; an answer is right when it says the item's number.
class NumberSuite : public Suite {
 public:
  explicit NumberSuite(std::int64_t count) : count_(count) {}
  const SuiteInfo& info() const override { return info_; }
  Result<std::unique_ptr<ItemSource>> load() const override {
    class Source : public ItemSource {
     public:
      explicit Source(std::int64_t count) : count_(count) {}
      Result<std::optional<Item>> next() override {
        if (next_ == count_) return std::optional<Item>();
        Item item;
        item.order = next_++;
        item.id = "numbers/" + std::to_string(item.order);
        return std::optional<Item>(std::move(item));
      }

     private:
      std::int64_t count_;
      std::int64_t next_ = 0;
    };
    return std::unique_ptr<ItemSource>(std::make_unique<Source>(count_));
  }
  Result<std::string> data_sha256() const override { return std::string(64, '0'); }
  Request ask(const Item& item, int) const override {
    GenerateRequest body;
    body.prompt = std::to_string(item.order);
    body.max_tokens = 40;
    Request request;
    request.body = body;
    return request;
  }
  Score score(const Item& item, const Completion& completion) const override {
    Score score;
    score.value = completion.text == std::to_string(item.order) ? 1 : 0;
    return score;
  }

 protected:
  SuiteInfo info_;

 private:
  std::int64_t count_;
};

// Answers from a few threads of its own, after a moment; `fail` decides which prompts fail and how.
class EchoAdapter : public Adapter {
 public:
  using Fail = std::function<std::optional<Failure>(const std::string& prompt)>;
  explicit EchoAdapter(bool occupies_machine = false, Fail fail = {}, int milliseconds = 1)
      : occupies_machine_(occupies_machine), fail_(std::move(fail)), milliseconds_(milliseconds) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this] { work(); });
  }
  ~EchoAdapter() override {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wakes_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Capabilities capabilities() const override {
    Capabilities capabilities;
    capabilities.generate = true;
    capabilities.occupies_machine = occupies_machine_;
    return capabilities;
  }
  ModelIdentity identity() const override { return {}; }
  void answer(Request request, std::function<void(Completion)> done) override {
    const std::lock_guard lock(mutex_);
    most_held_ = std::max(most_held_, ++held_);
    if (first_asked_ == MonotonicClock::time_point()) first_asked_ = MonotonicClock::now();
    queue_.emplace_back(std::move(request), std::move(done));
    wakes_.notify_one();
  }
  void drain() override {
    const std::lock_guard lock(mutex_);
    drained_ = true;
  }
  void cancel() override { drain(); }

  int most_held() const { return most_held_; }
  MonotonicClock::time_point first_asked() const { return first_asked_; }
  MonotonicClock::time_point last_answered() const { return last_answered_; }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wakes_.wait(lock, [this] { return ends_ || !queue_.empty(); });
      if (queue_.empty()) return;
      auto [request, done] = std::move(queue_.front());
      queue_.erase(queue_.begin());
      Completion completion;
      if (drained_) {
        completion.failure = Failure{FailureKind::kCancelled, FailureAction::kGiveUpItem, "stopped"};
      } else {
        lock.unlock();
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds_));
        completion.text = std::get<GenerateRequest>(request.body).prompt;
        completion.usage.prompt = 1000;
        completion.usage.completion = 10;
        if (fail_) completion.failure = fail_(completion.text);
        lock.lock();
      }
      --held_;
      last_answered_ = MonotonicClock::now();
      lock.unlock();
      done(std::move(completion));
      lock.lock();
    }
  }

  bool occupies_machine_;
  Fail fail_;
  int milliseconds_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::vector<std::pair<Request, std::function<void(Completion)>>> queue_;
  bool ends_ = false;
  bool drained_ = false;
  int held_ = 0;
  int most_held_ = 0;
  MonotonicClock::time_point first_asked_;
  MonotonicClock::time_point last_answered_;
  std::vector<std::thread> threads_;
};

// Keeps records in memory; `full_after` appends it fails.
class MemoryWriter : public RunWriter {
 public:
  explicit MemoryWriter(std::size_t full_after = SIZE_MAX) : full_after_(full_after) {}
  Result<void> for_each_answered(const std::function<void(const SampleKey&)>&) override { return {}; }
  Result<double> spent_usd() override { return 0.0; }
  Result<void> append(const Record& record) override {
    if (open_.size() + committed.size() >= full_after_) return usage_error("run.db: disk full");
    open_.push_back(record);
    return {};
  }
  Result<void> commit() override {
    committed.insert(committed.end(), open_.begin(), open_.end());
    open_.clear();
    return {};
  }
  Result<void> finish(const std::string&) override { return {}; }

  std::vector<Record> committed;

 private:
  std::size_t full_after_;
  std::vector<Record> open_;
};

class Messages : public RunObserver {
 public:
  void on_progress(const RunProgress& progress) override { last[progress.line] = progress; }
  void on_message(const std::string& line) override { lines.push_back(line); }
  std::map<std::size_t, RunProgress> last;
  std::vector<std::string> lines;
};

struct Fixture {
  Plan plan;
  Messages observer;
  StopSignal stop;
  std::unique_ptr<Budget> budget = std::make_unique<Budget>(std::nullopt, 0);

  EchoAdapter& add_model(std::unique_ptr<EchoAdapter> adapter, int in_flight) {
    EchoAdapter& added = *adapter;
    PlannedModel model;
    model.config.ref.text = "echo:" + std::to_string(plan.models.size());
    model.capabilities = adapter->capabilities();
    model.adapter = std::move(adapter);
    model.max_in_flight = in_flight;
    plan.models.push_back(std::move(model));
    return added;
  }
  PlannedResult& add_suite(std::size_t model, std::int64_t items, int samples = 1) {
    std::vector<std::int64_t> orders;
    for (std::int64_t i = 0; i < items; ++i) orders.push_back(i);
    PlannedResult planned;
    planned.info.id = static_cast<std::int64_t>(plan.results.size());
    planned.suite = std::make_shared<NumberSuite>(items);
    planned.model = model;
    planned.todo = TodoList(orders, samples);
    plan.results.push_back(std::move(planned));
    return plan.results.back();
  }
  DispatchOutcome run(RunWriter& writer) {
    return dispatch(plan, writer, *budget, ReusableAnswers(plan.models.size()), observer, stop);
  }
};

}  // namespace assay::test
