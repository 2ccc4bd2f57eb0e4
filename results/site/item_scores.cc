#include "results/site/item_scores.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "results/statistics/mcnemar.h"

namespace assay::site {
namespace {

constexpr double kLevel = 0.05;  ///< two-sided

struct Difference {
  double mean = 0;
  std::optional<double> standard_error;
  bool binary = true;
  statistics::PairedTable flips;  ///< the first as the baseline; items on which both agree are not counted
};

/// Values of the items that both have, first minus second.
struct Pairs {
  std::vector<double> differences;
  std::vector<std::uint64_t> clusters;
  bool binary = true;
};

Pairs pairs_of(const ItemScores& a, const ItemScores& b) {
  Pairs pairs;
  std::size_t j = 0;
  for (std::size_t i = 0; i < a.orders.size(); ++i) {
    while (j < b.orders.size() && b.orders[j] < a.orders[i]) ++j;
    if (j == b.orders.size()) break;
    if (b.orders[j] != a.orders[i]) continue;
    const double first = static_cast<double>(a.values[i]);
    const double second = static_cast<double>(b.values[j]);
    pairs.binary = pairs.binary && (first == 0 || first == 1) && (second == 0 || second == 1);
    pairs.differences.push_back(first - second);
    pairs.clusters.push_back(a.clusters[i]);
  }
  return pairs;
}

Difference paired(const Pairs& pairs) {
  Difference out;
  out.binary = pairs.binary;
  const auto n = static_cast<double>(pairs.differences.size());
  for (const double difference : pairs.differences) {
    out.mean += difference / n;
    if (difference > 0) ++out.flips.only_baseline;
    if (difference < 0) ++out.flips.only_candidate;
  }
  if (pairs.differences.size() < 2) return out;
  double squares = 0;
  std::unordered_map<std::uint64_t, double> clusters;
  for (std::size_t i = 0; i < pairs.differences.size(); ++i) {
    const double residual = pairs.differences[i] - out.mean;
    squares += residual * residual;
    clusters[pairs.clusters[i]] += residual;
  }
  double cluster_squares = 0;
  for (const auto& [cluster, sum] : clusters) cluster_squares += sum * sum;
  const double independent = std::sqrt(squares / (n * (n - 1)));
  const double clustered = clusters.size() < 2 ? 0 : std::sqrt(cluster_squares) / n;
  out.standard_error = std::max(independent, clustered);
  return out;
}

std::optional<double> standard_error(const Estimate& estimate) {
  if (!estimate.standard_error) return estimate.clustered_standard_error;
  return std::max(*estimate.standard_error, estimate.clustered_standard_error.value_or(0));
}

Difference unpaired(const Estimate& a, const Estimate& b) {
  Difference out;
  out.binary = false;
  out.mean = a.value.value_or(0) - b.value.value_or(0);
  const auto first = standard_error(a);
  const auto second = standard_error(b);
  if (first && second) out.standard_error = std::hypot(*first, *second);
  return out;
}

}  // namespace

void ItemScores::add(std::int64_t order, double value, const std::string& cluster) {
  orders.push_back(order);
  values.push_back(static_cast<float>(value));
  clusters.push_back(cluster.empty() ? std::hash<std::int64_t>{}(order) : std::hash<std::string>{}(cluster));
}

Order order_of(const ItemScores& a, const Estimate& a_estimate, const ItemScores& b, const Estimate& b_estimate) {
  Difference difference = unpaired(a_estimate, b_estimate);
  if (a.mean_over_items && b.mean_over_items) {
    const Pairs pairs = pairs_of(a, b);
    if (!pairs.differences.empty() && pairs.differences.size() * 2 >= std::min(a.orders.size(), b.orders.size())) {
      difference = paired(pairs);
    }
  }
  if (!difference.standard_error) return Order::kTied;
  const double quantile = boost::math::quantile(boost::math::normal(), 1 - kLevel / 2);
  if (std::abs(difference.mean) <= quantile * *difference.standard_error) return Order::kTied;
  if (difference.binary && statistics::mcnemar_exact_p(difference.flips) > kLevel) return Order::kTied;
  return difference.mean > 0 ? Order::kFirstBetter : Order::kSecondBetter;
}

std::vector<RankRange> ranks(const std::vector<const ItemScores*>& scores, const std::vector<Estimate>& estimates) {
  std::vector<RankRange> out(scores.size(), {1, static_cast<int>(scores.size())});
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = i + 1; j < scores.size(); ++j) {
      const Order order = order_of(*scores[i], estimates[i], *scores[j], estimates[j]);
      if (order == Order::kTied) continue;
      const std::size_t better = order == Order::kFirstBetter ? i : j;
      --out[better].worst;
      ++out[better == i ? j : i].best;
    }
  }
  return out;
}

}  // namespace assay::site
