// MBPP (Austin et al. 2021): short Python functions to write from one sentence and three tests. README.md has source,
// licence, prompts and metrics.
#pragma once

#include <memory>

#include "harness/core/result.h"
#include "suites/registry.h"
#include "suites/suite.h"

namespace assay::mbpp {

/// The suite's entry in the registry.
[[nodiscard]] SuiteEntry entry();

/// Makes the suite and its sandbox; reads the worked examples. Errors: as humaneval::make(), and a data file without
/// the examples that are asked for.
[[nodiscard]] Result<std::unique_ptr<Suite>> make(const SuiteOptions& options);

}  // namespace assay::mbpp
