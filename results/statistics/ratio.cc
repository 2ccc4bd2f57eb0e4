#include "results/statistics/ratio.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "results/statistics/bootstrap.h"
#include "results/statistics/order_statistics.h"

namespace assay::statistics {
namespace {

constexpr double kRatioConfidence = 0.95;

std::optional<double> quotient(double second, double first) {
  if (!(first > 0) || !(second > 0)) return std::nullopt;
  return second / first;
}

/// Values in ascending order, each with its unit.
class Ascending {
 public:
  explicit Ascending(const UnitValues& side) : values_(side.values.size()), units_(side.values.size()) {
    std::vector<std::pair<double, std::uint32_t>> order(side.values.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = {side.values[i], static_cast<std::uint32_t>(i)};
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size(); ++i) {
      values_[i] = order[i].first;
      units_[i] = side.units[order[i].second];
    }
  }

  [[nodiscard]] const std::vector<double>& values() const { return values_; }

  /// The q-quantile of the values, each taken as often as its unit was drawn; absent where none was.
  [[nodiscard]] std::optional<double> quantile(const Drawn& drawn, double q) const {
    std::uint64_t total = 0;
    for (const std::uint32_t unit : units_) total += drawn[unit];
    if (total == 0) return std::nullopt;
    const double place = static_cast<double>(total - 1) * q;
    const auto below = static_cast<std::uint64_t>(std::floor(place));
    std::uint64_t passed = 0;
    std::optional<double> lower;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      passed += drawn[units_[i]];
      if (!lower && passed > below) lower = values_[i];
      if (lower && passed > below + 1) return *lower + (place - static_cast<double>(below)) * (values_[i] - *lower);
    }
    return lower;
  }

 private:
  std::vector<double> values_;
  std::vector<std::uint32_t> units_;
};

}  // namespace

std::optional<Ratio> ratio_of_means(const std::vector<double>& first, const std::vector<double>& second) {
  const std::size_t n = first.size();
  if (n == 0 || second.size() != n) return std::nullopt;
  const double first_sum = std::accumulate(first.begin(), first.end(), 0.0);
  const double second_sum = std::accumulate(second.begin(), second.end(), 0.0);
  const auto value = quotient(second_sum, first_sum);
  if (!value) return std::nullopt;
  Ratio ratio{*value, std::nullopt};
  if (n <= kMostBootstrapped) {
    Resampling resampling;
    resampling.strata = {n};
    ratio.ci95 = bootstrap_interval(resampling, kRatioConfidence, [&](const Drawn& drawn) {
      double below = 0;
      double above = 0;
      for (std::size_t i = 0; i < n; ++i) {
        below += drawn[i] * first[i];
        above += drawn[i] * second[i];
      }
      return quotient(above, below);
    });
    return ratio;
  }
  const auto count = static_cast<double>(n);
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double deviation = count * (second[i] / second_sum - first[i] / first_sum);
    squares += deviation * deviation;
  }
  const double half = normal_quantile(kRatioConfidence) * std::sqrt(squares / (count * (count - 1)));
  ratio.ci95 = Interval{*value * std::exp(-half), *value * std::exp(half)};
  return ratio;
}

namespace {

/// One quantile's ratio, of sides that have values, all above 0.
Ratio quantile_ratio(const Ascending& below, const Ascending& above, std::size_t units, double q) {
  const Drawn once(units, 1);
  const double low = *below.quantile(once, q);
  const double high = *above.quantile(once, q);
  Ratio ratio{high / low, std::nullopt};
  if (units <= kMostBootstrapped) {
    Resampling resampling;
    resampling.strata = {units};
    ratio.ci95 = bootstrap_interval(resampling, kRatioConfidence, [&](const Drawn& drawn) -> std::optional<double> {
      const auto drawn_low = below.quantile(drawn, q);
      const auto drawn_high = above.quantile(drawn, q);
      if (!drawn_low || !drawn_high) return std::nullopt;
      return *drawn_high / *drawn_low;
    });
    return ratio;
  }
  const auto first_interval = quantile_interval(below.values(), q, kRatioConfidence);
  const auto second_interval = quantile_interval(above.values(), q, kRatioConfidence);
  if (!first_interval || !second_interval) return ratio;
  const auto distance = [](double from, double to) { return std::log(to / from); };
  const double down = std::hypot(distance(second_interval->low, high), distance(low, first_interval->high));
  const double up = std::hypot(distance(high, second_interval->high), distance(first_interval->low, low));
  ratio.ci95 = Interval{ratio.value * std::exp(-down), ratio.value * std::exp(up)};
  return ratio;
}

}  // namespace

std::vector<std::optional<Ratio>> ratios_of_quantiles(const UnitValues& first, const UnitValues& second,
                                                      std::size_t units, const std::vector<double>& qs) {
  const auto positive = [](const UnitValues& side) {
    return !side.values.empty() &&
           std::all_of(side.values.begin(), side.values.end(), [](double value) { return value > 0; });
  };
  if (!positive(first) || !positive(second)) return std::vector<std::optional<Ratio>>(qs.size());
  const Ascending below(first);
  const Ascending above(second);
  std::vector<std::optional<Ratio>> ratios;
  for (const double q : qs) ratios.emplace_back(quantile_ratio(below, above, units, q));
  return ratios;
}

}  // namespace assay::statistics
