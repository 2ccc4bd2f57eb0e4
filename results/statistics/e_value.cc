#include "results/statistics/e_value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace assay::statistics {

double log_e_value(const std::vector<Seen>& values, double mean) {
  // Bets from those for small differences among many flips to those for large ones among few.
  constexpr std::size_t kBets = 32;
  constexpr double kLeast = 0.01;
  constexpr double kMost = 0.95;
  std::array<double, kBets> logs{};
  for (std::size_t i = 0; i < kBets; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(kBets - 1);
    const double bet = kLeast * std::pow(kMost / kLeast, share) / (1 + mean);
    for (const Seen& seen : values) logs[i] += seen.count * std::log1p(bet * (seen.value - mean));
  }
  const double largest = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double one : logs) sum += std::exp(one - largest);
  return largest + std::log(sum / static_cast<double>(kBets));
}

}  // namespace assay::statistics
