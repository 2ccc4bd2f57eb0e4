#include "results/statistics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/random.h"
#include "results/statistics/percentiles.h"

namespace assay::statistics {

std::optional<Interval> bootstrap_interval(const Resampling& resampling, double confidence,
                                           const std::function<std::optional<double>(const Drawn&)>& statistic) {
  const std::size_t units = std::accumulate(resampling.strata.begin(), resampling.strata.end(), std::size_t{0});
  if (units < 2 || resampling.resamples < 2) return std::nullopt;
  Random random(resampling.seed);
  Drawn drawn(units);
  std::vector<double> values;
  for (int resample = 0; resample < resampling.resamples; ++resample) {
    std::fill(drawn.begin(), drawn.end(), 0);
    std::size_t begin = 0;
    for (const std::size_t size : resampling.strata) {
      const std::size_t draws = resampling.one_fewer && size > 0 ? size - 1 : size;
      for (std::size_t i = 0; i < draws; ++i) ++drawn[begin + random.below(size)];
      begin += size;
    }
    if (const auto value = statistic(drawn); value && std::isfinite(*value)) values.push_back(*value);
  }
  if (values.size() * 10 < static_cast<std::size_t>(resampling.resamples) * 9) return std::nullopt;
  std::sort(values.begin(), values.end());
  return Interval{quantile(values, (1 - confidence) / 2), quantile(values, (1 + confidence) / 2)};
}

}  // namespace assay::statistics
