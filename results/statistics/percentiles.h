// Percentiles of measured times.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace assay::statistics {

/// What is shown of a distribution. All absent where there are no values.
struct Percentiles {
  std::size_t count = 0;
  std::optional<double> p50;
  std::optional<double> p95;
  std::optional<double> p99;
  std::optional<double> mean;
  std::optional<double> max;
};

/// The quantile of sorted values (at least one) by linear interpolation between the two nearest: definition 7 of
/// Hyndman and Fan ("Sample quantiles in statistical packages", 1996), the default of NumPy and R: with
/// h = (n-1) q, x[⌊h⌋] + (h-⌊h⌋)(x[⌊h⌋+1] - x[⌊h⌋]).
[[nodiscard]] double quantile(const std::vector<double>& sorted, double q);

/// Exact percentiles by quantile(). Reorders `values`.
[[nodiscard]] Percentiles percentiles(std::vector<double>& values);

}  // namespace assay::statistics
