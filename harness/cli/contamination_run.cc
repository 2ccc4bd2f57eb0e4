#include "harness/cli/contamination_run.h"

#include <algorithm>
#include <map>
#include <utility>

#include "harness/core/strategy.h"
#include "harness/core/text.h"
#include "harness/run/stored_run.h"
#include "results/statistics/interval.h"
#include "results/statistics/metric_accumulator.h"

namespace assay::cli {
namespace {

using contamination::Standing;
using statistics::MetricAccumulator;

const MetricSpec* headline_of(const ResultInfo& info) {
  const auto found =
      std::find_if(info.metrics.begin(), info.metrics.end(), [](const MetricSpec& metric) { return metric.headline; });
  return found == info.metrics.end() ? nullptr : &*found;
}

// That the suite, made as the run had it, reads the data that the run was asked.
Result<void> check_data(const OpenRun& run, const ResultInfo& info, const LookedUp& looked) {
  if (info.starter != looked.starter) {
    return usage_error(run.path + ": suite " + info.suite +
                       (info.starter ? ": was asked the starter items; look these up with --starter"
                                     : ": was asked the data set and not the starter items; leave --starter out"));
  }
  SuiteOptions options = stored_suite_options(info, looked.data_dir);
  // however a strategy asked, the data are the same
  std::erase_if(options.extra, [](const auto& option) { return option.first == kStrategyOption; });
  if (auto opened = open_against(options); !opened) return forward_error(opened);
  auto suite = looked.entry.make(options);
  if (!suite) return forward_error(suite);
  auto data_sha256 = (*suite)->data_sha256();
  if (!data_sha256) return forward_error(data_sha256);
  if (*data_sha256 == info.data_sha256) return {};
  return usage_error(run.path + ": suite " + info.suite + ": the data set here (SHA-256 " + *data_sha256 +
                     ") is not the one that the run was asked (" + info.data_sha256 + "); give its folder with --data");
}

/// Puts one result together, record by record.
class StandingTotals {
 public:
  StandingTotals(const ResultInfo& info, const MetricSpec& metric,
                 const std::unordered_map<std::string, Standing>& standings)
      : info_(info), metric_(metric), standings_(standings) {
    for (const Standing standing : {Standing::kClean, Standing::kFlagged, Standing::kTooShort}) {
      totals_.emplace(standing, MetricAccumulator(metric));
    }
  }

  void add(const Record& record) {
    if (!in_item_ || record.item.order != item_.order) {
      end_item();
      item_ = record.item;
      in_item_ = true;
      failed_ = false;
      samples_ = {};
    }
    if (record.score) {
      samples_.add(metric_, *record.score);
    } else {
      failed_ = true;
    }
  }

  // The first item that was not looked at; empty: none.
  [[nodiscard]] const std::string& unknown_item() const { return unknown_item_; }

  ResultOverlap result() {
    end_item();
    ResultOverlap out{info_.model.name, info_.protocol, info_.shots, info_.samples, info_.options, metric_.name};
    out.clean = score_of(Standing::kClean);
    out.flagged = score_of(Standing::kFlagged);
    out.too_short = score_of(Standing::kTooShort);
    out.failed = failed_items_;
    const Estimate& clean = out.clean.estimate;
    const Estimate& flagged = out.flagged.estimate;
    if (!clean.value || !flagged.value) return out;
    out.difference = *flagged.value - *clean.value;
    if (clean.ci95 && flagged.ci95) {
      out.difference_ci95 = statistics::difference_interval(*flagged.value, *flagged.ci95, *clean.value, *clean.ci95);
    }
    return out;
  }

 private:
  void end_item() {
    if (!in_item_) return;
    in_item_ = false;
    const auto standing = standings_.find(item_.id);
    if (standing == standings_.end()) {
      if (unknown_item_.empty()) unknown_item_ = item_.id;
      return;
    }
    if (failed_) {
      ++failed_items_;
      return;
    }
    ++items_[standing->second];
    totals_.at(standing->second).add(item_, samples_);
  }

  StandingScore score_of(Standing standing) { return {items_[standing], totals_.at(standing).estimate()}; }

  const ResultInfo& info_;
  const MetricSpec& metric_;
  const std::unordered_map<std::string, Standing>& standings_;
  std::map<Standing, MetricAccumulator> totals_;
  std::map<Standing, std::int64_t> items_;
  std::int64_t failed_items_ = 0;
  std::string unknown_item_;
  Item item_;
  bool in_item_ = false;
  bool failed_ = false;
  statistics::ItemSamples samples_;
};

}  // namespace

Result<std::vector<ResultOverlap>> overlap_of_run(const OpenRun& run, const LookedUp& looked) {
  std::map<std::int64_t, StandingTotals> totals;
  for (const ResultInfo& info : run.reader->results()) {
    if (info.suite != looked.entry.name || (!run.model.empty() && info.model.name != run.model)) continue;
    const MetricSpec* metric = headline_of(info);
    if (metric == nullptr) return internal_error(run.path + ": suite " + info.suite + " has no headline metric");
    if (auto checked = check_data(run, info, looked); !checked) return forward_error(checked);
    totals.emplace(info.id, StandingTotals(info, *metric, looked.standings));
  }
  if (totals.empty()) {
    return usage_error(run.path + ": has no result of suite " + looked.entry.name +
                       (run.model.empty() ? "" : " by a model '" + on_one_line(run.model) + "'"));
  }
  auto read = run.reader->for_each(false, [&totals](const Record& record) {
    if (const auto found = totals.find(record.result); found != totals.end()) found->second.add(record);
    return true;
  });
  if (!read) return forward_error(read);
  std::vector<ResultOverlap> results;
  for (auto& [id, one] : totals) {
    results.push_back(one.result());
    if (one.unknown_item().empty()) continue;
    return usage_error(run.path + ": item " + on_one_line(one.unknown_item()) +
                       " is not among those that were looked at; name the suite as the run did");
  }
  return results;
}

}  // namespace assay::cli
