// Intervals of percentiles from order statistics: no distribution is assumed, and nothing is drawn.
#pragma once

#include <optional>
#include <vector>

#include "results/statistics/interval.h"

namespace assay::statistics {

/// The interval [x₍ₗ₎, x₍ᵤ₎] of the q-quantile, 0 < q < 1, of independent values in ascending order (W. J. Conover,
/// "Practical nonparametric statistics", 1999, ch. 3.2): l the largest rank with P(B ≤ l-1) ≤ (1-confidence)/2 and u
/// the smallest with P(B ≤ u-1) ≥ (1+confidence)/2, B binomial(n, q). It covers with at least `confidence`. Absent
/// where there is no such rank on both sides: too few values.
[[nodiscard]] std::optional<Interval> quantile_interval(const std::vector<double>& sorted, double q, double confidence);

}  // namespace assay::statistics
