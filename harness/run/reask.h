// `gate --reask`: the flips of an alarm are asked once more, of both models.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/registry.h"
#include "harness/config/run_config.h"
#include "harness/core/result.h"
#include "harness/run/run.h"
#include "results/verdict/compare.h"

namespace assay {

/// What came of asking again.
struct Reasked {
  std::vector<std::string> run_paths;  ///< of the second answers: the candidate's, the baseline's
  int exit_code = 0;                   ///< of the first asking that did not end well; contract.md
  std::string message;                 ///< one line: why not 0
};

/// Asks the flips of every alarm in `comparison` (results/verdict/second_answers.h) once more of both models, each with
/// the configuration that its own run stored: protocol, shots, temperature, samples, seeds, but for the seed of
/// sampling, which is one more, so that a sampled answer is a new one. Then holds the second answers against the
/// alarms.
///
/// `around` gives what no run stores: the folder of the data sets, limits on requests, and the budget of each model's
/// second asking. The answers are run files beside the candidate's, CANDIDATE.reask-HASH.db and -baseline.db, named
/// after the flips: judging the same night again asks nothing twice, and what is missing is all that is asked. Without
/// an alarm nothing is asked. Errors: a stored configuration that is of no use any more, a suite, data set or model
/// that is another one today, those of run() and compare().
[[nodiscard]] Result<Reasked> reask(Comparison& comparison, const ComparedRun& baseline, const ComparedRun& candidate,
                                    const ComparisonRules& rules, const RunConfig& around,
                                    const AdapterContext& context, RunObserver& observer, const StopSignal& stop);

}  // namespace assay
