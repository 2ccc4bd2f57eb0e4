// GSM8K (Cobbe et al. 2021): 1,319 word problems of grade-school mathematics. README.md has source, licence, prompts
// and metrics.
#pragma once

#include <memory>

#include "harness/core/result.h"
#include "suites/registry.h"
#include "suites/suite.h"

namespace assay::gsm8k {

/// The suite's entry in the registry.
[[nodiscard]] SuiteEntry entry();

/// Makes the suite. Errors: unknown protocol or option (with a suggestion), more shots than there are examples, a file
/// that is not there or, with shots, a defective training file.
[[nodiscard]] Result<std::unique_ptr<Suite>> make(const SuiteOptions& options);

}  // namespace assay::gsm8k
