// The judges of a run: one for each model that judges the answers to one of its suites or more.
#pragma once

#include <string>
#include <vector>

#include "adapters/registry.h"
#include "harness/config/run_config.h"
#include "harness/core/result.h"
#include "harness/run/plan.h"

namespace assay {

/// Makes the judges of `plan`, which has its models and results already, and records them with the results:
/// ResultInfo::judge and the option kJudgedBy. The run's own judge (`--judge`) stands in for the one that a suite's
/// file names. What it said in the runs that are replayed or reused (`--reuse`) is not asked again. Errors are usage
/// errors: a suite that has a judge and no model for it, a reference or key that is wrong, `--judge` without a suite to
/// judge, a budget that cannot be kept for want of a price.
[[nodiscard]] Result<void> add_judges(const RunConfig& config, const AdapterContext& context, Plan& plan,
                                      std::vector<std::string>& messages);

/// What the option kJudgedBy says of a judge.
[[nodiscard]] std::string judge_text(const JudgeInfo& judge);

}  // namespace assay
