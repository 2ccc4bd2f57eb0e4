#include "results/statistics/interval.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace assay::statistics {
namespace {

Interval cut(double middle, double half) { return {std::max(0.0, middle - half), std::min(1.0, middle + half)}; }

}  // namespace

double normal_quantile(double confidence) { return boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2); }

std::optional<Interval> wilson_interval(double successes, double n, double confidence) {
  if (!(n > 0)) return std::nullopt;
  const double z = normal_quantile(confidence);
  const double p = successes / n;
  const double scale = 1 + z * z / n;
  const double middle = (p + z * z / (2 * n)) / scale;
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale;
  Interval interval = cut(middle, half);
  // Where nothing or everything succeeded the bound is exactly 0 or 1; rounding would leave 1e-17.
  if (successes <= 0) interval.low = 0;
  if (successes >= n) interval.high = 1;
  return interval;
}

std::optional<Interval> exact_interval(double successes, double n, double confidence) {
  if (!(n > 0)) return std::nullopt;
  const double tail = (1 - confidence) / 2;
  const double failures = n - successes;
  Interval interval{0, 1};
  if (successes > 0)
    interval.low = boost::math::quantile(boost::math::beta_distribution(successes, failures + 1), tail);
  if (failures > 0) {
    const boost::math::beta_distribution above(successes + 1, failures);
    interval.high = boost::math::quantile(boost::math::complement(above, tail));
  }
  return interval;
}

std::optional<Interval> t_interval(double mean, double standard_error, std::int64_t n, double confidence) {
  if (n < 2) return std::nullopt;
  const boost::math::students_t distribution(static_cast<double>(n - 1));
  return cut(mean, standard_error * boost::math::quantile(distribution, 0.5 + confidence / 2));
}

Interval difference_interval(double a, const Interval& of_a, double b, const Interval& of_b) {
  const double difference = a - b;
  return {difference - std::hypot(a - of_a.low, of_b.high - b), difference + std::hypot(of_a.high - a, b - of_b.low)};
}

Interval normal_interval(double estimate, double standard_error, double confidence) {
  return cut(estimate, standard_error * normal_quantile(confidence));
}

}  // namespace assay::statistics
