// ARC (Clark et al. 2018): questions from school science tests, the easy and the challenge set as two suites. README.md
// has source, licence, prompts and metrics.
#pragma once

#include "suites/registry.h"

namespace assay::arc {

/// The suites' entries in the registry.
[[nodiscard]] SuiteEntry easy_entry();
[[nodiscard]] SuiteEntry challenge_entry();

}  // namespace assay::arc
