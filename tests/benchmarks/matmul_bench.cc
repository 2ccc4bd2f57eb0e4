// Products of Q4_1 weights by assay's own kernels and by ggml's: nanoseconds of one thread for a block of 32 values.
#include <benchmark/benchmark.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "adapters/llama/matmul/matmul.h"

namespace assay::llama {
namespace {

constexpr int kRows = 576;

std::vector<std::byte> blocks(ggml_type type, std::int64_t rows, std::int64_t values) {
  const std::size_t row_bytes = ggml_row_size(type, values);
  std::vector<std::byte> all(row_bytes * static_cast<std::size_t>(rows));
  std::vector<float> row(static_cast<std::size_t>(values));
  std::uint32_t random = 1;
  for (std::int64_t i = 0; i < rows; ++i) {
    for (float& value : row) {
      random = random * 1664525U + 1013904223U;
      value = static_cast<float>(random >> 8) / static_cast<float>(1U << 23) - 1.0F;
    }
    ggml_get_type_traits_cpu(type)->from_float(row.data(), all.data() + static_cast<std::size_t>(i) * row_bytes,
                                               values);
  }
  return all;
}

/// A product of kRows rows, `state.range(0)` inputs and `state.range(1)` blocks, its inputs in blocks already.
struct Product {
  explicit Product(benchmark::State& state) {
    ggml_backend_free(ggml_backend_cpu_init());  // its tables of halves
    problem.rows = kRows;
    problem.columns = static_cast<int>(state.range(0));
    problem.blocks = static_cast<int>(state.range(1));
    weights = blocks(GGML_TYPE_Q4_1, kRows, state.range(1) * kBlockValues);
    inputs = blocks(GGML_TYPE_Q8_1, state.range(0), state.range(1) * kBlockValues);
    out.resize(static_cast<std::size_t>(state.range(0)) * kRows);
    problem.weights = weights.data();
    problem.inputs = inputs.data();
    problem.out = reinterpret_cast<std::byte*>(out.data());
    problem.weight_row = weights.size() / kRows;
    problem.input_column = inputs.size() / static_cast<std::size_t>(state.range(0));
    problem.out_column = kRows * sizeof(float);
  }
  ~Product() = default;
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  void count(benchmark::State& state) const {
    state.counters["s_per_block"] =
        benchmark::Counter(static_cast<double>(state.range(0) * state.range(1) * kRows),
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  }

  std::vector<std::byte> weights;
  std::vector<std::byte> inputs;
  std::vector<float> out;
  MatmulProblem problem;
};

void with_ggml(benchmark::State& state) {
  Product product(state);
  const auto dot = ggml_get_type_traits_cpu(GGML_TYPE_Q4_1)->vec_dot;
  const MatmulProblem& problem = product.problem;
  for (auto _ : state) {
    for (std::size_t column = 0; column < static_cast<std::size_t>(problem.columns); ++column) {
      for (std::size_t row = 0; row < kRows; ++row) {
        dot(problem.blocks * kBlockValues, &product.out[column * kRows + row], 0,
            problem.weights + row * problem.weight_row, 0, problem.inputs + column * problem.input_column, 0, 1);
      }
    }
    benchmark::ClobberMemory();
  }
  product.count(state);
}

void with_ours(benchmark::State& state) {
  Product product(state);
  const std::optional<MatmulKernel> kernel = exact_matmul_kernel();
  if (!kernel) {
    state.SkipWithError("no kernel of ours computes here what this ggml computes");
    return;
  }
  const std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(64, kernel->scratch(product.problem)),
                                                            &std::free);
  for (auto _ : state) {
    kernel->pack(product.problem, static_cast<std::byte*>(scratch.get()));
    kernel->multiply(product.problem, 0, kRows, static_cast<std::byte*>(scratch.get()));
    benchmark::ClobberMemory();
  }
  product.count(state);
}

#define ASSAY_SIZES ->ArgNames({"inputs", "blocks"})->ArgsProduct({{1, 2, 8, 60}, {18, 48}})
BENCHMARK(with_ggml) ASSAY_SIZES;
BENCHMARK(with_ours) ASSAY_SIZES;

}  // namespace
}  // namespace assay::llama
