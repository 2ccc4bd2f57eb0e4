// Scoring by the share of probability that right answers get, where several are right.
#pragma once

#include <string>
#include <vector>

#include "harness/core/completion.h"
#include "harness/core/score.h"

namespace assay::scoring {

/// TruthfulQA's MC2, as lm-evaluation-harness computes it (tasks/truthfulqa/utils.py): the answers' probabilities are
/// the exponentials of their summed log-probabilities, divided by their sum; the score, called `value`, is what the
/// right ones have of it. Computed relative to the largest, so that nothing underflows. Another number of
/// log-probabilities than of `is_right`, or none that is a number: 0 with `why`.
[[nodiscard]] Score score_probability_mass(const Completion& completion, const std::vector<bool>& is_right,
                                           const std::string& value);

}  // namespace assay::scoring
