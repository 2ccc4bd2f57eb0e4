// How far the means of an item's samples are apart, where the samples are ways to ask: orders of options, formats.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/statistics/interval.h"
#include "results/statistics/mean.h"
#include "results/statistics/paired_sample.h"

namespace assay::statistics {

/// The highest mean less the lowest over the numbers of the samples, from items that come one at a time. Memory grows
/// with the square of the number of samples, times that of the clusters. Not thread-safe.
///
/// The largest of several differences is large by chance alone: between five ways that are all alike it is never 0, and
/// an interval of the best pair as if it had been chosen beforehand would be too narrow and too high. So each of the
/// k(k-1)/2 pairs has its interval (PairedSample: the items are the same) at the confidence 1 - (1 - c) / pairs
/// (Bonferroni): with probability c all of them hold at once, and then the true spread, the largest of the true
/// differences, is between the largest lower bound and the largest upper bound. 0 is in it as long as no two ways can
/// be told apart.
class SampleSpread {
 public:
  /// One item: the values of its samples in the order of their numbers. `cluster` as in PairedSample::add().
  void add(const std::vector<double>& values, const std::string& cluster);

  /// Absent without items.
  [[nodiscard]] std::optional<double> value() const;

  /// Within 0..1. Absent for fewer than two items or samples.
  [[nodiscard]] std::optional<Interval> interval(double confidence) const;

 private:
  std::vector<Mean> means_;          // by sample
  std::vector<PairedSample> pairs_;  // (0,1), (0,2), (1,2), (0,3), …: those of two samples do not move with a third
};

}  // namespace assay::statistics
