// WinoGrande (Sakaguchi et al. 2020): 1,267 sentences of the validation set with a blank that one of two names fills.
// README.md has source, licence, prompts and metrics.
#pragma once

#include <memory>

#include "harness/core/result.h"
#include "suites/registry.h"
#include "suites/suite.h"

namespace assay::winogrande {

/// The suite's entry in the registry.
[[nodiscard]] SuiteEntry entry();

/// Makes the suite. Errors: unknown protocol or option (with a suggestion), shots, a file that is not there.
[[nodiscard]] Result<std::unique_ptr<Suite>> make(const SuiteOptions& options);

}  // namespace assay::winogrande
