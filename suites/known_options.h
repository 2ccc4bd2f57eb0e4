// The part of checking a run's options that is the same for many suites.
#pragma once

#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/suite.h"

namespace assay {

/// Refuses, with a suggestion and the list, an option that is none of `names`.
[[nodiscard]] Result<void> check_option_keys(const std::string& suite, const std::vector<std::string>& names,
                                             const SuiteOptions& options);

/// As check_option_keys(), for what is put around suites of all kinds: of a custom suite, which is known by the file
/// among its options, `names` are not all, and its options were checked where it was found.
[[nodiscard]] Result<void> check_outer_option_keys(const std::string& suite, const std::vector<std::string>& names,
                                                   const SuiteOptions& options);

/// Refuses, with a suggestion, a protocol that is none of `protocols`, an option that is none of `names`, and a number
/// of shots that the protocol does not take. `no_shots` says why none can be given, where that is so ("examples come
/// from the training set, which assay does not read"). Returns the protocol.
[[nodiscard]] Result<Protocol> known_protocol(const std::string& suite, const std::vector<Protocol>& protocols,
                                              const std::vector<std::string>& names, const SuiteOptions& options,
                                              const std::string& no_shots);

/// The parts of a comma-separated value, without blanks around them and without empty ones.
[[nodiscard]] std::vector<std::string> comma_separated(const std::string& value);

}  // namespace assay
