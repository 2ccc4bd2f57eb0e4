#include "results/statistics/percentiles.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay::statistics {

double quantile(const std::vector<double>& sorted, double q) {
  const double place = static_cast<double>(sorted.size() - 1) * q;
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Percentiles percentiles(std::vector<double>& values) {
  Percentiles result;
  result.count = values.size();
  if (values.empty()) return result;
  std::sort(values.begin(), values.end());
  result.p50 = quantile(values, 0.50);
  result.p95 = quantile(values, 0.95);
  result.p99 = quantile(values, 0.99);
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  result.max = values.back();
  return result;
}

}  // namespace assay::statistics
