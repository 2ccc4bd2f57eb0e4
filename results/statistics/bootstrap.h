// The bootstrap: intervals for what has no formula, by drawing the same items again with replacement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "results/statistics/interval.h"

namespace assay::statistics {

/// How often each unit was drawn, by position.
using Drawn = std::vector<std::uint32_t>;

/// What is drawn: units that are independent of each other (items, or clusters of items), each as often as chance has
/// it, and as many as there are. With strata (the groups of a macro average) each stratum is drawn for itself.
struct Resampling {
  std::vector<std::size_t> strata;  ///< sizes; units of a stratum follow each other. One entry: no strata

  /// Draws one unit fewer of each stratum than it has. A mean of n - 1 drawn units varies as much as the mean of n
  /// that it stands for, while one of n would vary (n-1)/n as much: half of it in a stratum of two (J. N. K. Rao and
  /// C. F. J. Wu, "Resampling inference with complex survey data", JASA 83, 1988, 231-241). Strata of one give nothing.
  bool one_fewer = false;
  int resamples = 1000;
  std::uint64_t seed = 7;
};

/// The percentile interval of a statistic (B. Efron and R. J. Tibshirani, "An introduction to the bootstrap", 1993,
/// ch. 13): the quantiles (1 ∓ confidence)/2 of its values over the resamples, interpolated as in percentiles.h. The
/// same seed gives the same interval on every machine. `statistic` gets the draw counts; where it gives nothing (a
/// ratio over 0) the resample is left out. Absent for fewer than two units, or where more than a tenth of the resamples
/// gave nothing.
[[nodiscard]] std::optional<Interval> bootstrap_interval(
    const Resampling& resampling, double confidence,
    const std::function<std::optional<double>(const Drawn&)>& statistic);

}  // namespace assay::statistics
