// Attention of a few rows, with the same arithmetic in the same order as ggml's vector path.
//
// ggml (ops.cpp, ggml_compute_forward_flash_attn_ext_f16_one_chunk) takes one query vector at a time through all
// cells: a dot product of 16-bit halves, an online softmax, and a sum of values that is rounded to halves after every
// cell. These kernels do for each query vector what it does, bit for bit, but take many query vectors through a few
// cells at a time: what the cells cost to load and convert is then paid once, several sums run side by side, and the
// exponentials of a whole tile are computed together. Nothing but the grouping of work differs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::llama {

/// One attention node: where its tensors lie. Strides are bytes; values within a vector are adjacent. A half is an
/// IEEE 754 binary16.
struct AttentionProblem {
  const float* queries = nullptr;         ///< [stream][head][row][head_size]
  const std::uint16_t* keys = nullptr;    ///< halves, [stream][kv_head][cell][head_size]
  const std::uint16_t* values = nullptr;  ///< halves, as the keys
  const std::uint16_t* mask = nullptr;    ///< halves, [stream][row][cell], added to the scores; null: nothing is hidden
  float* out = nullptr;                   ///< [stream][row][head][head_size], dense
  std::size_t query_row = 0, query_head = 0, query_stream = 0;
  std::size_t key_cell = 0, key_head = 0, key_stream = 0;
  std::size_t value_cell = 0, value_head = 0, value_stream = 0;
  std::size_t mask_row = 0, mask_stream = 0;
  int head_size = 0;  ///< 64, 128 or 256
  int rows = 0, heads = 0, kv_heads = 0, streams = 0, cells = 0;
  float scale = 1;

  /// Query heads that read the same keys.
  [[nodiscard]] int group() const { return heads / kv_heads; }
};

/// A piece of the work: some rows of all heads that share one KV head.
struct AttentionShare {
  int stream = 0;
  int kv_head = 0;
  int first_row = 0;
  int end_row = 0;
};

/// Floats of scratch that a share of `rows` rows needs.
[[nodiscard]] std::size_t attention_scratch(const AttentionProblem& problem, int rows);

/// Computes a share. `scratch` is aligned to 64 bytes and nobody else's meanwhile.
using AttentionKernel = void (*)(const AttentionProblem& problem, const AttentionShare& share, float* scratch);

/// The order of sums of a ggml compiled for AVX-512 (and not for its half-precision arithmetic).
void attend_avx512(const AttentionProblem& problem, const AttentionShare& share, float* scratch);

/// The order of sums of a ggml compiled for AVX2, FMA and F16C.
void attend_avx2(const AttentionProblem& problem, const AttentionShare& share, float* scratch);

/// The same sums on a processor that has AVX-512.
void attend_avx512_as_avx2(const AttentionProblem& problem, const AttentionShare& share, float* scratch);

}  // namespace assay::llama
