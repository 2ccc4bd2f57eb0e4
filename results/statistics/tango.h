// Tango's score test and interval for the difference of two paired proportions.
#pragma once

#include "results/statistics/interval.h"
#include "results/statistics/paired_table.h"

namespace assay::statistics {

/// The score statistic of "the true difference is `difference`" (T. Tango, "Equivalence test and confidence interval
/// for the difference in proportions for the paired-sample design", Statistics in Medicine 17, 1998, 891-908): with b
/// gains, c losses and n items
///   z(δ) = (b - c - nδ) / √(n (2q + δ(1-δ))),
/// q the maximum-likelihood estimate of the share of losses under that hypothesis: the larger root of
///   2n q² + (-b - c + (2n - b + c) δ) q - c δ(1-δ) = 0.
/// Approximately standard normal under the hypothesis; falls as `difference` grows. At δ = 0 it is McNemar's statistic
/// (b - c) / √(b + c). ±infinity where the hypothesis leaves nothing to chance; 0 for a table that is just as it says.
/// -1 ≤ difference ≤ 1.
[[nodiscard]] double tango_statistic(const PairedTable& table, double difference);

/// The differences that the score test does not reject: their bounds are where z(δ) = ±z, z the two-sided normal
/// quantile of `confidence`. It holds its level where there are few flips or none: without any, ±z²/(n+z²).
/// (-1, 1) without items.
[[nodiscard]] Interval tango_interval(const PairedTable& table, double confidence);

}  // namespace assay::statistics
