// A distribution of times, in classes that grow with the time: what the pages draw of latencies.
#pragma once

#include <array>
#include <cstdint>

namespace assay::site {

/// Counts of milliseconds in classes of a quarter octave: class c holds [2^(c/4), 2^((c+1)/4)) × 0.01 ms, the first
/// also what is shorter, the last what is longer (about 20 minutes).
class LogHistogram {
 public:
  static constexpr int kClasses = 108;
  static constexpr double kFirstMs = 0.01;

  void add(double milliseconds);

  [[nodiscard]] const std::array<std::int64_t, kClasses>& counts() const { return counts_; }

 private:
  std::array<std::int64_t, kClasses> counts_{};
};

}  // namespace assay::site
