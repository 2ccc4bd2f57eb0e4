// The second half of run(): what is planned is asked, scored and stored.
#pragma once

#include "harness/config/run_config.h"
#include "harness/core/result.h"
#include "harness/run/dispatcher.h"
#include "harness/run/plan.h"
#include "harness/run/run.h"

namespace assay {

/// Makes or resumes the run file of `config` and takes `plan` through it. Errors: as run(), the file's.
[[nodiscard]] Result<RunOutcome> run_plan(const RunConfig& config, Plan& plan, const ReusableAnswers& reusable,
                                          RunObserver& observer, const StopSignal& stop);

}  // namespace assay
