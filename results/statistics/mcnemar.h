// McNemar's exact test: are losses and gains equally likely?
#pragma once

#include "results/statistics/paired_table.h"

namespace assay::statistics {

/// The chance of as many gains or more where losses and gains are equally likely: P(X ≥ gains), X binomial with
/// n = flips and p = 1/2 (Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
/// percentages", Psychometrika 12, 1947; exact as in Fleiss, "Statistical methods for rates and proportions", ch. 13).
/// Fractional counts are taken by the regularised incomplete beta function I½(gains, losses + 1). 1 without gains.
[[nodiscard]] double mcnemar_gain_p(const PairedTable& table);

/// Likewise of as many losses or more.
[[nodiscard]] double mcnemar_loss_p(const PairedTable& table);

/// Two-sided: twice the smaller of the two, at most 1.
[[nodiscard]] double mcnemar_exact_p(const PairedTable& table);

}  // namespace assay::statistics
