// How much more one side takes than the other on the same items: ratios of means and of percentiles, with intervals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "results/statistics/interval.h"

namespace assay::statistics {

/// The second side over the first.
struct Ratio {
  double value = 1;
  std::optional<Interval> ci95;
};

/// Above so many units intervals come from formulas; up to so many from the bootstrap (bootstrap.h), whose units are
/// drawn for both sides at once.
inline constexpr std::size_t kMostBootstrapped = 10'000;

/// mean(second) / mean(first) of paired values ≥ 0. Above kMostBootstrapped: exp(ln r ± z s/√n), s² the variance of
/// second/mean(second) - first/mean(first) (delta method, G. Casella and R. L. Berger, "Statistical inference", 2002,
/// ch. 5.5.4). Absent without values or where a mean is 0.
[[nodiscard]] std::optional<Ratio> ratio_of_means(const std::vector<double>& first, const std::vector<double>& second);

/// The values of one side, several a unit perhaps (the samples of an item).
struct UnitValues {
  std::vector<double> values;
  std::vector<std::uint32_t> units;  ///< whose each value is, below the number of units
};

/// Quantiles (percentiles.h) of both sides as ratios, one for each of `qs`; all values > 0. Above kMostBootstrapped:
/// each side's interval from order statistics, put together as in G. Y. Zou and A. Donner, "Construction of confidence
/// limits about effect measures: a general approach", Statistics in Medicine 27, 2008, 1693-1702, in logarithms, the
/// sides taken as independent: too wide rather than too narrow where they go up and down together. Absent where a side
/// has no values or one that is not above 0.
[[nodiscard]] std::vector<std::optional<Ratio>> ratios_of_quantiles(const UnitValues& first, const UnitValues& second,
                                                                    std::size_t units, const std::vector<double>& qs);

}  // namespace assay::statistics
