// The verdict of a run that is looked at while it goes on, so that asking can stop once it stands.
#pragma once

#include <vector>

#include "results/statistics/e_value.h"
#include "results/verdict/comparison.h"
#include "results/verdict/verdict.h"

namespace assay {

/// One suite's verdict so far, from its differences (candidate minus baseline, item by item), by e-values (e_value.h):
/// worse where that against "the mean is 0 or more" has reached 1/worse_alpha; else better, or not worse, where that
/// against "at most 0", or "at most -margin", has reached 1/alpha; else undecided. Each holds its error probability
/// however often one looks. 0 < margin < 1.
[[nodiscard]] Verdict sequential_verdict(const std::vector<statistics::Seen>& differences, double margin, double alpha,
                                         double worse_alpha);

/// All suites of a comparison, by its own margin and alpha: "worse" at alpha over the number of suites (Bonferroni),
/// put together as in judge.h. Undecided as long as any suite is, but for one that is worse.
[[nodiscard]] Verdict sequential_verdict(const Comparison& comparison);

}  // namespace assay
