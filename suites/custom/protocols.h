// The protocols of suites of a user's own.
#pragma once

#include <string>
#include <vector>

#include "suites/custom/suite_file.h"
#include "suites/suite.h"

namespace assay::custom {

inline constexpr const char* kLoglikelihood = "loglikelihood";
inline constexpr const char* kLetter = "generate/letter";          ///< a letter, of choices that stand in the prompt
inline constexpr const char* kCompletion = "generate/completion";  ///< all that is said is one text
inline constexpr const char* kCot = "generate/cot";                ///< reasoning, then an answer

/// Those that a file offers, the default first.
[[nodiscard]] std::vector<Protocol> protocols_of(const SuiteFile& file);

/// Whether the answer is the letter of a choice.
[[nodiscard]] bool is_by_letter(const SuiteFile& file, const std::string& protocol);

}  // namespace assay::custom
