#include <immintrin.h>

#include "adapters/llama/matmul/kernel_body.h"

namespace assay::llama {
namespace {

/// Two inputs a vector, their 32-bit lanes in turn: each lane adds what the same lane of ggml's 256-bit vectors adds.
struct Avx512 {
  using F = __m512;
  using I = __m512i;
  static constexpr int kColumns = 2;
  static constexpr int kVectors = 4;

  [[gnu::always_inline]] static F zero() { return _mm512_setzero_ps(); }
  [[gnu::always_inline]] static F same(float number) { return _mm512_set1_ps(number); }
  [[gnu::always_inline]] static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  [[gnu::always_inline]] static F add_product(F a, F b, F sum) { return _mm512_fmadd_ps(a, b, sum); }
  [[gnu::always_inline]] static I load(const std::byte* from) { return _mm512_load_si512(from); }

  [[gnu::always_inline]] static F dot(I weights, I inputs) {
    return _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(_mm512_setzero_si512(), weights, inputs));
  }

  /// Two numbers, in turn.
  [[gnu::always_inline]] static F column_scales(const float* from) {
    return _mm512_castpd_ps(_mm512_set1_pd(*static_cast<const double*>(static_cast<const void*>(from))));
  }

  /// Two halves that stand side by side.
  [[gnu::always_inline]] static void to_floats(const std::byte* halves, float& first, float& second) {
    std::uint32_t both = 0;
    std::memcpy(&both, halves, sizeof both);
    const __m128 floats = _mm_cvtph_ps(_mm_cvtsi32_si128(static_cast<int>(both)));
    first = _mm_cvtss_f32(floats);
    second = _mm_cvtss_f32(_mm_movehdup_ps(floats));
  }

  [[gnu::always_inline]] static void pack(const std::byte* const (&columns)[std::size_t{kColumns}], std::byte* to) {
    const __m512i order = _mm512_setr_epi32(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    const __m512i first = _mm512_castsi256_si512(_mm256_loadu_si256(static_cast<const __m256i*>(as_void(columns[0]))));
    const __m512i both =
        _mm512_inserti64x4(first, _mm256_loadu_si256(static_cast<const __m256i*>(as_void(columns[1]))), 1);
    _mm512_store_si512(to, _mm512_permutexvar_epi32(order, both));
  }

  [[gnu::always_inline]] static void unpack(const std::byte* nibbles, std::byte* to) {
    const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    const __m128i packed = _mm_loadu_si128(static_cast<const __m128i*>(as_void(nibbles)));
    const __m256i bytes = _mm256_and_si256(
        _mm256_inserti128_si256(_mm256_castsi128_si256(packed), _mm_srli_epi16(packed, 4), 1), _mm256_set1_epi8(15));
    _mm512_store_si512(to, _mm512_permutexvar_epi32(twice, _mm512_castsi256_si512(bytes)));
  }

  /// Sums of the products of second numbers, [4 columns][4 rows] a vector, and how all sums of a tile come together.
  template <int kTileVectors>
  class Seconds {
   public:
    template <Contraction kContraction>
    [[gnu::always_inline]] void add(const float* rows, const float* columns) {
      const F of_rows = _mm512_broadcast_f32x4(_mm_load_ps(rows));
      for (int i = 0; i < kParts; ++i) {
        const F four = _mm512_broadcast_f32x4(_mm_load_ps(columns + 4 * i));
        const F of_columns =
            _mm512_permutexvar_ps(_mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), four);
        sums_[i] = kContraction == Contraction::kFused ? _mm512_fmadd_ps(of_rows, of_columns, sums_[i])
                                                       : _mm512_add_ps(sums_[i], _mm512_mul_ps(of_rows, of_columns));
      }
    }

    [[gnu::always_inline]] void store_sums(const F (&sums)[std::size_t{kTileRows}][std::size_t{kTileVectors}],
                                           float* results) const {
      for (int v = 0; v < kTileVectors; v += 2) {
        const __m256 first = collect(sums[0][v], sums[1][v], sums[2][v], sums[3][v]);
        __m256 second = _mm256_setzero_ps();
        if constexpr (kTileVectors > 1)
          second = collect(sums[0][v + 1], sums[1][v + 1], sums[2][v + 1], sums[3][v + 1]);
        const F both = _mm512_castpd_ps(
            _mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(first)), _mm256_castps_pd(second), 1));
        _mm512_store_ps(results + v * kColumns * kTileRows, _mm512_add_ps(both, sums_[v / 2]));
      }
    }

   private:
    static constexpr int kParts = (kTileVectors + 1) / 2;
    F sums_[std::size_t{kParts}] = {};

    /// ggml's sum of 8 lanes, of two inputs for each of four rows: halves upon halves. Result: [column][row].
    [[gnu::always_inline]] static __m256 collect(F a, F b, F c, F d) {
      const F ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0xEE), _mm512_shuffle_f32x4(a, b, 0x44));
      const F cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0xEE), _mm512_shuffle_f32x4(c, d, 0x44));
      const F quarters = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xDD));
      const F whole = _mm512_add_ps(quarters, _mm512_permute_ps(quarters, 0xEE));
      const __m512i places = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0);
      return _mm512_castps512_ps256(_mm512_permutexvar_ps(places, whole));
    }
  };

 private:
  [[gnu::always_inline]] static const void* as_void(const std::byte* bytes) { return bytes; }
};

}  // namespace

MatmulKernel avx512_matmul(Contraction contraction) {
  return contraction == Contraction::kFused ? MatmulBody<Avx512, Contraction::kFused>::kernel()
                                            : MatmulBody<Avx512, Contraction::kSeparate>::kernel();
}

}  // namespace assay::llama
