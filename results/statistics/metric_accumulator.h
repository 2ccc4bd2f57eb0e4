// One metric of one result, item by item.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/metric.h"
#include "results/statistics/mean.h"
#include "results/statistics/summary.h"

namespace assay::statistics {

/// What the samples of one item say about one metric.
struct ItemSamples {
  double sum = 0;
  std::int64_t count = 0;
  std::int64_t right = 0;  ///< samples with value 1
};

/// Puts a metric's per-item values together as its MetricSpec says.
/// The interval is Wilson's where every item is plainly right or wrong, else Student's t. For pass@k of several samples
/// and for means of group means it is the bootstrap's (items drawn, within their groups; seeded) up to
/// kMostBootstrapped items, above that Student's t and the normal one.
class MetricAccumulator {
 public:
  explicit MetricAccumulator(MetricSpec spec) : spec_(std::move(spec)) {}

  [[nodiscard]] const MetricSpec& spec() const { return spec_; }

  /// Adds one item; items without samples of this metric are left out.
  void add(const Item& item, const ItemSamples& samples);

  [[nodiscard]] Estimate estimate() const;

  /// Sum of the items' values.
  [[nodiscard]] double sum() const { return mean_.sum(); }

 private:
  void keep(const std::string& part, double value);

  MetricSpec spec_;
  Mean mean_;
  ClusteredMean clustered_;
  std::map<std::string, Mean> parts_;  ///< by group or gold class, where the metric is a mean of means
  /// Values to be drawn from, by part (pass@k: one without a name); empty once there are more than kMostBootstrapped.
  std::map<std::string, std::vector<double>> drawn_from_;
  std::size_t kept_ = 0;    ///< values that were put into drawn_from_, those of it that are gone included
  bool undefined_ = false;  ///< pass@k: an item has fewer than k samples
};

}  // namespace assay::statistics
