// How often 95 % intervals hold what is true: for single proportions computed, for pairs simulated.
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "results/statistics/interval.h"
#include "results/statistics/order_statistics.h"
#include "results/statistics/ratio.h"
#include "tests/catch.h"
#include "tests/simulation/simulated_pairs.h"

namespace assay::simulation {
namespace {

using statistics::Interval;
using statistics::PairedSample;

const std::vector<std::int64_t> kItems{50, 164, 500, 2000, 15'000};
const std::vector<double> kChances{0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98};

/// The chance that an interval of a proportion holds it: the sum over all counts that can be told from none.
double coverage(std::int64_t n, double p, const std::function<Interval(double, double)>& interval) {
  const auto items = static_cast<double>(n);
  const boost::math::binomial distribution(items, p);
  const double reach = 8 * std::sqrt(items * p * (1 - p)) + 8;
  double covered = 0;
  double all = 0;
  for (double k = std::max(0.0, std::floor(items * p - reach)); k <= std::min(items, std::ceil(items * p + reach));
       ++k) {
    const double chance = boost::math::pdf(distribution, k);
    all += chance;
    if (chance < 1e-9) continue;
    const Interval one = interval(k, items);
    if (one.low <= p && p <= one.high) covered += chance;
  }
  CHECK(std::abs(all - 1) < 1e-9);
  return covered;
}

}  // namespace

TEST_CASE("Wilson's interval covers 94 to 97 % on average, Clopper and Pearson's never less than 95 %") {
  double wilson = 0;
  double least_exact = 1;
  for (const std::int64_t n : kItems) {
    for (const double p : kChances) {
      wilson += coverage(n, p, [](double k, double items) { return *statistics::wilson_interval(k, items, 0.95); });
      // Above 2,000 items the two differ by less than 0.1 %, and beta quantiles take their time.
      if (n > 2000) continue;
      const double exact =
          coverage(n, p, [](double k, double items) { return *statistics::exact_interval(k, items, 0.95); });
      least_exact = std::min(least_exact, exact);
    }
  }
  wilson /= static_cast<double>(kItems.size() * kChances.size());
  WARN("Wilson " << wilson << " on average, Clopper-Pearson at least " << least_exact);
  CHECK((0.94 <= wilson && wilson <= 0.97));
  CHECK(least_exact >= 0.95);
}

TEST_CASE("The interval of a paired difference covers 94 to 97 % on average, whatever the correlation") {
  constexpr int kRounds = 200;
  Bits bits(1);
  double covered = 0;
  double nights = 0;
  double least = 1;
  for (const std::int64_t n : kItems) {
    for (const double p : kChances) {
      for (const double correlation : {0.0, 0.5, 0.9}) {
        for (const double drop : {0.0, 0.3}) {
          Chances chances = alike(p, correlation);
          chances.lost *= 1 + drop;
          chances.gained *= 1 - drop;
          double here = 0;
          for (int i = 0; i < kRounds; ++i) {
            const Interval one = *night(bits, n, chances).interval(0.95);
            if (one.low <= chances.difference() && chances.difference() <= one.high) ++here;
          }
          covered += here;
          nights += kRounds;
          least = std::min(least, here / kRounds);
        }
      }
    }
  }
  WARN("paired difference: " << covered / nights << " on average, least " << least);
  CHECK((0.94 <= covered / nights && covered / nights <= 0.97));
}

TEST_CASE("The interval of a paired difference of clustered items covers 94 to 97 % on average") {
  constexpr int kRounds = 300;
  Bits bits(2);
  double covered = 0;
  double naive = 0;
  double nights = 0;
  for (const int clusters : {10, 20, 57, 164}) {
    for (const std::int64_t per_cluster : {5, 30, 250}) {
      for (const double spread : {0.0, 0.4, 0.9}) {
        for (const double flip : {0.04, 0.2}) {
          const Chances chances{0.4, flip / 2, flip / 2};
          const std::int64_t n = clusters * per_cluster;
          for (int i = 0; i < kRounds; ++i) {
            const PairedSample sample = night(bits, n, chances, {clusters, spread});
            const Interval one = *sample.interval(0.95);
            if (one.low <= 0 && 0 <= one.high) ++covered;
            PairedSample independent;
            independent.add_independent(sample.table());
            const Interval other = *independent.interval(0.95);
            if (other.low <= 0 && 0 <= other.high) ++naive;
            ++nights;
          }
        }
      }
    }
  }
  WARN("clustered: " << covered / nights << " on average; clusters left out of account " << naive / nights);
  CHECK((0.94 <= covered / nights && covered / nights <= 0.97));
  CHECK(naive / nights < covered / nights);
}

TEST_CASE("The t interval of fractional scores covers 94 to 97 % on average") {
  constexpr int kRounds = 400;
  Bits bits(3);
  double covered = 0;
  double nights = 0;
  for (const int n : {50, 164, 500}) {
    for (const double p : {0.1, 0.5, 0.9}) {
      for (int i = 0; i < kRounds; ++i) {
        PairedSample sample;
        for (int item = 0; item < n; ++item) {
          // Five samples an item; how hard an item is both models share.
          const double chance = std::clamp(p + bits.between(-0.3, 0.3), 0.0, 1.0);
          sample.add(static_cast<double>(bits.binomial(5, chance)) / 5,
                     static_cast<double>(bits.binomial(5, chance)) / 5, "");
        }
        const Interval one = *sample.interval(0.95);
        if (one.low <= 0 && 0 <= one.high) ++covered;
        ++nights;
      }
    }
  }
  WARN("fractional scores: " << covered / nights << " on average");
  CHECK((0.94 <= covered / nights && covered / nights <= 0.97));
}

TEST_CASE("Intervals of percentiles and of ratios hold what is true") {
  constexpr int kRounds = 400;
  Bits bits(4);
  std::exponential_distribution<double> times(1.0);
  double percentile = 0;
  double medians = 0;
  double means = 0;
  for (int i = 0; i < kRounds; ++i) {
    std::vector<double> first;
    std::vector<double> second;
    statistics::UnitValues slow;
    statistics::UnitValues fast;
    for (std::uint32_t item = 0; item < 200; ++item) {
      const double shared = times(bits);
      first.push_back(shared + times(bits));
      second.push_back(0.5 * (shared + times(bits)));
      slow.values.push_back(first.back());
      fast.values.push_back(second.back());
      slow.units.push_back(item);
      fast.units.push_back(item);
    }
    const auto mean = statistics::ratio_of_means(first, second);
    if (mean->ci95->low <= 0.5 && 0.5 <= mean->ci95->high) ++means;
    const auto median = statistics::ratios_of_quantiles(slow, fast, 200, {0.5})[0];
    if (median->ci95->low <= 0.5 && 0.5 <= median->ci95->high) ++medians;
    std::sort(first.begin(), first.end());
    const auto ninety = statistics::quantile_interval(first, 0.9, 0.95);
    // The 0.9 quantile of the sum of two unit exponentials: (1 + x) e^-x = 0.1
    constexpr double kTrue = 3.889720169867429;
    if (ninety->low <= kTrue && kTrue <= ninety->high) ++percentile;
  }
  WARN("p90 " << percentile / kRounds << ", ratio of medians " << medians / kRounds << ", of means "
              << means / kRounds);
  const double reach = three_standard_errors(0.95, kRounds);
  CHECK(percentile / kRounds >= 0.95 - reach);
  CHECK(medians / kRounds >= 0.94 - reach);
  CHECK(means / kRounds >= 0.94 - reach);
}

}  // namespace assay::simulation
