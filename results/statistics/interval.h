// Confidence intervals of single means. Quantiles come from Boost.Math.
#pragma once

#include <cstdint>
#include <optional>

namespace assay::statistics {

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// The two-sided quantile of the standard normal distribution: 1.96 for a confidence of 0.95.
[[nodiscard]] double normal_quantile(double confidence);

/// Wilson's score interval of a proportion, without continuity correction (E. B. Wilson, "Probable inference, the
/// law of succession, and statistical inference", JASA 22, 1927, 209-212):
///   (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n),  z the two-sided normal quantile of `confidence`.
/// Absent for n = 0. `successes` in 0..n.
[[nodiscard]] std::optional<Interval> wilson_interval(double successes, double n, double confidence);

/// The exact interval of a proportion (C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits
/// illustrated in the case of the binomial", Biometrika 26, 1934, 404-413): quantiles of the beta distributions
/// (k, n-k+1) and (k+1, n-k). It covers with at least `confidence` whatever the proportion. Absent for n = 0.
/// `successes` in 0..n.
[[nodiscard]] std::optional<Interval> exact_interval(double successes, double n, double confidence);

/// Student's t interval of a mean of n values with the given standard error, cut to 0..1, where metrics live.
/// Absent for n < 2.
[[nodiscard]] std::optional<Interval> t_interval(double mean, double standard_error, std::int64_t n, double confidence);

/// The interval of a - b, two independent estimates with the intervals `of_a` and `of_b` of one confidence: the square
/// roots of the sums of the squared distances to their bounds. Of two Wilson intervals it is method 10 of R. G.
/// Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven methods",
/// Statistics in Medicine 17, 1998, 873-890; for others see G. Y. Zou and A. Donner, the same journal 27, 2008,
/// 1693-1702.
[[nodiscard]] Interval difference_interval(double a, const Interval& of_a, double b, const Interval& of_b);

/// Normal interval of an estimate with the given standard error, cut to 0..1.
[[nodiscard]] Interval normal_interval(double estimate, double standard_error, double confidence);

}  // namespace assay::statistics
