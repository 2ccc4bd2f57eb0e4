// The values of two models on the same items, and what they say about the difference: candidate minus baseline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "results/statistics/interval.h"
#include "results/statistics/paired_table.h"

namespace assay::statistics {

/// Paired values, summed up as they come. Memory grows with the number of clusters only. Not thread-safe.
///
/// Where every value is 0 or 1 the intervals are Tango's (tango.h). The one-sided bounds that verdicts rest on have one
/// thing added: they go beyond 0 only where McNemar's exact test agrees, so that "better" and "worse" hold their error
/// probability with few flips too, where the score test does not. Other values: Student's t of the differences.
///
/// Items of a cluster are taken as alike. The standard error is then the clustered one (E. Miller, "Adding error bars
/// to evals", 2024, eq. 4, with the factor C/(C-1) for C clusters as in A. C. Cameron and D. L. Miller, "A
/// practitioner's guide to cluster-robust inference", 2015, eq. 11) and the quantile Student's t with C-1 degrees of
/// freedom. For values 0 and 1 the table is scaled to the effective number of items n/deff (z/t)², deff ≥ 1 the ratio
/// of the two variances (E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected
/// number of positive counts estimated from survey data", Survey Methodology 24, 1998, 193-201), and not below n/flips:
/// all flips together say as much as one at least.
class PairedSample {
 public:
  /// One item. Values with an empty cluster are independent of all others.
  void add(double baseline, double candidate, std::string_view cluster);

  /// Items that are right or wrong, by their counts: one cluster of them.
  void add_cluster(const PairedTable& table);

  /// Likewise, each independent of all others.
  void add_independent(const PairedTable& table);

  [[nodiscard]] std::int64_t items() const { return static_cast<std::int64_t>(count_); }

  /// Whether every value was 0 or 1.
  [[nodiscard]] bool binary() const { return binary_; }

  /// Both right: both values 1. Only one right: its value is the higher one. Both wrong: the rest.
  [[nodiscard]] const PairedTable& table() const { return table_; }

  /// Clusters, items of their own included; 0 where no two items share one, or all items share one: it cannot be told
  /// then how alike they are, and what is said holds for that cluster alone.
  [[nodiscard]] std::int64_t clusters() const;

  /// Mean difference; 0 without items.
  [[nodiscard]] double difference() const;

  /// Of the difference, clustered where there are clusters. Absent for fewer than two items.
  [[nodiscard]] std::optional<double> standard_error() const;

  /// Two-sided interval of the difference within -1..1. Absent for fewer than two items.
  [[nodiscard]] std::optional<Interval> interval(double confidence) const;

  /// A lower and an upper bound of the difference, each by itself wrong with probability `alpha`, 0 < alpha ≤ 1/2; were
  /// there `factor` times as many items with the same rates, in as many more clusters. Absent for fewer than two items.
  [[nodiscard]] std::optional<Interval> bounds(double alpha, double factor = 1) const;

  /// Two-sided p-value of "no difference": McNemar's exact one, Student's t, or with clusters of values 0 and 1 the one
  /// that belongs to bounds(). Absent for fewer than two items.
  [[nodiscard]] std::optional<double> p_value() const;

  /// The error probabilities at which a bound of bounds() would just reach 0, one-sided: of "it is not better" and of
  /// "it is not worse". Between 1e-12 and 1/2; 1/2 where the estimate points the other way.
  struct OneSided {
    double better = 0.5;
    double worse = 0.5;
  };
  [[nodiscard]] OneSided one_sided_p() const;

  /// "mcnemar_exact", "mcnemar_clustered", "paired_t", "paired_t_clustered".
  [[nodiscard]] std::string test() const;

 private:
  struct Cluster {
    double items = 0;
    double sum = 0;
  };

  [[nodiscard]] double independent_variance() const;
  [[nodiscard]] double clustered_variance() const;
  [[nodiscard]] bool as_table() const;
  [[nodiscard]] PairedTable effective_table(double confidence, double factor) const;
  [[nodiscard]] Interval t_bounds(double confidence, double factor) const;

  PairedTable table_;
  double count_ = 0;
  double sum_ = 0;      ///< of differences
  double squares_ = 0;  ///< of differences
  bool binary_ = true;
  std::vector<Cluster> clusters_;
  Cluster single_;  ///< items without a cluster
  double single_squares_ = 0;
  std::unordered_map<std::string, std::size_t> names_;
};

}  // namespace assay::statistics
