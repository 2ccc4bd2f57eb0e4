// Compiled for AVX2, FMA and F16C, without contraction of products and sums (CMakeLists.txt): called only where ggml
// is, too.
#include <immintrin.h>

#include "adapters/llama/attention/exp_table.h"
#include "adapters/llama/attention/kernel_body.h"

namespace assay::llama {
namespace {

struct Avx2 {
  using F = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kTogether = 1;  ///< query vectors whose sums fit the registers
  static constexpr int kStep = 32;     ///< GGML_F16_STEP
  static constexpr int kHalvedTo = 4;  ///< GGML_F32x8_REDUCE ends in horizontal additions

  [[gnu::always_inline]] static F same(float x) { return _mm256_set1_ps(x); }
  [[gnu::always_inline]] static F load(const float* from) { return _mm256_load_ps(from); }
  [[gnu::always_inline]] static F load_any(const float* from) { return _mm256_loadu_ps(from); }
  [[gnu::always_inline]] static void store(float* to, F x) { _mm256_store_ps(to, x); }
  [[gnu::always_inline]] static void store_any(float* to, F x) { _mm256_storeu_ps(to, x); }
  [[gnu::always_inline]] static F load_halves(const std::uint16_t* from) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  [[gnu::always_inline]] static F round_to_half(F x) {
    return _mm256_cvtph_ps(_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
  }
  [[gnu::always_inline]] static F add(F x, F y) { return _mm256_add_ps(x, y); }
  [[gnu::always_inline]] static F sub(F x, F y) { return _mm256_sub_ps(x, y); }
  [[gnu::always_inline]] static F mul(F x, F y) { return _mm256_mul_ps(x, y); }
  [[gnu::always_inline]] static F fma(F x, F y, F z) { return _mm256_fmadd_ps(x, y, z); }
  [[gnu::always_inline]] static float fma_one(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
  [[gnu::always_inline]] static F max(F x, F y) { return _mm256_max_ps(x, y); }
  [[gnu::always_inline]] static std::uint32_t greater(F x, F y) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(x, y, _CMP_GT_OQ)));
  }
  [[gnu::always_inline]] static std::uint32_t equal(F x, F y) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(x, y, _CMP_EQ_OQ)));
  }
  [[gnu::always_inline]] static F select(std::uint32_t bits, F x, F y) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), lane);
    return _mm256_blendv_ps(y, x, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane)));
  }
  [[gnu::always_inline]] static float first(F x) { return _mm256_cvtss_f32(x); }
  [[gnu::always_inline]] static F last(F x) { return _mm256_permutevar8x32_ps(x, _mm256_set1_epi32(7)); }

  /// Lane i gets lane i - 1 of x, the first one the last of `before`.
  [[gnu::always_inline]] static F shift_up(F x, F before) {
    const __m256i down = _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6);
    return _mm256_blend_ps(_mm256_permutevar8x32_ps(x, down), _mm256_permutevar8x32_ps(before, down), 1);
  }

  /// Lane i gets the largest of the lanes up to i.
  [[gnu::always_inline]] static F running_max(F x) {
    const F least = same(-__builtin_inff());
    x = max(x, shift_up(x, least));
    x = max(x, shift_up(shift_up(x, least), least));
    const F fours = shift_up(shift_up(shift_up(shift_up(x, least), least), least), least);
    return max(x, fours);
  }

  [[gnu::always_inline]] static __m256d exp_half(__m256d x) {
    using namespace exp_numbers;
    const __m256d per = _mm256_set1_pd(kPerLog2);
    const __m256d shift = _mm256_set1_pd(kShift);
    const __m256d shifted_k = _mm256_fmadd_pd(per, x, shift);
    const __m256i bits = _mm256_castpd_si256(shifted_k);
    const __m256d r = _mm256_fmsub_pd(per, x, _mm256_sub_pd(shifted_k, shift));
    const __m256i power = _mm256_i64gather_epi64(reinterpret_cast<const long long*>(kPowers),
                                                 _mm256_and_si256(bits, _mm256_set1_epi64x(31)), 8);
    const __m256d s = _mm256_castsi256_pd(_mm256_add_epi64(power, _mm256_slli_epi64(bits, 47)));
    const __m256d upper = _mm256_fmadd_pd(_mm256_set1_pd(kCubic), r, _mm256_set1_pd(kSquare));
    const __m256d lower = _mm256_fmadd_pd(_mm256_set1_pd(kLinear), r, _mm256_set1_pd(1));
    return _mm256_mul_pd(_mm256_fmadd_pd(upper, _mm256_mul_pd(r, r), lower), s);
  }

  /// expf() of numbers that are not above 0.
  [[gnu::always_inline]] static F exp(F x) {
    x = _mm256_max_ps(same(exp_numbers::kLeast), x);  // in this order NaN stays
    const __m256d low = exp_half(_mm256_cvtps_pd(_mm256_castps256_ps128(x)));
    const __m256d high = exp_half(_mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)));
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(low)), _mm256_cvtpd_ps(high), 1);
  }

  /// Makes rows of a square columns.
  [[gnu::always_inline]] static void transpose(F* square) {
    F quads[8];
    for (int g = 0; g < 8; g += 4) {
      const F a = _mm256_unpacklo_ps(square[g], square[g + 1]);
      const F b = _mm256_unpackhi_ps(square[g], square[g + 1]);
      const F c = _mm256_unpacklo_ps(square[g + 2], square[g + 3]);
      const F d = _mm256_unpackhi_ps(square[g + 2], square[g + 3]);
      quads[g] = _mm256_shuffle_ps(a, c, 0x44);
      quads[g + 1] = _mm256_shuffle_ps(a, c, 0xee);
      quads[g + 2] = _mm256_shuffle_ps(b, d, 0x44);
      quads[g + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
    for (int j = 0; j < 4; ++j) {
      square[j] = _mm256_permute2f128_ps(quads[j], quads[4 + j], 0x20);
      square[4 + j] = _mm256_permute2f128_ps(quads[j], quads[4 + j], 0x31);
    }
  }
};

}  // namespace

void attend_avx2(const AttentionProblem& problem, const AttentionShare& share, float* scratch) {
  attend<Avx2>(problem, share, scratch);
}

}  // namespace assay::llama
