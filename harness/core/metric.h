// How a suite's scores become numbers: declared by the suite as data, computed by results/statistics.
#pragma once

#include <string>
#include <vector>

namespace assay {

/// How the per-sample values of a metric are put together.
enum class Aggregation {
  kMean,              ///< mean over items (micro average)
  kMacroMean,         ///< mean over the means of the groups of `group_level`
  kPassAtK,           ///< unbiased pass@k over the samples of an item, then mean over items
  kBalancedAccuracy,  ///< mean of the recalls of the gold classes
  /// Mean over the groups of `group_level` of each one's balanced accuracy (LegalBench: of each task's).
  kMacroBalancedAccuracy,
  kAllSamples,    ///< the share of items all of whose samples have the value 1
  kSampleSpread,  ///< over the samples' numbers, the highest mean over items less the lowest
};

/// The Group::level that says which gold class an item is of, for balanced accuracy; where an item has none, its target
/// is the class.
inline constexpr const char* kClassLevel = "class";

/// One metric of a suite.
struct MetricSpec {
  std::string name;  ///< as in JSON: "accuracy", "accuracy_macro", "pass@1"
  /// The key of Score::values that it is computed from: "accuracy". With kMacroBalancedAccuracy a second one,
  /// "#accuracy_weight", is what the item weighs within its class; absent: 1.
  std::string value;
  Aggregation aggregation = Aggregation::kMean;
  int k = 0;                ///< kPassAtK only
  std::string group_level;  ///< kMacroMean, kMacroBalancedAccuracy: the Group::level it averages over
  bool headline = false;    ///< exactly one metric of a suite is its headline
  /// An item's value is not its samples' mean but the value of the answer that most of them gave
  /// (results/statistics/majority.h).
  bool vote = false;

  bool operator==(const MetricSpec&) const = default;
};

}  // namespace assay
