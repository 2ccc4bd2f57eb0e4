#include "results/statistics/sample_spread.h"

#include <algorithm>

namespace assay::statistics {

void SampleSpread::add(const std::vector<double>& values, const std::string& cluster) {
  const std::size_t count = std::max(means_.size(), values.size());
  means_.resize(count);
  pairs_.resize(count * (count - 1) / 2);
  std::size_t pair = 0;
  for (std::size_t second = 0; second < values.size(); ++second) {
    means_[second].add(values[second]);
    for (std::size_t first = 0; first < second; ++first) pairs_[pair++].add(values[first], values[second], cluster);
  }
}

std::optional<double> SampleSpread::value() const {
  std::optional<double> lowest;
  std::optional<double> highest;
  for (const Mean& mean : means_) {
    const std::optional<double> value = mean.mean();
    if (!value) continue;
    lowest = std::min(lowest.value_or(*value), *value);
    highest = std::max(highest.value_or(*value), *value);
  }
  if (!lowest) return std::nullopt;
  return *highest - *lowest;
}

std::optional<Interval> SampleSpread::interval(double confidence) const {
  if (pairs_.empty()) return std::nullopt;
  const double each = 1 - (1 - confidence) / static_cast<double>(pairs_.size());
  Interval spread{0, 0};
  for (const PairedSample& pair : pairs_) {
    const std::optional<Interval> difference = pair.interval(each);
    if (!difference) return std::nullopt;
    // either of the two may be the better one
    spread.low = std::max({spread.low, difference->low, -difference->high});
    spread.high = std::max({spread.high, difference->high, -difference->low});
  }
  return spread;
}

}  // namespace assay::statistics
