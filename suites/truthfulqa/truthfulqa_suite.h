// TruthfulQA (Lin et al. 2022), its two multiple-choice tasks as two suites: MC1, one true answer among false ones, and
// MC2, the probability that goes to the true ones of several. README.md has source, licence, prompts and metrics.
#pragma once

#include "suites/registry.h"

namespace assay::truthfulqa {

/// The suites' entries in the registry.
[[nodiscard]] SuiteEntry mc1_entry();
[[nodiscard]] SuiteEntry mc2_entry();

}  // namespace assay::truthfulqa
