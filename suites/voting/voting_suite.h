// Self-consistency: each item is asked several times at a temperature, and the answer that most samples give is the
// item's (X. Wang et al., ICLR 2023). Any suite that reads one answer out of a text can be asked so.
#pragma once

#include <memory>

#include "harness/core/result.h"
#include "suites/registry.h"

namespace assay {

/// Makes a suite by its entry. Where the strategy among the options (kStrategyOption) is self-consistency, all its
/// metrics are of the elected answers, and one more, the headline's name and "_single", is what one sample alone has:
/// the mean over samples. A suite by the strategy rag is asked to retrieve. Every other strategy is in the options'
/// protocol, shots and samples already. Errors: those of SuiteEntry::make; a headline that is computed from the samples
/// in another way (pass@k); samples that are orders of options or formats.
[[nodiscard]] Result<std::unique_ptr<Suite>> make_by_strategy(const SuiteEntry& entry, const SuiteOptions& options);

}  // namespace assay
