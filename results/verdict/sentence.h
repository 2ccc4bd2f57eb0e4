// A comparison in one sentence, the same in every output.
#pragma once

#include <string>

#include "results/verdict/comparison.h"

namespace assay {

/// How much of a model's name a headline says; cut_name() of longer ones.
inline constexpr std::size_t kLongestNameSaid = 60;

/// "not worse than gpt-4 by more than 2 points (95 %), 11× cheaper, 3× slower at p95", "undecided against gpt-4: about
/// 420 more items of mmlu would decide", "undecided against gpt-4: mmlu is worse by itself, but not after the
/// correction for 3 suites (Holm)". Prices and times are named where all suites agree about the direction and their
/// intervals leave no doubt. Where some suites alone are judged, they are named first ("on mmlu alone: …"). The
/// baseline's name stands in it as it is: untrusted text.
[[nodiscard]] std::string verdict_sentence(const Comparison& comparison);

/// A difference or bound of a metric in points of a hundredth: "+0.8", "-12.0".
[[nodiscard]] std::string points_text(double fraction);

/// A ratio: "1.25×", "11×", "0.060×".
[[nodiscard]] std::string times_text(double ratio);

}  // namespace assay
