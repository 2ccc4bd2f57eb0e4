// LegalBench (Guha et al. 2023): tasks of legal reasoning that lawyers wrote, each with its own prompt and metric.
// README.md has sources, licences, prompts and metrics.
#pragma once

#include <memory>

#include "harness/core/result.h"
#include "suites/registry.h"
#include "suites/suite.h"

namespace assay::legalbench {

/// The suite's entry in the registry.
[[nodiscard]] SuiteEntry entry();

/// Makes the suite of the tasks that `tasks=` names, or of all whose test file is there. Errors: unknown protocol,
/// option or task (with a suggestion), shots, no task's files there, a defective prompt or header.
[[nodiscard]] Result<std::unique_ptr<Suite>> make(const SuiteOptions& options);

}  // namespace assay::legalbench
