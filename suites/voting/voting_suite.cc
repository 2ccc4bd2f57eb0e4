#include "suites/voting/voting_suite.h"

#include <utility>

#include "harness/core/strategy.h"

namespace assay {
namespace {

// Metrics that are computed from an item's samples in a way of their own.
bool is_of_samples(const MetricSpec& metric) {
  return metric.aggregation == Aggregation::kPassAtK || metric.aggregation == Aggregation::kAllSamples ||
         metric.aggregation == Aggregation::kSampleSpread;
}

class VotingSuite : public Suite {
 public:
  explicit VotingSuite(std::unique_ptr<Suite> inner) : inner_(std::move(inner)), info_(inner_->info()) {
    std::vector<MetricSpec> metrics;
    MetricSpec single;
    for (MetricSpec metric : info_.metrics) {
      if (metric.headline) single = metric;
      metric.vote = !is_of_samples(metric);
      metrics.push_back(std::move(metric));
    }
    single.name += "_single";
    single.headline = false;
    metrics.push_back(std::move(single));
    info_.metrics = std::move(metrics);
    if (info_.judge) {
      info_.warnings.push_back("suite " + info_.name +
                               ": answers vote by their words; of free texts, hardly two of which are alike, the first "
                               "counts, and the judge is paid for all");
    }
  }

  const SuiteInfo& info() const override { return info_; }
  Result<void> choose(const std::vector<std::int64_t>& orders) override { return inner_->choose(orders); }
  Result<std::unique_ptr<ItemSource>> load() const override { return inner_->load(); }
  Result<std::string> data_sha256() const override { return inner_->data_sha256(); }
  Request ask(const Item& item, int sample) const override { return inner_->ask(item, sample); }
  Score score(const Item& item, const Completion& completion) const override { return inner_->score(item, completion); }
  std::optional<Item> rotated(const Item& item, int by) const override { return inner_->rotated(item, by); }
  std::optional<Request> next_turn(const Item& item, const Request& asked,
                                   const Completion& completion) const override {
    return inner_->next_turn(item, asked, completion);
  }
  Score score_episode(const Item& item, const Request& asked, const Completion& completion) const override {
    return inner_->score_episode(item, asked, completion);
  }
  Result<std::vector<Request>> judge_questions(const Item& item, int sample,
                                               const Completion& completion) const override {
    return inner_->judge_questions(item, sample, completion);
  }
  Score score_judged(const Item& item, const Completion& completion,
                     const std::vector<JudgeAnswer>& judge_answers) const override {
    return inner_->score_judged(item, completion, judge_answers);
  }

 private:
  std::unique_ptr<Suite> inner_;
  SuiteInfo info_;
};

}  // namespace

Result<std::unique_ptr<Suite>> make_by_strategy(const SuiteEntry& entry, const SuiteOptions& options) {
  const std::string text = strategy_of(options.extra);
  if (text.empty()) return entry.make(options);
  auto strategy = parse_strategy(text);
  if (!strategy) return forward_error(strategy);
  SuiteOptions inner = options;
  std::erase_if(inner.extra, [](const auto& option) { return option.first == kStrategyOption; });
  inner.retrieve = strategy->kind == StrategyKind::kRag;
  auto suite = entry.make(inner);
  if (!suite || strategy->kind != StrategyKind::kSelfConsistency) return suite;
  for (const MetricSpec& metric : (*suite)->info().metrics) {
    if (metric.aggregation == Aggregation::kSampleSpread) {
      return usage_error(entry.name +
                         ": self_consistency cannot be together with order=rotate or format=vary, both of which say "
                         "what an item's samples are; give one of them");
    }
    if (metric.headline && is_of_samples(metric)) {
      return usage_error(entry.name + " has no strategy self_consistency: its " + metric.name +
                         " is of all samples of an item, whose answers do not vote");
    }
  }
  return std::make_unique<VotingSuite>(std::move(*suite));
}

}  // namespace assay
