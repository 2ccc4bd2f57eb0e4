// How many items a paired comparison needs, and what difference so many items can show: before a run.
#pragma once

#include <optional>

namespace assay::statistics {

/// What is planned: a one-sided test at `alpha` that is to catch a true difference with probability `power`.
struct PowerPlan {
  double alpha = 0.05;       ///< one-sided error probability, in (0, 0.5]
  double power = 0.8;        ///< in (0.5, 1)
  double flip_rate = 0.1;    ///< share of items that one of the two has right and the other has not, in (0, 1]
  double design_effect = 1;  ///< ≥ 1: how many items of a cluster say as much as one independent item
};

/// Items for McNemar's test to catch a true difference of `difference` (R. J. Connor, "Sample size for testing
/// differences in proportions for the paired-sample design", Biometrics 43, 1987, 207-211):
///   n = deff (z_α √ψ + z_β √(ψ - δ²))² / δ²,  ψ the flip rate, z_α and z_β the upper normal quantiles.
/// Not rounded. Absent where δ is 0 or larger than ψ: so many items cannot differ.
[[nodiscard]] std::optional<double> items_for_difference(const PowerPlan& plan, double difference);

/// Items to show "not worse by more than `margin`" where the two are in truth alike (J. Nam, "Establishing equivalence
/// of two treatments and sample size requirements in matched-pairs design", Biometrics 53, 1997, 1422-1430, with
/// Tango's statistic): n = deff (z_α √v₀ + z_β √ψ)² / margin², v₀ = 2q + δ(1-δ) the variance under the hypothesis δ =
/// -margin, q as in tango.h for the shares expected. Not rounded. Absent where the margin is 0.
[[nodiscard]] std::optional<double> items_for_margin(const PowerPlan& plan, double margin);

/// The smallest true difference that `items` items catch: items_for_difference() turned round. Absent where not even a
/// difference as large as the flip rate would be caught.
[[nodiscard]] std::optional<double> detectable_difference(const PowerPlan& plan, double items);

}  // namespace assay::statistics
