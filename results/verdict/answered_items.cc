#include "results/verdict/answered_items.h"

#include <algorithm>
#include <utility>

#include "harness/core/strategy.h"
#include "harness/core/text.h"
#include "results/run_file/retrieval_note.h"
#include "results/statistics/metric_accumulator.h"
#include "results/statistics/pass_at_k.h"

namespace assay {
namespace {

using statistics::ItemSamples;

/// Puts the samples of an item together while records pass by.
class SuiteReader {
 public:
  SuiteReader(const ResultInfo& info, MetricSpec metric) {
    suite_.info = info;
    suite_.metric = std::move(metric);
  }

  void add(const Record& record) {
    if (!open_ || record.item.order != item_.order) {
      close();
      open_ = true;
      failed_ = false;
      samples_ = {};
      answers_.clear();
      item_ = {};
      item_.id = record.item.id;
      item_.order = record.item.order;
      item_.cluster = record.item.cluster;
      place(record.item);
      item_.target = record.item.target;
      item_.usd = 0;
      if (suite_.info.judge) item_.judge_usd = 0;
      item_.first_time = suite_.times_ms.size();
    }
    if (record.completion.failure || !record.score) {
      failed_ = true;
      return;
    }
    if (suite_.metric.vote || answers_.empty()) answers_.push_back(record.score->extracted);
    add_value(*record.score);
    add_cost(record);
    const Completion& completion = record.completion;
    if (!completion.reused && completion.timings.total_ms) add_time(*completion.timings.total_ms);
  }

  /// nothing: an item has fewer than k samples, so that its pass@k is not defined.
  std::optional<AnsweredSuite> finish() {
    close();
    suite_.unasked =
        std::max<std::int64_t>(suite_.info.items - suite_.failed - static_cast<std::int64_t>(suite_.items.size()), 0);
    if (undefined_) return std::nullopt;
    return std::move(suite_);
  }

 private:
  // Where the item counts in a mean of means.
  void place(const Item& item) {
    const MetricSpec& metric = suite_.metric;
    if (metric.aggregation == Aggregation::kMacroMean) item_.group = group_name(item, metric.group_level);
    if (!statistics::is_balanced(metric.aggregation)) return;
    statistics::BalancedPart part = statistics::balanced_part(metric, item);
    item_.group = std::move(part.group);
    item_.gold_class = std::move(part.gold_class);
  }

  void add_value(const Score& score) {
    if (!samples_.add(suite_.metric, score)) samples_.add(score.value, 1);
  }

  void add_time(double ms) {
    if (suite_.metric.vote && item_.times > 0) {
      suite_.times_ms.back() = std::max(suite_.times_ms.back(), ms);
      return;
    }
    suite_.times_ms.push_back(ms);
    ++item_.times;
  }

  void add_cost(const Record& record) {
    std::optional<double> usd = record.usd;
    if (!usd && suite_.info.price) usd = time_cost_usd(*suite_.info.price, record.completion.timings.compute_ms);
    usd = with_judge_usd(record, usd);
    const std::optional<double> of_judge = judge_usd(record);
    if (!of_judge) item_.judge_usd.reset();
    if (item_.judge_usd) *item_.judge_usd += *of_judge;
    if (!usd) item_.usd.reset();
    if (item_.usd) *item_.usd += *usd;
  }

  void close() {
    if (!open_) return;
    open_ = false;
    if (failed_) {
      ++suite_.failed;
      suite_.times_ms.resize(item_.first_time);
      return;
    }
    item_.value = samples_.value();
    item_.answer = answers_.at(samples_.elected().value_or(0));
    if (suite_.metric.aggregation == Aggregation::kMacroBalancedAccuracy) item_.weight = samples_.mean_weight();
    if (suite_.metric.aggregation == Aggregation::kPassAtK) {
      const auto passed = statistics::pass_at_k(samples_.count, samples_.right, suite_.metric.k);
      undefined_ = undefined_ || !passed;
      item_.value = passed.value_or(0);
    }
    suite_.items.push_back(std::move(item_));
  }

  AnsweredSuite suite_;
  AnsweredItem item_;
  ItemSamples samples_;
  std::vector<std::string> answers_;  ///< by sample where samples vote, else of the first
  bool open_ = false;
  bool failed_ = false;
  bool undefined_ = false;
};

// What finding passages cost is spread over the items: all of them are asked with the same documents.
void add_embedding(const RunReader& reader, AnsweredSuite& suite) {
  const std::optional<double> usd = embedding_share_usd(reader, suite.info);
  for (AnsweredItem& item : suite.items) {
    if (!usd) item.usd.reset();
    if (item.usd) *item.usd += *usd / static_cast<double>(suite.items.size());
  }
}

bool is_named(const ResultInfo& info, const std::string& model) {
  return model == info.model.name || model == info.model_ref;
}

Result<std::string> chosen_model(const RunReader& reader, const std::string& path, const std::string& model) {
  std::vector<std::string> names;
  for (const ResultInfo& info : reader.results()) {
    if (!model.empty() && is_named(info, model)) return info.model.name;
    if (std::find(names.begin(), names.end(), info.model.name) == names.end()) names.push_back(info.model.name);
  }
  if (model.empty() && names.size() == 1) return names.front();
  if (names.empty()) return usage_error(path + ": the run has no results");
  if (model.empty()) {
    return usage_error(path + ": the run has several models, say which one: " + path + "#MODEL; there are " +
                       on_one_line(listed(names)));
  }
  return usage_error(path + ": the run has no model '" + on_one_line(model) + "'" + did_you_mean(model, names) +
                     "; there are " + on_one_line(listed(names)));
}

Result<void> check_strategy(const RunReader& reader, const std::string& path, const std::string& strategy) {
  if (strategy.empty()) return {};
  std::vector<std::string> there;
  for (const ResultInfo& info : reader.results()) {
    const std::string one = strategy_of(info.options);
    if (one == strategy) return {};
    if (one.empty() || std::find(there.begin(), there.end(), one) != there.end()) continue;
    there.push_back(one);
  }
  return usage_error(path + ": the run has no strategy '" + on_one_line(strategy) + "'" +
                     did_you_mean(strategy, there) + "; " +
                     (there.empty() ? "it was asked by none" : "there are " + on_one_line(listed(there))));
}

}  // namespace

Result<std::vector<AnsweredSuite>> read_answered(const RunReader& reader, const std::string& path,
                                                 const std::string& model, const std::string& strategy) {
  auto name = chosen_model(reader, path, model);
  if (!name) return forward_error(name);
  if (auto known = check_strategy(reader, path, strategy); !known) return forward_error(known);
  std::vector<std::optional<SuiteReader>> readers;
  for (const ResultInfo& info : reader.results()) {
    readers.emplace_back();
    if (info.model.name != *name) continue;
    if (!strategy.empty() && strategy_of(info.options) != strategy) continue;
    const auto metric =
        std::find_if(info.metrics.begin(), info.metrics.end(), [](const MetricSpec& one) { return one.headline; });
    if (metric == info.metrics.end()) {
      return usage_error(path + ": " + on_one_line(info.suite) + " has no headline metric to compare by");
    }
    readers.back().emplace(info, *metric);
  }
  auto read = reader.for_each(false, [&](const Record& record) {
    auto& suite = readers.at(static_cast<std::size_t>(record.result));
    if (suite) suite->add(record);
    return true;
  });
  if (!read) return forward_error(read);
  std::vector<AnsweredSuite> suites;
  for (std::size_t i = 0; i < readers.size(); ++i) {
    if (!readers[i]) continue;
    auto suite = readers[i]->finish();
    if (!suite) {
      return usage_error(path + ": " + on_one_line(reader.results()[i].suite) +
                         " has items with fewer samples than its headline metric needs; resume the run");
    }
    add_embedding(reader, *suite);
    suites.push_back(std::move(*suite));
  }
  return suites;
}

}  // namespace assay
