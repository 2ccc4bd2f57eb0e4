#include "results/statistics/tango.h"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

namespace assay::statistics {
namespace {

/// The upper bound; the lower one is that of the table turned round.
double upper_bound(const PairedTable& table, double z) {
  const double estimate = table.difference();
  if (estimate >= 1) return 1;
  // Falls from above -z to below it: at 1 there is no chance left but for a table that has nothing else.
  const auto above = [&](double difference) { return tango_statistic(table, difference) + z; };
  const double low = estimate;
  const double high = 1;
  // The statistic is infinite at 1, where a secant has no use for it: a large number bends the search the same way.
  const auto finite = [&](double difference) { return std::clamp(above(difference), -1e9, 1e9); };
  if (finite(low) <= 0) return low;
  if (finite(high) >= 0) return high;
  std::uintmax_t steps = 200;
  const auto bracket = boost::math::tools::toms748_solve(
      finite, low, high, [](double a, double b) { return std::abs(b - a) < 1e-14; }, steps);
  return (bracket.first + bracket.second) / 2;
}

}  // namespace

double tango_statistic(const PairedTable& table, double difference) {
  const double n = table.items();
  const double b = table.only_candidate;
  const double c = table.only_baseline;
  const double spread = difference * (1 - difference);
  const double linear = -b - c + (2 * n - b + c) * difference;
  const double constant = -c * spread;
  const double root = std::sqrt(std::max(linear * linear - 8 * n * constant, 0.0));
  // Of the two forms of the larger root the one that subtracts nothing from nearly itself.
  const double q = linear <= 0 ? (root - linear) / (4 * n) : -2 * constant / (root + linear);
  const double variance = n * (2 * q + spread);
  const double excess = b - c - n * difference;
  if (variance > 0) return excess / std::sqrt(variance);
  if (excess == 0 || std::isnan(excess)) return 0;
  return std::copysign(std::numeric_limits<double>::infinity(), excess);
}

Interval tango_interval(const PairedTable& table, double confidence) {
  if (!(table.items() > 0)) return {-1, 1};
  const double z = normal_quantile(confidence);
  const PairedTable turned{table.both_right, table.only_candidate, table.only_baseline, table.both_wrong};
  return {-upper_bound(turned, z), upper_bound(table, z)};
}

}  // namespace assay::statistics
