// Python's own random draw (random.Random), where a reference implementation chooses its few-shot examples by it: the
// same seed gives the same examples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::reading {

/// CPython's random.Random(seed) for a seed from 0: MT19937 (Matsumoto, Nishimura 1998), seeded by an array of 32-bit
/// words, with CPython's bounded draw on top. Not thread-safe.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);

  /// The places of the elements that sample(population, count) takes, in its order, from a population of `size`;
  /// count is at most size. As CPython 3.8 to 3.13.
  std::vector<std::size_t> sample(std::size_t size, std::size_t count);

 private:
  void seed_with(std::uint32_t seed);
  std::uint32_t word();
  std::uint64_t below(std::uint64_t bound);

  static constexpr std::size_t kState = 624;
  std::array<std::uint32_t, kState> state_{};
  std::size_t at_ = kState;
};

}  // namespace assay::reading
