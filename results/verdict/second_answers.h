// What asking the flips of an alarm once more makes of it.
#pragma once

#include <vector>

#include "results/verdict/comparison.h"

namespace assay {

/// The suites whose alarm a second asking can take back: judged worse, and among those that are judged. In order.
[[nodiscard]] std::vector<const SuiteComparison*> alarms(const Comparison& comparison);

/// Holds the second answers of *both* models to the flips of `first` against each alarm. An alarm stands where, over a
/// suite's flips of both directions, the candidate's second answers score lower than the baseline's second answers, or
/// where some flips have no second answer of both; else the suite is judged undecided. The overall verdict follows.
///
/// Why both models: an item becomes a flip by the luck of either side's first answer. Held against the baseline's
/// *first* answer, a second one of the candidate returns to its mean on one side alone, and an item that each model
/// answers rightly seven times in ten would look 8 points better asked again than it is. The second answers of both are
/// a fresh sample, in which luck has no side. As an alarm is only ever taken back, never raised, false alarms stay
/// below alpha whatever the models' noise (tests/simulation/reask_test.cc measures both errors).
/// `second` is the comparison of the second answers.
void hold_second_answers(Comparison& first, const Comparison& second);

}  // namespace assay
