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

// Columns beside the model's name, each with its leading blanks.
constexpr std::size_t kValue = 9;
constexpr std::size_t kRange = 13;
constexpr std::size_t kMilliseconds = 17;
constexpr std::size_t kDollars = 9;
constexpr std::size_t kBesideModel = 4 + kValue + kRange + kMilliseconds + kDollars;

/// Whether both results of a run are of the same items, however they were asked. The data's hash is not looked at: the
/// files that examples come from may be part of it.
bool same_items(const ResultInfo& a, const ResultInfo& b) {
  return std::tie(a.suite, a.suite_version, a.starter, a.items) ==
         std::tie(b.suite, b.suite_version, b.starter, b.items);
}

/// What is named before the numbers of one strategy: they are of this metric and this way of asking only.
std::string heading(const ResultSummary& result) {
  const ResultInfo& info = result.info;
  const MetricSummary* metric = headline(result);
  std::string text = plain(strategy_of(info.options)) + " · " + (metric == nullptr ? "score" : plain(metric->name)) +
                     " · " + plain(info.protocol) + ", " + std::to_string(info.shots) +
                     (info.shots == 1 ? " shot" : " shots");
  if (info.samples > 1) text += ", " + std::to_string(info.samples) + " samples";
  return text;
}

void write_row(std::ostream& out, const ResultSummary& row, std::size_t model) {
  const MetricSummary* metric = headline(row);
  const Estimate estimate = metric == nullptr ? Estimate{} : metric->estimate;
  const std::string interval =
      estimate.ci95 ? report::fraction_text(estimate.ci95->low) + "–" + report::fraction_text(estimate.ci95->high)
                    : "–";
  out << "    " << left(report::shortened(plain(row.info.model.name), model - 1), model)
      << right(report::fraction_text(estimate.value), kValue) << right(interval, kRange)
      << right(report::ms_text(row.latency.total.p50) + "/" + report::ms_text(row.latency.total.p95), kMilliseconds)
      << right(report::usd_text(row.cost.usd_per_task), kDollars) << '\n';
}

/// The models below each strategy, and the strategies below each other.
void write_table(std::ostream& out, const std::vector<const ResultSummary*>& rows, const ConsoleStyle& style) {
  const std::size_t model = style.columns > kBesideModel + 12 ? style.columns - kBesideModel : 12;
  out << "\nstrategies of " << plain(rows.front()->info.suite) << ", on the same " << rows.front()->info.items
      << " items\n    " << left("model", model) << right("value", kValue) << right("95 % CI", kRange)
      << right("p50/p95 ms", kMilliseconds) << right("$/task", kDollars) << '\n';
  std::vector<std::string> headings;
  for (const ResultSummary* row : rows) {
    std::string text = heading(*row);
    if (std::find(headings.begin(), headings.end(), text) == headings.end()) headings.push_back(std::move(text));
  }
  for (const std::string& text : headings) {
    out << "  " << report::shortened(text, style.columns - 2) << '\n';
    for (const ResultSummary* row : rows) {
      if (heading(*row) == text) write_row(out, *row, model);
    }
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
