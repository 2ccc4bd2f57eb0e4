#include <ggml-cpu.h>
#include <ggml.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "adapters/llama/matmul/matmul.h"

namespace assay::llama {
namespace {

constexpr int kTriedRows = 7;
constexpr int kTriedColumns = 13;
constexpr int kTriedBlocks = 18;
constexpr std::size_t kScratchAlignment = 64;

/// Numbers between -1 and 1, the same everywhere, in the blocks of a format.
std::vector<std::byte> invented(ggml_type type, int rows, unsigned state) {
  const int values = kTriedBlocks * kBlockValues;
  const std::size_t row_bytes = ggml_row_size(type, values);
  std::vector<std::byte> blocks(row_bytes * static_cast<std::size_t>(rows));
  std::vector<float> row(static_cast<std::size_t>(values));
  for (int i = 0; i < rows; ++i) {
    for (float& value : row) {
      state = state * 1664525U + 1013904223U;
      value = static_cast<float>(state >> 8) / static_cast<float>(1U << 23) - 1.0F;
    }
    ggml_get_type_traits_cpu(type)->from_float(row.data(), blocks.data() + static_cast<std::size_t>(i) * row_bytes,
                                               values);
  }
  return blocks;
}

bool equals_ggml(const MatmulKernel& kernel) {
  const std::vector<std::byte> weights = invented(GGML_TYPE_Q4_1, kTriedRows, 1);
  const std::vector<std::byte> inputs = invented(GGML_TYPE_Q8_1, kTriedColumns, 2);
  std::vector<float> theirs(std::size_t{kTriedRows} * kTriedColumns);
  std::vector<float> ours(theirs.size());
  MatmulProblem problem;
  problem.weights = weights.data();
  problem.inputs = inputs.data();
  problem.out = reinterpret_cast<std::byte*>(ours.data());
  problem.weight_row = weights.size() / kTriedRows;
  problem.input_column = inputs.size() / kTriedColumns;
  problem.out_column = kTriedRows * sizeof(float);
  problem.rows = kTriedRows;
  problem.columns = kTriedColumns;
  problem.blocks = kTriedBlocks;
  for (std::size_t column = 0; column < kTriedColumns; ++column) {
    for (std::size_t row = 0; row < kTriedRows; ++row) {
      ggml_get_type_traits_cpu(GGML_TYPE_Q4_1)
          ->vec_dot(kTriedBlocks * kBlockValues, &theirs[column * kTriedRows + row], 0,
                    weights.data() + row * problem.weight_row, 0, inputs.data() + column * problem.input_column, 0, 1);
    }
  }
  const std::size_t bytes = kernel.scratch(problem);
  const std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(kScratchAlignment, bytes), &std::free);
  if (!scratch) return false;
  kernel.pack(problem, static_cast<std::byte*>(scratch.get()));
  kernel.multiply(problem, 0, kTriedRows, static_cast<std::byte*>(scratch.get()));
  return std::memcmp(ours.data(), theirs.data(), ours.size() * sizeof(float)) == 0;
}

}  // namespace

std::optional<MatmulKernel> exact_matmul_kernel() {
  if (ggml_cpu_has_avx2() == 0 || ggml_cpu_has_fma() == 0 || ggml_cpu_has_f16c() == 0) return std::nullopt;
  const bool wide = __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
                    __builtin_cpu_supports("avx512vnni") != 0;
  for (const Contraction contraction : {Contraction::kFused, Contraction::kSeparate}) {
    const MatmulKernel kernel = wide ? avx512_matmul(contraction) : avx2_matmul(contraction);
    if (equals_ggml(kernel)) return kernel;
  }
  return std::nullopt;
}

}  // namespace assay::llama
