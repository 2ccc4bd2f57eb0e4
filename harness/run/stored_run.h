// Answers of an earlier run file, for `replay:` models and `--reuse`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/model_identity.h"
#include "harness/core/result.h"
#include "harness/core/stored_answers.h"
#include "results/run_file/run_file.h"
#include "suites/suite.h"

namespace assay {

/// Opens the answers that one model gave in a run file. `model` is its name or reference; empty where the run has
/// only one; of `suites` it must have been asked every one. Where it was asked by several strategies, `strategy` ("":
/// by none) leaves the answers of that one; without it find() tells them apart by the request. Errors: not a run file
/// or a damaged one, no such model, suite or strategy (names those there are).
[[nodiscard]] Result<std::shared_ptr<StoredAnswers>> open_stored_answers(
    const std::string& run, const std::string& model, const std::vector<std::string>& suites = {},
    const std::optional<std::string>& strategy = {});

/// Opens what a judge said in a run file: find() gives its answer to this very question. Null where that run was not
/// judged by it (by name, file hash, settings and address). Errors: not a run file or a damaged one.
[[nodiscard]] Result<std::shared_ptr<StoredAnswers>> open_stored_judge_answers(const std::string& run,
                                                                               const ModelIdentity& judge);

/// What a suite is made with to be the one that a run's result was asked by: without what only says who judged and what
/// found passages, and without SuiteOptions::against.
[[nodiscard]] SuiteOptions stored_suite_options(const ResultInfo& info, const std::string& data_dir);

/// Opens the run that the option kAgainstOption names, where there is one, as SuiteOptions::against: of several
/// strategies the answers of the options' own.
[[nodiscard]] Result<void> open_against(SuiteOptions& options);

}  // namespace assay
