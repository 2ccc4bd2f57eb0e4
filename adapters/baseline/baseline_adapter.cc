#include "adapters/baseline/baseline_adapter.h"

#include <atomic>
#include <charconv>
#include <utility>

#include "harness/core/clock.h"
#include "harness/core/random.h"
#include "harness/core/text.h"

namespace assay {
namespace {

constexpr double kCertain = 0;
constexpr double kImpossible = -100;

enum class Pick { kRandom, kFirst, kLongest };

class BaselineAdapter final : public Adapter {
 public:
  BaselineAdapter(Pick pick, std::string name, std::uint64_t seed) : pick_(pick), name_(std::move(name)), seed_(seed) {}

  Capabilities capabilities() const override {
    Capabilities can{};
    can.loglikelihood = can.generate = can.chat = can.top_logprobs = true;
    can.preferred_in_flight = 64;
    return can;
  }

  ModelIdentity identity() const override {
    ModelIdentity identity{};
    identity.name = "baseline:" + name_;
    if (pick_ == Pick::kRandom) identity.settings.emplace_back("seed", std::to_string(seed_));
    return identity;
  }

  void answer(Request request, std::function<void(Completion)> done) override {
    const MonotonicClock::time_point start = MonotonicClock::now();
    Completion completion;
    if (cancelled_.load(std::memory_order_relaxed)) {
      completion.failure = Failure{FailureKind::kCancelled, FailureAction::kGiveUpItem, "the run was stopped", 0};
    } else if (const auto* compare = std::get_if<LoglikelihoodRequest>(&request.body)) {
      std::vector<std::string> choices = compare->continuations;
      for (std::size_t i = 0; i < choices.size(); ++i) choices[i].insert(0, compare->opening(i));
      const std::size_t pick = index(request, choices);
      for (std::size_t i = 0; i < compare->continuations.size(); ++i) {
        completion.continuations.push_back({i == pick ? kCertain : kImpossible, 0, i == pick});
      }
    } else {
      generate(request, std::get<GenerateRequest>(request.body), completion);
    }
    completion.timings.total_ms = milliseconds_since(start);
    done(std::move(completion));
  }

  void drain() override { cancelled_ = true; }  // nothing ever waits
  void cancel() override { cancelled_ = true; }

 private:
  void generate(const Request& request, const GenerateRequest& body, Completion& completion) const {
    completion.finish = FinishReason::kStop;
    if (body.choices.empty()) return;
    const std::size_t pick = index(request, body.choices);
    completion.text = body.choices[pick];
    if (body.top_logprobs > 0) completion.top_logprobs.push_back({body.choices[pick], kCertain});
  }

  // Which of `choices` it takes; 0 where there are none.
  std::size_t index(const Request& request, const std::vector<std::string>& choices) const {
    if (choices.empty() || pick_ == Pick::kFirst) return 0;
    if (pick_ == Pick::kRandom) {
      Random random(random_key(seed_ + static_cast<std::uint64_t>(request.sample), request.item));
      return random.below(choices.size());
    }
    std::size_t best = 0;
    std::size_t longest = code_point_count(choices[0]);
    for (std::size_t i = 1; i < choices.size(); ++i) {
      const std::size_t length = code_point_count(choices[i]);
      if (length > longest) {
        best = i;
        longest = length;
      }
    }
    return best;
  }

  Pick pick_;
  std::string name_;
  std::uint64_t seed_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

Result<std::unique_ptr<Adapter>> make_baseline_adapter(const ModelRef& ref) {
  const std::vector<std::pair<std::string, Pick>> picks{
      {"random", Pick::kRandom}, {"first", Pick::kFirst}, {"longest", Pick::kLongest}};
  std::uint64_t seed = 0;
  if (const auto text = ref.option("seed")) {
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), seed);
    if (failed != std::errc{} || end != text->data() + text->size()) {
      return usage_error("model '" + ref.text + "': seed '" + *text + "' is not a whole number from 0");
    }
  }
  std::vector<std::string> names;
  for (const auto& [name, pick] : picks) {
    if (name == ref.model) return std::make_unique<BaselineAdapter>(pick, name, seed);
    names.push_back(name);
  }
  return usage_error("model '" + ref.text + "': no baseline '" + ref.model + "'" + did_you_mean(ref.model, names) +
                     "; there are random, first and longest");
}

}  // namespace assay
