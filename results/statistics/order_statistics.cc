#include "results/statistics/order_statistics.h"

#include <boost/math/distributions/binomial.hpp>
#include <cstddef>

namespace assay::statistics {

std::optional<Interval> quantile_interval(const std::vector<double>& sorted, double q, double confidence) {
  const std::size_t n = sorted.size();
  if (n < 2) return std::nullopt;
  const boost::math::binomial distribution(static_cast<double>(n), q);
  // P(B ≤ rank - 1): the chance that the value of that rank lies above the quantile.
  const auto below = [&](std::size_t rank) { return boost::math::cdf(distribution, static_cast<double>(rank - 1)); };
  const auto first_rank_above = [&](double chance, bool or_equal) {
    std::size_t low = 1;
    std::size_t high = n + 1;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const double here = below(middle);
      if (here > chance || (or_equal && here == chance)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  };
  const std::size_t lower = first_rank_above((1 - confidence) / 2, false) - 1;
  const std::size_t upper = first_rank_above((1 + confidence) / 2, true);
  if (lower < 1 || upper > n) return std::nullopt;
  return Interval{sorted[lower - 1], sorted[upper - 1]};
}

}  // namespace assay::statistics
