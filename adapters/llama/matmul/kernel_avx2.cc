#include <immintrin.h>

#include "adapters/llama/matmul/kernel_body.h"

namespace assay::llama {
namespace {

/// One input a vector, as ggml itself.
struct Avx2 {
  using F = __m256;
  using I = __m256i;
  static constexpr int kColumns = 1;
  static constexpr int kVectors = 2;

  [[gnu::always_inline]] static F zero() { return _mm256_setzero_ps(); }
  [[gnu::always_inline]] static F same(float number) { return _mm256_set1_ps(number); }
  [[gnu::always_inline]] static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  [[gnu::always_inline]] static F add_product(F a, F b, F sum) { return _mm256_fmadd_ps(a, b, sum); }
  [[gnu::always_inline]] static I load(const std::byte* from) { return _mm256_load_si256(as_vector(from)); }
  [[gnu::always_inline]] static F column_scales(const float* from) { return _mm256_set1_ps(*from); }

  /// Nibbles are at most 15, so that two products fit into 16 bits.
  [[gnu::always_inline]] static F dot(I weights, I inputs) {
    return _mm256_cvtepi32_ps(_mm256_madd_epi16(_mm256_set1_epi16(1), _mm256_maddubs_epi16(weights, inputs)));
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
    _mm256_store_si256(static_cast<__m256i*>(static_cast<void*>(to)), _mm256_loadu_si256(as_vector(columns[0])));
  }

  [[gnu::always_inline]] static void unpack(const std::byte* nibbles, std::byte* to) {
    const __m128i packed = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(nibbles)));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(packed), _mm_srli_epi16(packed, 4), 1);
    _mm256_store_si256(static_cast<__m256i*>(static_cast<void*>(to)), _mm256_and_si256(both, _mm256_set1_epi8(15)));
  }

  /// Sums of the products of second numbers, [4 rows] an input, and how all sums of a tile come together.
  template <int kTileVectors>
  class Seconds {
   public:
    template <Contraction kContraction>
    [[gnu::always_inline]] void add(const float* rows, const float* columns) {
      const __m128 of_rows = _mm_load_ps(rows);
      for (int i = 0; i < kTileVectors; ++i) {
        const __m128 of_column = _mm_set1_ps(columns[i]);
        sums_[i] = kContraction == Contraction::kFused ? _mm_fmadd_ps(of_rows, of_column, sums_[i])
                                                       : _mm_add_ps(sums_[i], _mm_mul_ps(of_rows, of_column));
      }
    }

    [[gnu::always_inline]] void store_sums(const F (&sums)[std::size_t{kTileRows}][std::size_t{kTileVectors}],
                                           float* results) const {
      for (int v = 0; v < kTileVectors; ++v) {
        _mm_store_ps(results + v * kTileRows,
                     _mm_add_ps(collect(sums[0][v], sums[1][v], sums[2][v], sums[3][v]), sums_[v]));
      }
    }

   private:
    __m128 sums_[std::size_t{kTileVectors}] = {};

    /// ggml's sum of 8 lanes for each of four rows: halves upon halves.
    [[gnu::always_inline]] static __m128 collect(F a, F b, F c, F d) {
      const F ab = _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x31), _mm256_permute2f128_ps(a, b, 0x20));
      const F cd = _mm256_add_ps(_mm256_permute2f128_ps(c, d, 0x31), _mm256_permute2f128_ps(c, d, 0x20));
      const F quarters = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xEE));
      const F whole = _mm256_add_ps(_mm256_shuffle_ps(quarters, quarters, 0x88),
                                    _mm256_shuffle_ps(quarters, quarters, 0xDD));  // a c a c, b d b d
      return _mm_unpacklo_ps(_mm256_castps256_ps128(whole), _mm256_extractf128_ps(whole, 1));
    }
  };

 private:
  [[gnu::always_inline]] static const __m256i* as_vector(const std::byte* bytes) {
    return static_cast<const __m256i*>(static_cast<const void*>(bytes));
  }
};

}  // namespace

MatmulKernel avx2_matmul(Contraction contraction) {
  return contraction == Contraction::kFused ? MatmulBody<Avx2, Contraction::kFused>::kernel()
                                            : MatmulBody<Avx2, Contraction::kSeparate>::kernel();
}

}  // namespace assay::llama
