// AgentBench's database tasks (Liu et al. 2024): a model works on a table by SQL, turn by turn, and answers. README.md
// has source, licence, rules and metrics.
#pragma once

#include <memory>

#include "harness/core/result.h"
#include "suites/registry.h"
#include "suites/suite.h"

namespace assay::dbbench {

/// The suite's entry in the registry.
[[nodiscard]] SuiteEntry entry();

/// Makes the suite. Errors: unknown protocol, option or value (with a suggestion), shots, a file that is not there, SQL
/// workers that do not start.
[[nodiscard]] Result<std::unique_ptr<Suite>> make(const SuiteOptions& options);

}  // namespace assay::dbbench
