#include "results/site/board_markdown.h"

#include <algorithm>
#include <string>

#include "harness/core/strategy.h"
#include "results/report/markdown_cell.h"
#include "results/report/text.h"

namespace assay::site {
namespace {

using report::markdown_cell;

std::string rank_text(const BoardEntry& entry) {
  if (!entry.ranks) return "–";
  const auto& [best, worst] = *entry.ranks;
  return best == worst ? std::to_string(best) : std::to_string(best) + "–" + std::to_string(worst);
}

std::string interval_text(const Estimate& estimate) {
  if (!estimate.ci95) return "–";
  return report::fraction_text(estimate.ci95->low) + " – " + report::fraction_text(estimate.ci95->high);
}

/// What of the $/task is the judge's.
std::string judge_share(const ResultSummary& result) {
  return result.judge ? " (judge " + report::usd_text(result.judge->usd_per_task) + ")" : "";
}

void write_heading(std::ostream& out, const BoardSuite& suite) {
  const std::string strategy = strategy_of(suite.info.options);
  out << "\n## " << markdown_cell(suite.info.suite + (strategy.empty() ? "" : " · " + strategy)) << "\n\n"
      << markdown_cell(suite.info.protocol) << " · " << suite.info.shots << " shots · " << markdown_cell(suite.metric);
  if (suite.info.samples > 1) out << " · " << suite.info.samples << " samples";
  for (const auto& [name, value] : suite.info.options) {
    if (name != kStrategyOption) out << " · " << markdown_cell(name + "=" + value);
  }
  if (suite.info.starter) out << " · **starter items: not a measurement**";
  out << "\n\n| rank | model | value | 95 % interval | items | p50 ms | $/task | run | |\n"
      << "| ---: | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |\n";
}

void write_row(std::ostream& out, const SiteRun& run, const SiteResult& result, const BoardEntry& entry) {
  const MetricSummary* metric = headline(result.summary);
  const Estimate estimate = metric == nullptr ? Estimate{} : metric->estimate;
  out << "| " << rank_text(entry) << " | " << markdown_cell(result.summary.info.model.name) << " | "
      << report::fraction_text(estimate.value) << " | " << interval_text(estimate) << " | " << result.summary.scored
      << " | " << report::ms_text(result.summary.latency.total.p50) << " | "
      << report::usd_text(result.summary.cost.usd_per_task) << judge_share(result.summary) << " | "
      << markdown_cell(run.run.started.substr(0, 10)) << " | " << markdown_cell(entry.unranked) << " |\n";
}

}  // namespace

void write_board_markdown(std::ostream& out, const std::vector<SiteRun>& runs, const Board& board) {
  out << "# Leaderboard\n\nRanks are ranges where the items do not tell models apart (95 %).\n";
  for (std::size_t suite = 0; suite < board.suites.size(); ++suite) {
    std::vector<const BoardEntry*> rows;
    for (const BoardEntry& entry : board.entries) {
      if (entry.suite == suite && entry.shown) rows.push_back(&entry);
    }
    const auto result_of = [&](const BoardEntry* entry) -> const SiteResult& {
      return runs[entry->run].results[entry->result];
    };
    const auto value_of = [&](const BoardEntry* entry) {
      const MetricSummary* metric = headline(result_of(entry).summary);
      return metric == nullptr ? -1.0 : metric->estimate.value.value_or(-1.0);
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const BoardEntry* a, const BoardEntry* b) {
      return std::pair(a->unranked.empty(), value_of(a)) > std::pair(b->unranked.empty(), value_of(b));
    });
    write_heading(out, board.suites[suite]);
    for (const BoardEntry* row : rows) write_row(out, runs[row->run], result_of(row), *row);
  }
}

}  // namespace assay::site
