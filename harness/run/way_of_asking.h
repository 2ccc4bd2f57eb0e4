// How a suite of the run is asked: its protocol, shots, samples and the rest, decided from the configuration, the
// suite, the models and the strategy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/config/run_config.h"
#include "harness/core/result.h"
#include "harness/core/strategy.h"
#include "harness/run/plan.h"
#include "suites/registry.h"

namespace assay {

/// Why no model can be asked the suite by that strategy, "gsm8k has no strategy …"; empty: the suite has it.
[[nodiscard]] std::string why_not_by(const SuiteEntry& suite, const Strategy& strategy);

/// The options with which the suite is made. Without a strategy: the named protocol, or the suite's first that every
/// model can do; shots and samples as given, or the protocol's own. A strategy chooses among the protocols that suit it
/// (those that let the model reason, or the others), the named one where it is among them, and sets what it is made of:
/// the shots of zero_shot, few_shot and rag, the samples of self_consistency and, where none is given, its temperature.
/// Errors are usage errors with the place of the value that is wrong: an unknown protocol, one that a model cannot do,
/// shots that there are not, what why_not_by() says, self-consistency without chance.
[[nodiscard]] Result<SuiteOptions> way_of_asking(const RunConfig& config, const SuiteConfig& wanted,
                                                 const SuiteEntry& entry, const std::vector<PlannedModel>& models,
                                                 const std::optional<Strategy>& strategy);

/// A suite's error with the place of the value that it is about, where one was given.
[[nodiscard]] Error placed(Error error, const SuiteConfig& wanted, const std::string& key);

}  // namespace assay
