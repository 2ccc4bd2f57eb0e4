// One metric of one result, item by item.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/metric.h"
#include "harness/core/score.h"
#include "results/statistics/majority.h"
#include "results/statistics/mean.h"
#include "results/statistics/sample_spread.h"
#include "results/statistics/summary.h"

namespace assay::statistics {

/// What the samples of one item say about one metric.
struct ItemSamples {
  double sum = 0;
  std::int64_t count = 0;
  std::int64_t right = 0;  ///< samples with value 1
  double weight = 0;       ///< sum of the samples' weights, 1 each where the score says none (MetricSpec::value)
  double weighted = 0;     ///< sum of their values times weights
  std::vector<double> values = {};  ///< of the samples, in the order of their numbers
  std::vector<Vote> votes = {};     ///< MetricSpec::vote: what each sample voted for; else empty

  /// Adds a sample, where its score has the metric's value; false where it has not.
  bool add(const MetricSpec& metric, const Score& score);

  /// Adds a sample of that value and weight.
  void add(double value, double one_weight);

  /// The place of the sample whose answer is the item's; absent where samples do not vote or none has an answer.
  [[nodiscard]] std::optional<std::size_t> elected() const;

  /// The item's value, its samples' mean by their weights or the elected one's (0 where none is), and what it weighs.
  /// There must be a sample.
  [[nodiscard]] double value() const;
  [[nodiscard]] double mean_weight() const { return weight / static_cast<double>(count); }
};

/// The part of a balanced accuracy that an item belongs to: its gold class, of kMacroBalancedAccuracy within its group.
struct BalancedPart {
  std::string group;
  std::string gold_class;
  auto operator<=>(const BalancedPart&) const = default;
};

/// Whether the metric is a mean over gold classes.
[[nodiscard]] bool is_balanced(Aggregation aggregation);
[[nodiscard]] BalancedPart balanced_part(const MetricSpec& metric, const Item& item);

/// What the mean of each part counts in the whole: each group alike, and within a group each class. They add up to 1.
[[nodiscard]] std::map<BalancedPart, double> part_weights(const std::set<BalancedPart>& parts);

/// Puts a metric's per-item values together as its MetricSpec says.
/// The interval is Wilson's where every item is plainly right or wrong, else Student's t. For pass@k of several samples
/// and for means of group means it is the bootstrap's (items drawn, within their groups; seeded) up to
/// kMostBootstrapped items, above that Student's t and the normal one. How far samples' numbers are apart has the
/// interval of SampleSpread.
class MetricAccumulator {
 public:
  explicit MetricAccumulator(MetricSpec spec) : spec_(std::move(spec)) {}

  [[nodiscard]] const MetricSpec& spec() const { return spec_; }

  /// Adds one item; items without samples of this metric are left out.
  void add(const Item& item, const ItemSamples& samples);

  /// Without an interval where that would have no width: items that all have one value do not say how far others lie.
  [[nodiscard]] Estimate estimate() const;

  /// Sum of the items' values.
  [[nodiscard]] double sum() const { return mean_.sum(); }

 private:
  void keep(const std::string& part, double value);
  [[nodiscard]] Estimate whole_estimate() const;

  MetricSpec spec_;
  Mean mean_;
  ClusteredMean clustered_;
  std::map<std::string, Mean> parts_;              ///< by group, where the metric is a mean of group means
  std::map<BalancedPart, WeightedMean> balanced_;  ///< where it is a mean over gold classes
  /// Values to be drawn from, by part (pass@k: one without a name); empty once there are more than kMostBootstrapped.
  std::map<std::string, std::vector<double>> drawn_from_;
  std::size_t kept_ = 0;    ///< values that were put into drawn_from_, those of it that are gone included
  SampleSpread spread_;     ///< kSampleSpread only
  bool undefined_ = false;  ///< pass@k: an item has fewer than k samples
};

}  // namespace assay::statistics
