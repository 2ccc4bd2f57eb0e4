// Two models on the same items, simulated: counts are drawn, not items, so that ten thousand nights take seconds.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>

#include "harness/core/random.h"
#include "results/statistics/paired_sample.h"

namespace assay::simulation {

inline constexpr double kAlpha = 0.05;
inline constexpr double kMargin = 0.02;
inline constexpr int kNights = 10'000;

/// Random as the standard library's distributions want it. ASSAY_SIMULATION_SEED, a number, gives other nights than
/// those of the repository: what was tuned on those should hold on any.
class Bits {
 public:
  using result_type = std::uint64_t;
  explicit Bits(std::uint64_t seed) : random_(seed + others()) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() { return random_.next(); }

  /// Uniform in [low, high).
  double between(double low, double high) { return low + (high - low) * random_.unit(); }

  /// Successes among n trials.
  std::int64_t binomial(std::int64_t n, double p) {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    return std::binomial_distribution<std::int64_t>(n, p)(*this);
  }

 private:
  static std::uint64_t others() {
    const char* given = std::getenv("ASSAY_SIMULATION_SEED");
    return given == nullptr ? 0 : 1'000'003 * std::strtoull(given, nullptr, 10);
  }

  Random random_;
};

/// The chances of one item.
struct Chances {
  double both_right = 0;
  double lost = 0;    ///< the baseline alone is right
  double gained = 0;  ///< the candidate alone is right

  [[nodiscard]] double difference() const { return gained - lost; }
};

/// Two models of the same accuracy p whose outcomes are correlated by `correlation`.
inline Chances alike(double p, double correlation) {
  const double flip = (1 - correlation) * p * (1 - p);
  return {p - flip, flip, flip};
}

/// The counts of n independent items.
inline statistics::PairedTable draw(Bits& bits, std::int64_t n, const Chances& chances) {
  const std::int64_t lost = bits.binomial(n, chances.lost);
  const std::int64_t gained = bits.binomial(n - lost, std::min(1.0, chances.gained / (1 - chances.lost)));
  const std::int64_t rest = n - lost - gained;
  const double others = 1 - chances.lost - chances.gained;
  const std::int64_t right = others > 0 ? bits.binomial(rest, std::clamp(chances.both_right / others, 0.0, 1.0)) : 0;
  const auto count = [](std::int64_t value) { return static_cast<double>(value); };
  return {count(right), count(lost), count(gained), count(rest - right)};
}

/// Clusters of items that get better or worse together: in each the chances of gain and loss are shifted against each
/// other by a share that is uniform in ±`spread` of them.
struct Clusters {
  int count = 0;  ///< 0: independent items
  double spread = 0;
};

/// One night of n items.
inline statistics::PairedSample night(Bits& bits, std::int64_t n, const Chances& chances,
                                      const Clusters& clusters = {}) {
  statistics::PairedSample sample;
  if (clusters.count == 0) {
    sample.add_independent(draw(bits, n, chances));
    return sample;
  }
  for (int i = 0; i < clusters.count; ++i) {
    const std::int64_t items = n * (i + 1) / clusters.count - n * i / clusters.count;
    const double shift = bits.between(-clusters.spread, clusters.spread);
    sample.add_cluster(
        draw(bits, items, {chances.both_right, chances.lost * (1 - shift), chances.gained * (1 + shift)}));
  }
  return sample;
}

/// How much above `chance` a share of n trials may lie: three standard errors.
inline double three_standard_errors(double chance, double n) { return 3 * std::sqrt(chance * (1 - chance) / n); }

}  // namespace assay::simulation
