// Products of a Q4_1 weight matrix with Q8_1 inputs, with the same arithmetic in the same order as ggml's vector path.
//
// ggml (arch/x86/quants.c, ggml_vec_dot_q4_1_q8_1) takes one weight row through one input at a time: most of its
// instructions unpack that row's nibbles and scales again for every input. These kernels do for each pair what it does,
// bit for bit, but unpack a few rows once for all inputs, and take them through several inputs side by side.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::llama {

/// Values of a block of either format.
inline constexpr int kBlockValues = 32;

/// One product: out[column][row] = weights[row] . inputs[column]. Strides are bytes; the blocks of a row are adjacent.
struct MatmulProblem {
  const std::byte* weights = nullptr;  ///< [row][block]: scale and least value as halves, 16 bytes of nibbles
  const std::byte* inputs = nullptr;   ///< [column][block]: scale and scaled sum as halves, 32 signed bytes
  std::byte* out = nullptr;            ///< [column][row], floats; rows are adjacent
  std::size_t weight_row = 0, input_column = 0, out_column = 0;
  int rows = 0, columns = 0, blocks = 0;
};

/// How one processor computes products.
struct MatmulKernel {
  /// Bytes of scratch that a thread needs, aligned to 64.
  std::size_t (*scratch)(const MatmulProblem& problem) = nullptr;
  /// Brings all inputs into scratch. Once per problem and thread.
  void (*pack)(const MatmulProblem& problem, std::byte* scratch) = nullptr;
  /// Computes the rows from `first` to before `end` for all columns.
  void (*multiply)(const MatmulProblem& problem, int first, int end, std::byte* scratch) = nullptr;
};

/// Rows that are unpacked together: what a share begins with should be a multiple.
inline constexpr int kTileRows = 4;

/// Whether a compiler made one instruction, which rounds once, of the product and sum of the least values: that depends
/// on its options (`-ffp-contract`), and ggml's own were not chosen here.
enum class Contraction { kFused, kSeparate };

/// For processors with AVX2, FMA and F16C.
[[nodiscard]] MatmulKernel avx2_matmul(Contraction contraction);

/// The same sums for processors that have AVX-512 with BW, VL and VNNI.
[[nodiscard]] MatmulKernel avx512_matmul(Contraction contraction);

}  // namespace assay::llama
