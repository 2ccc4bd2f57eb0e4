#include "adapters/llama/logits.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>

// The loops below run over a whole vocabulary for each scored token, and compilers do not vectorise them by themselves:
// they are written in vectors of eight, compiled for AVX2 too, and the processor at hand decides. Both ways give the
// same bits: nothing is fused, and the order of the sums is in the source.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define ASSAY_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ASSAY_VECTOR_CLONES
#endif

namespace assay::llama {
namespace {

constexpr int kWidth = 8;
constexpr int kBlock = 128 * kWidth;
using Floats = float __attribute__((vector_size(kWidth * sizeof(float))));
using Ints = std::int32_t __attribute__((vector_size(kWidth * sizeof(std::int32_t))));

/// The largest logit, and the first place where it stands.
struct Largest {
  float value = -INFINITY;
  int index = 0;
};

ASSAY_VECTOR_CLONES Largest largest(const float* logits, int count) {
  Largest best;
  int best_block = 0;
  int i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    Floats even = Floats{} - INFINITY;
    Floats odd = even;
    for (int k = 0; k < kBlock; k += 2 * kWidth) {
      Floats first;
      Floats second;
      std::memcpy(&first, logits + i + k, sizeof(first));
      std::memcpy(&second, logits + i + k + kWidth, sizeof(second));
      even = first > even ? first : even;
      odd = second > odd ? second : odd;
    }
    even = odd > even ? odd : even;
    for (int k = 0; k < kWidth; ++k) {
      if (even[k] > best.value) {
        best.value = even[k];
        best_block = i;
      }
    }
  }
  best.index = static_cast<int>(std::find(logits + best_block, logits + i, best.value) - logits);
  for (; i < count; ++i) {
    if (logits[i] > best.value) {
      best = {logits[i], i};
    }
  }
  return best.index < count ? best : Largest{best.value, 0};
}

/// Sum of exp(logit - top): single precision within blocks, double between them. exp(x) for x <= 0 to a relative error
/// below 2e-7, without branches: 2^n * p(r), Taylor polynomial on |r| <= ln(2)/2; 0 below -87.
ASSAY_VECTOR_CLONES double sum_of_exponentials(const float* logits, int count, float top) {
  double sum = 0;
  int i = 0;
  while (i + kWidth <= count) {
    const int end = std::min(count, i + kBlock);
    Floats lanes{};
    for (; i + kWidth <= end; i += kWidth) {
      Floats x;
      std::memcpy(&x, logits + i, sizeof(x));
      x = x - top;
      const Ints is_none = x < -87.0F;
      x = is_none ? Floats{} : x;
      // adding and taking away 1.5 * 2^23 rounds to the nearest integer, which then stands in the lowest bits
      const Floats shifted = x * 1.44269504F + 12582912.0F;
      const Floats n = shifted - 12582912.0F;
      const Floats r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
      const Floats p =
          1.0F +
          r * (1.0F + r * (0.5F + r * (1.0F / 6 + r * (1.0F / 24 + r * (1.0F / 120 + r * (1.0F / 720 + r / 5040))))));
      const Ints exponent = (reinterpret_cast<Ints>(shifted) - 0x4B400000 + 127) << 23;
      lanes += is_none ? Floats{} : p * reinterpret_cast<Floats>(exponent);
    }
    for (int k = 0; k < kWidth; ++k) {
      sum += static_cast<double>(lanes[k]);
    }
  }
  for (; i < count; ++i) {
    sum += std::exp(static_cast<double>(logits[i] - top));
  }
  return sum;
}

}  // namespace

Token best_token(const float* logits, int count) { return largest(logits, count).index; }

LogitRow read_logits(const float* logits, int count) {
  const Largest top = largest(logits, count);
  LogitRow row;
  row.best = top.index;
  row.log_normaliser = static_cast<double>(top.value) + std::log(sum_of_exponentials(logits, count, top.value));
  return row;
}

std::vector<LogitRow> read_rows(const std::vector<const float*>& rows, int count, [[maybe_unused]] int threads) {
  std::vector<LogitRow> results(rows.size());
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
#endif
  for (std::size_t i = 0; i < rows.size(); ++i) {
    results[i] = read_logits(rows[i], count);
  }
  return results;
}

std::vector<RankedToken> top_tokens(const float* logits, int count, int most) {
  std::vector<Token> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  const auto kept = std::min(order.size(), static_cast<std::size_t>(std::max(most, 0)));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [&](Token a, Token b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
  const LogitRow row = read_logits(logits, count);
  std::vector<RankedToken> result;
  for (std::size_t i = 0; i < kept; ++i) {
    result.push_back({order[i], static_cast<double>(logits[order[i]]) - row.log_normaliser});
  }
  return result;
}

Token sample_token(const float* logits, int count, double temperature, double top_p, double unit) {
  const double top = static_cast<double>(largest(logits, count).value);
  std::vector<RankedToken> weights;
  weights.reserve(static_cast<std::size_t>(count));
  double sum = 0;
  for (Token token = 0; token < count; ++token) {
    const double weight = std::exp((static_cast<double>(logits[token]) - top) / temperature);
    sum += weight;
    if (weight > 1e-12) {  // what is left out is never drawn: its sum is below the resolution of `unit`'s use
      weights.push_back({token, weight});
    }
  }
  std::sort(weights.begin(), weights.end(), [](const RankedToken& a, const RankedToken& b) {
    return a.logprob != b.logprob ? a.logprob > b.logprob : a.token < b.token;
  });
  double nucleus = 0;
  std::size_t kept = 0;
  while (kept < weights.size() && (kept == 0 || nucleus < top_p * sum)) {
    nucleus += weights[kept++].logprob;
  }
  double left = unit * nucleus;
  for (std::size_t i = 0; i < kept; ++i) {
    left -= weights[i].logprob;
    if (left < 0) {
      return weights[i].token;
    }
  }
  return weights[kept - 1].token;
}

}  // namespace assay::llama
