// What a run's models have on the items that a corpus has parts of, and on the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/cli/compared_runs.h"
#include "harness/core/result.h"
#include "results/statistics/summary.h"
#include "suites/contamination/overlap.h"
#include "suites/registry.h"

namespace assay::cli {

/// The headline metric of some items of a result.
struct StandingScore {
  std::int64_t items = 0;  ///< scored
  Estimate estimate;       ///< without a value where there are none
};

/// One result of the run.
struct ResultOverlap {
  std::string model;
  std::string protocol;
  int shots = 0;
  int samples = 1;
  std::vector<std::pair<std::string, std::string>> options;
  std::string metric;
  StandingScore clean = {};
  StandingScore flagged = {};
  StandingScore too_short = {};
  std::int64_t failed = 0;                                   ///< items without an answer: in none of the three
  std::optional<double> difference = {};                     ///< flagged - clean; absent where one of them has no items
  std::optional<statistics::Interval> difference_ci95 = {};  ///< statistics::difference_interval()
};

/// The items that were looked at: where they are from, and what was found, by id.
struct LookedUp {
  const SuiteEntry& entry;
  std::string data_dir;
  bool starter = false;
  std::unordered_map<std::string, contamination::Standing> standings;
};

/// Reads the run's results of that suite, of the run's model only where one is named. Errors: the run has no result of
/// the suite, was asked other data (by its hash, or the starter items) or items that were not looked at; those of
/// reading.
[[nodiscard]] Result<std::vector<ResultOverlap>> overlap_of_run(const OpenRun& run, const LookedUp& looked);

}  // namespace assay::cli
