#include "results/site/board.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "harness/core/suite_file.h"

namespace assay::site {
namespace {

std::string why_unranked(const RunInfo& run, const ResultSummary& result) {
  if (result.info.starter) return "starter items";
  if (result.state != "complete") {
    return result.state + ": " + std::to_string(std::max<std::int64_t>(result.items - result.scored, 0)) + " of " +
           std::to_string(result.items) + " items missing";
  }
  const MetricSummary* metric = headline(result);
  if (metric == nullptr || !metric->estimate.value) return "no value";
  // Ranks claim 95 %, which a figure does not have that stopped the asking.
  for (const auto& [key, value] : run.host) {
    if (key == kDecidedAgainst) return "stopped early: decided against " + value.substr(value.rfind('/') + 1);
  }
  return "";
}

std::size_t number_of(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  names.push_back(name);
  return names.size() - 1;
}

class BoardMaker {
 public:
  BoardMaker(const std::vector<SiteRun>& runs, std::vector<BoardSuite> suites) : runs_(runs) {
    board_.suites = std::move(suites);
  }

  Board make() {
    for (std::size_t run = 0; run < runs_.size(); ++run) {
      for (std::size_t result = 0; result < runs_[run].results.size(); ++result) add(run, result);
    }
    choose_cells();
    for (std::size_t suite = 0; suite < board_.suites.size(); ++suite) rank(suite);
    return std::move(board_);
  }

 private:
  const SiteResult& result_of(const BoardEntry& entry) const { return runs_[entry.run].results[entry.result]; }

  void add(std::size_t run, std::size_t result) {
    const SiteResult& one = runs_[run].results[result];
    BoardEntry entry;
    entry.run = run;
    entry.result = result;
    entry.suite = one.suite;
    entry.model = number_of(board_.models, one.summary.info.model.name);
    entry.unranked = why_unranked(runs_[run].run, one.summary);
    board_.entries.push_back(std::move(entry));
  }

  void choose_cells() {
    // What can be ranked before what cannot, complete before not, then by start; of one start, the last given.
    const auto weight = [&](const BoardEntry& entry) {
      return std::tuple(entry.unranked.empty(), result_of(entry).summary.state == "complete",
                        runs_[entry.run].run.started, entry.run, entry.result);
    };
    std::map<std::pair<std::size_t, std::size_t>, BoardEntry*> cells;
    for (BoardEntry& entry : board_.entries) {
      BoardEntry*& cell = cells[{entry.suite, entry.model}];
      if (cell == nullptr || weight(*cell) < weight(entry)) cell = &entry;
    }
    for (const auto& [place, entry] : cells) entry->shown = true;
  }

  void rank(std::size_t suite) {
    std::vector<BoardEntry*> ranked;
    std::vector<const ItemScores*> scores;
    std::vector<Estimate> estimates;
    for (BoardEntry& entry : board_.entries) {
      if (entry.suite != suite || !entry.shown || !entry.unranked.empty()) continue;
      ranked.push_back(&entry);
      scores.push_back(&result_of(entry).scores);
      estimates.push_back(headline(result_of(entry).summary)->estimate);
    }
    const std::vector<RankRange> found = ranks(scores, estimates);
    for (std::size_t i = 0; i < ranked.size(); ++i) ranked[i]->ranks = found[i];
  }

  const std::vector<SiteRun>& runs_;
  Board board_;
};

}  // namespace

std::string comparable_key(const ResultInfo& info) {
  std::string key;
  const auto add = [&key](const std::string& part) { key += part + '\x1f'; };
  for (const std::string* part : {&info.suite, &info.suite_version, &info.data_sha256, &info.protocol}) add(*part);
  add(std::to_string(info.shots));
  add(std::to_string(info.samples));
  add(info.starter ? "starter" : "");
  for (const auto& [name, value] : info.options) {
    if (name != kSuiteFileOption) add(name + '=' + value);
  }
  for (const MetricSpec& metric : info.metrics) {
    if (metric.headline) add(metric.name);
  }
  return key;
}

Board make_board(const std::vector<SiteRun>& runs, std::vector<BoardSuite> suites) {
  return BoardMaker(runs, std::move(suites)).make();
}

}  // namespace assay::site
