#include "results/report/strategies_console.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "harness/core/strategy.h"
#include "results/report/text.h"

namespace assay {
namespace {

using report::left;
using report::plain;
using report::right;

// Columns, each with its leading blanks.
constexpr std::size_t kStrategy = 20;
constexpr std::size_t kMetric = 16;
constexpr std::size_t kValue = 8;
constexpr std::size_t kInterval = 13;
constexpr std::size_t kTimes = 15;
constexpr std::size_t kUsd = 9;
constexpr std::size_t kFixed = 2 + kStrategy + kMetric + kValue + kInterval + kTimes + kUsd;

/// Within a column, with a blank behind it.
std::string cell(const std::string& text, std::size_t width) {
  return left(report::shortened(plain(text), width - 1), width);
}

/// Whether both results of a run are of the same items, however they were asked. The data's hash is not looked at: the
/// files that examples come from may be part of it.
bool same_items(const ResultInfo& a, const ResultInfo& b) {
  return std::tie(a.suite, a.suite_version, a.starter, a.items) ==
         std::tie(b.suite, b.suite_version, b.starter, b.items);
}

void write_table(std::ostream& out, const std::vector<const ResultSummary*>& rows, const ConsoleStyle& style) {
  const std::size_t model = style.columns > kFixed + 12 ? style.columns - kFixed : 12;
  out << "\nstrategies of " << plain(rows.front()->info.suite) << ", on the same " << rows.front()->info.items
      << " items\n  " << left("strategy", kStrategy) << left("model", model) << left("metric", kMetric)
      << right("value", kValue) << right("95 % CI", kInterval) << right("p50/p95 ms", kTimes) << right("$/task", kUsd)
      << '\n';
  for (const ResultSummary* row : rows) {
    const MetricSummary* metric = headline(*row);
    const Estimate estimate = metric == nullptr ? Estimate{} : metric->estimate;
    const std::string interval = estimate.ci95 ? report::fraction_text(estimate.ci95->low) + "–" +
                                                     report::fraction_text(estimate.ci95->high)
                                               : "–";
    out << "  " << cell(strategy_of(row->info.options), kStrategy) << cell(row->info.model.name, model)
        << cell(metric == nullptr ? "–" : metric->name, kMetric) << right(report::fraction_text(estimate.value), kValue)
        << right(interval, kInterval)
        << right(report::ms_text(row->latency.total.p50) + "/" + report::ms_text(row->latency.total.p95), kTimes)
        << right(report::usd_text(row->cost.usd_per_task), kUsd) << '\n';
  }
}

}  // namespace

void write_strategies_console(std::ostream& out, const RunSummary& summary, const ConsoleStyle& style) {
  std::vector<bool> seen(summary.results.size());
  for (std::size_t i = 0; i < summary.results.size(); ++i) {
    if (seen[i] || strategy_of(summary.results[i].info.options).empty()) continue;
    std::vector<const ResultSummary*> rows;
    bool several = false;
    for (std::size_t j = i; j < summary.results.size(); ++j) {
      const ResultInfo& info = summary.results[j].info;
      if (strategy_of(info.options).empty() || !same_items(summary.results[i].info, info)) continue;
      seen[j] = true;
      rows.push_back(&summary.results[j]);
      several = several || strategy_of(info.options) != strategy_of(rows.front()->info.options);
    }
    if (several) write_table(out, rows, style);
  }
}

}  // namespace assay
