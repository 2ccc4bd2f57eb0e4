// `run --until-decided`: asks as many items as the verdict against a baseline needs, and no more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/core/result.h"
#include "harness/run/run.h"
#include "results/verdict/verdict.h"

namespace assay {

/// What the run is held against.
struct StopRule {
  std::string baseline;  ///< run file
  std::string model;     ///< of the baseline; empty: its only one
  double margin = 0.02;
  double alpha = 0.05;
};

/// What came of it.
struct DecidedOutcome {
  RunOutcome run;
  Verdict verdict = Verdict::kUndecided;  ///< undecided: all of the baseline's items were asked, or the run ended early
  std::int64_t asked = 0;                 ///< paired items, all suites together
  std::int64_t saved = 0;                 ///< items that the baseline has and that were not asked
  std::optional<double> saved_usd;        ///< what they would have cost at the price of those asked; absent: not known
};

/// Runs in steps: the first 100 items of each suite, then two fifths more, and so on, in the seeded random order of
/// `--limit`; after each step it looks (results/verdict/sequential.h) and stops where the verdict stands, or where
/// there is no further item. The run file is an ordinary one with so many items; going on with it is a larger
/// `--limit`. Errors: as run() and compare(); a margin of 0, several models, a dry run, a shard.
[[nodiscard]] Result<DecidedOutcome> run_until_decided(RunConfig config, const StopRule& rule,
                                                       const AdapterContext& context, RunObserver& observer,
                                                       const StopSignal& stop);

}  // namespace assay
