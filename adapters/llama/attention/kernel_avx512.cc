// Compiled for AVX-512, without contraction of products and sums (CMakeLists.txt): called only on processors that have
// it.
#include <immintrin.h>

#include "adapters/llama/attention/exp_table.h"
#include "adapters/llama/attention/kernel_body.h"

namespace assay::llama {
namespace {

/// kGgmlStep: GGML_F16_STEP of the ggml whose order of sums is kept; kGgmlHalvedTo: how far it halves partial sums
/// before it adds neighbours. Lanes are cells here, so that the order of a cell's sum does not depend on their number.
template <int kGgmlStep, int kGgmlHalvedTo>
struct Avx512 {
  using F = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kTogether = 4;  ///< query vectors whose sums fit the registers
  static constexpr int kStep = kGgmlStep;
  static constexpr int kHalvedTo = kGgmlHalvedTo;

  [[gnu::always_inline]] static F same(float x) { return _mm512_set1_ps(x); }
  [[gnu::always_inline]] static F load(const float* from) { return _mm512_load_ps(from); }
  [[gnu::always_inline]] static F load_any(const float* from) { return _mm512_loadu_ps(from); }
  [[gnu::always_inline]] static void store(float* to, F x) { _mm512_store_ps(to, x); }
  [[gnu::always_inline]] static void store_any(float* to, F x) { _mm512_storeu_ps(to, x); }
  [[gnu::always_inline]] static F load_halves(const std::uint16_t* from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  [[gnu::always_inline]] static F round_to_half(F x) {
    return _mm512_cvtph_ps(_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
  }
  [[gnu::always_inline]] static F add(F x, F y) { return _mm512_add_ps(x, y); }
  [[gnu::always_inline]] static F sub(F x, F y) { return _mm512_sub_ps(x, y); }
  [[gnu::always_inline]] static F mul(F x, F y) { return _mm512_mul_ps(x, y); }
  [[gnu::always_inline]] static F fma(F x, F y, F z) { return _mm512_fmadd_ps(x, y, z); }
  [[gnu::always_inline]] static float fma_one(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
  [[gnu::always_inline]] static F max(F x, F y) { return _mm512_max_ps(x, y); }
  [[gnu::always_inline]] static std::uint32_t greater(F x, F y) { return _mm512_cmp_ps_mask(x, y, _CMP_GT_OQ); }
  [[gnu::always_inline]] static std::uint32_t equal(F x, F y) { return _mm512_cmp_ps_mask(x, y, _CMP_EQ_OQ); }
  [[gnu::always_inline]] static F select(std::uint32_t bits, F x, F y) {
    return _mm512_mask_blend_ps(static_cast<__mmask16>(bits), y, x);
  }
  [[gnu::always_inline]] static float first(F x) { return _mm512_cvtss_f32(x); }
  [[gnu::always_inline]] static F last(F x) { return _mm512_permutexvar_ps(_mm512_set1_epi32(15), x); }

  /// Lane i gets lane i - kBy of x, the first ones those of `before` from its end.
  template <int kBy>
  [[gnu::always_inline]] static F shifted(F x, F before) {
    return _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(x), _mm512_castps_si512(before), 16 - kBy));
  }
  [[gnu::always_inline]] static F shift_up(F x, F before) { return shifted<1>(x, before); }

  /// Lane i gets the largest of the lanes up to i.
  [[gnu::always_inline]] static F running_max(F x) {
    const F least = same(-__builtin_inff());
    x = max(x, shifted<1>(x, least));
    x = max(x, shifted<2>(x, least));
    x = max(x, shifted<4>(x, least));
    return max(x, shifted<8>(x, least));
  }

  [[gnu::always_inline]] static __m512d exp_half(__m512d x) {
    using namespace exp_numbers;
    const __m512d per = _mm512_set1_pd(kPerLog2);
    const __m512d shift = _mm512_set1_pd(kShift);
    const __m512d shifted_k = _mm512_fmadd_pd(per, x, shift);
    const __m512i bits = _mm512_castpd_si512(shifted_k);
    const __m512d r = _mm512_fmsub_pd(per, x, _mm512_sub_pd(shifted_k, shift));
    const __m512i low = _mm512_permutex2var_epi64(_mm512_load_si512(kPowers), bits, _mm512_load_si512(kPowers + 8));
    const __m512i high =
        _mm512_permutex2var_epi64(_mm512_load_si512(kPowers + 16), bits, _mm512_load_si512(kPowers + 24));
    const __m512i power = _mm512_mask_blend_epi64(_mm512_test_epi64_mask(bits, _mm512_set1_epi64(16)), low, high);
    const __m512d s = _mm512_castsi512_pd(_mm512_add_epi64(power, _mm512_slli_epi64(bits, 47)));
    const __m512d upper = _mm512_fmadd_pd(_mm512_set1_pd(kCubic), r, _mm512_set1_pd(kSquare));
    const __m512d lower = _mm512_fmadd_pd(_mm512_set1_pd(kLinear), r, _mm512_set1_pd(1));
    return _mm512_mul_pd(_mm512_fmadd_pd(upper, _mm512_mul_pd(r, r), lower), s);
  }

  /// expf() of numbers that are not above 0.
  [[gnu::always_inline]] static F exp(F x) {
    x = _mm512_max_ps(same(exp_numbers::kLeast), x);  // in this order NaN stays
    const __m512d low = exp_half(_mm512_cvtps_pd(_mm512_castps512_ps256(x)));
    const __m512d high = exp_half(_mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1))));
    return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(_mm512_cvtpd_ps(low))),
                                               _mm256_castps_pd(_mm512_cvtpd_ps(high)), 1));
  }

  [[gnu::always_inline]] static F pair_low(F x, F y) {
    return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(x), _mm512_castps_pd(y)));
  }
  [[gnu::always_inline]] static F pair_high(F x, F y) {
    return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(x), _mm512_castps_pd(y)));
  }

  /// Makes rows of a square columns.
  [[gnu::always_inline]] static void transpose(F* square) {
    F quads[16];  // quads[4 g + j], part l: rows 4 g to 4 g + 3 of column 4 l + j
    for (int g = 0; g < 16; g += 4) {
      const F a = _mm512_unpacklo_ps(square[g], square[g + 1]);
      const F b = _mm512_unpackhi_ps(square[g], square[g + 1]);
      const F c = _mm512_unpacklo_ps(square[g + 2], square[g + 3]);
      const F d = _mm512_unpackhi_ps(square[g + 2], square[g + 3]);
      quads[g] = pair_low(a, c);
      quads[g + 1] = pair_high(a, c);
      quads[g + 2] = pair_low(b, d);
      quads[g + 3] = pair_high(b, d);
    }
    for (int j = 0; j < 4; ++j) {
      const F a = _mm512_shuffle_f32x4(quads[j], quads[4 + j], 0x88);
      const F b = _mm512_shuffle_f32x4(quads[j], quads[4 + j], 0xdd);
      const F c = _mm512_shuffle_f32x4(quads[8 + j], quads[12 + j], 0x88);
      const F d = _mm512_shuffle_f32x4(quads[8 + j], quads[12 + j], 0xdd);
      square[j] = _mm512_shuffle_f32x4(a, c, 0x88);
      square[8 + j] = _mm512_shuffle_f32x4(a, c, 0xdd);
      square[4 + j] = _mm512_shuffle_f32x4(b, d, 0x88);
      square[12 + j] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
  }
};

}  // namespace

void attend_avx512(const AttentionProblem& problem, const AttentionShare& share, float* scratch) {
  attend<Avx512<64, 1>>(problem, share, scratch);  // _mm512_reduce_add_ps halves to the end
}

void attend_avx512_as_avx2(const AttentionProblem& problem, const AttentionShare& share, float* scratch) {
  attend<Avx512<32, 4>>(problem, share, scratch);  // as Avx2 in kernel_avx2.cc
}

}  // namespace assay::llama
