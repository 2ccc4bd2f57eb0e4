// The four words in which a comparison ends.
#pragma once

#include <optional>
#include <string_view>

namespace assay {

/// What a candidate is against a baseline, as contract.md defines it. Bounds are one-sided at 1 - alpha, of candidate
/// minus baseline, and are asked in this order.
enum class Verdict {
  kBetter,     ///< lower bound > 0
  kNotWorse,   ///< lower bound > -margin
  kWorse,      ///< upper bound < 0
  kUndecided,  ///< none of these: the items do not say
};

/// The word in JSON and in messages: "better", "not_worse", "worse", "undecided".
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

/// The verdict that a word stands for, where there is one.
[[nodiscard]] std::optional<Verdict> verdict_from_name(std::string_view name);

/// The rule for one suite.
[[nodiscard]] Verdict verdict_of(double lower_bound, double upper_bound, double margin);

}  // namespace assay
