// The headline value of every item of one result, and how two models are told apart by them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/metric.h"
#include "results/statistics/interval.h"
#include "results/statistics/summary.h"

namespace assay::site {

/// One result's items in ascending order. Items that failed are not among them.
struct ItemScores {
  std::vector<std::int64_t> orders;     ///< Item::order
  std::vector<float> values;            ///< of the headline metric, 0..1
  std::vector<std::uint64_t> clusters;  ///< a hash of Item::cluster; the item's own where it has none
  bool mean_over_items = true;          ///< false: the headline is a mean of means, and items alone do not make it

  void add(std::int64_t order, double value, const std::string& cluster);
};

/// Whether `a` and `b` can be told apart, and which is the better.
enum class Order { kTied, kFirstBetter, kSecondBetter };

/// Pairs the two on the items that both have, where these are at least half of the smaller set, and forms the 95 %
/// interval of the mean difference: normal, with the larger of the independent and the clustered standard error
/// (E. Miller, "Adding error bars to evals", 2024, sections 2 and 4). Otherwise, and for means of means, takes the
/// difference of the two estimates with √(se_a² + se_b²). They are told apart where the interval leaves 0 out and,
/// where every paired item is plainly right or wrong, McNemar's exact test rejects at 5 % too: with few flips a normal
/// interval is too narrow (A. Agresti, "Categorical data analysis", 3rd edition, 2013, section 11.1).
[[nodiscard]] Order order_of(const ItemScores& a, const Estimate& a_estimate, const ItemScores& b,
                             const Estimate& b_estimate);

/// The ranks that a model may have among others: 1 + how many are better, up to how many are not worse.
struct RankRange {
  int best = 1;
  int worst = 1;
  bool operator==(const RankRange&) const = default;
};

/// Ranks by order_of() of each pair. `scores` and `estimates` are of one suite asked in one way.
[[nodiscard]] std::vector<RankRange> ranks(const std::vector<const ItemScores*>& scores,
                                           const std::vector<Estimate>& estimates);

}  // namespace assay::site
