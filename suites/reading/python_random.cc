#include "suites/reading/python_random.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <set>

namespace assay::reading {
namespace {

constexpr std::size_t kShift = 397;

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) {
  // init_by_array of the authors' mt19937ar.c, which CPython gives the seed's words, the lowest first.
  std::vector<std::uint32_t> key{static_cast<std::uint32_t>(seed)};
  if (seed >> 32U != 0) key.push_back(static_cast<std::uint32_t>(seed >> 32U));
  seed_with(19650218U);
  std::size_t i = 1;
  std::size_t j = 0;
  const auto mixed = [&](std::uint32_t factor) {
    return state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30U)) * factor);
  };
  const auto step = [&] {
    if (++i < kState) return;
    state_[0] = state_[kState - 1];
    i = 1;
  };
  for (std::size_t k = std::max(kState, key.size()); k > 0; --k) {
    state_[i] = mixed(1664525U) + key[j] + static_cast<std::uint32_t>(j);
    step();
    j = (j + 1) % key.size();
  }
  for (std::size_t k = kState - 1; k > 0; --k) {
    state_[i] = mixed(1566083941U) - static_cast<std::uint32_t>(i);
    step();
  }
  state_[0] = 0x80000000U;
}

void PythonRandom::seed_with(std::uint32_t seed) {
  state_[0] = seed;
  for (std::size_t i = 1; i < kState; ++i) {
    state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30U)) + static_cast<std::uint32_t>(i);
  }
}

std::uint32_t PythonRandom::word() {
  if (at_ == kState) {
    for (std::size_t i = 0; i < kState; ++i) {
      const std::uint32_t y = (state_[i] & 0x80000000U) | (state_[(i + 1) % kState] & 0x7fffffffU);
      state_[i] = state_[(i + kShift) % kState] ^ (y >> 1U) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    at_ = 0;
  }
  std::uint32_t y = state_[at_++];
  y ^= y >> 11U;
  y ^= (y << 7U) & 0x9d2c5680U;
  y ^= (y << 15U) & 0xefc60000U;
  return y ^ (y >> 18U);
}

// _randbelow_with_getrandbits: as many bits as the bound has, again until they are below it.
std::uint64_t PythonRandom::below(std::uint64_t bound) {
  const auto bits = static_cast<unsigned>(std::bit_width(bound));
  while (true) {
    std::uint64_t value = 0;
    if (bits <= 32) {
      value = word() >> (32U - bits);
    } else {
      value = word();
      value |= static_cast<std::uint64_t>(word() >> (64U - bits)) << 32U;
    }
    if (value < bound) return value;
  }
}

std::vector<std::size_t> PythonRandom::sample(std::size_t size, std::size_t count) {
  std::vector<std::size_t> taken;
  // CPython copies a small population and moves what was not taken down; from a large one it draws until a place is
  // new.
  std::size_t small = 21;
  if (count > 5) {
    std::size_t power = 1;
    while (power < count * 3) power *= 4;
    small += power;
  }
  if (size <= small) {
    std::vector<std::size_t> pool(size);
    std::iota(pool.begin(), pool.end(), std::size_t{0});
    for (std::size_t i = 0; i < count; ++i) {
      const auto place = static_cast<std::size_t>(below(size - i));
      taken.push_back(pool[place]);
      pool[place] = pool[size - i - 1];
    }
    return taken;
  }
  std::set<std::size_t> known;
  while (taken.size() < count) {
    const auto place = static_cast<std::size_t>(below(size));
    if (known.insert(place).second) taken.push_back(place);
  }
  return taken;
}

}  // namespace assay::reading
