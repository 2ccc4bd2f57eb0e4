// A layer's attention by assay's own kernel and by ggml's, in exact mode's batches: nanoseconds of one thread for a
// head's look at a cell.
#include <benchmark/benchmark.h>
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>

#include "adapters/llama/attention/attention.h"

namespace assay::llama {
namespace {

struct Shape {
  int head_size;
  int heads;
  int kv_heads;
};
constexpr Shape kSmolLm2 = {64, 9, 3};
constexpr Shape kGemma3 = {256, 4, 1};

/// Computes with `backend`, whose threads are `threads` already: rows of `state.range(0)` tokens that see all cells,
/// `state.range(1)` of them.
void attend(benchmark::State& state, const Shape& shape, ggml_backend_t backend, int threads) {
  const std::int64_t rows = state.range(0);
  const std::int64_t cells = state.range(1);
  ggml_context* context = ggml_init({1 << 20, nullptr, true});
  ggml_tensor* queries = ggml_new_tensor_3d(context, GGML_TYPE_F32, shape.head_size, rows, shape.heads);
  ggml_tensor* keys = ggml_new_tensor_3d(context, GGML_TYPE_F16, shape.head_size, cells, shape.kv_heads);
  ggml_tensor* values = ggml_new_tensor_3d(context, GGML_TYPE_F16, shape.head_size, cells, shape.kv_heads);
  ggml_tensor* mask = ggml_new_tensor_2d(context, GGML_TYPE_F16, cells, rows);
  ggml_tensor* out = ggml_flash_attn_ext(context, queries, keys, values, mask,
                                         1.0F / std::sqrt(static_cast<float>(shape.head_size)), 0, 0);
  ggml_cgraph* graph = ggml_new_graph(context);
  ggml_build_forward_expand(graph, out);
  ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors_from_buft(context, ggml_backend_cpu_buffer_type());
  ggml_backend_buffer_clear(buffer, 0);
  std::uint32_t random = 1;
  const auto number = [&random] {
    random = random * 1664525U + 1013904223U;
    return static_cast<float>(random >> 8) / static_cast<float>(1U << 23) - 1.0F;
  };
  for (std::int64_t i = 0; i < ggml_nelements(queries); ++i) static_cast<float*>(queries->data)[i] = 4 * number();
  for (std::int64_t i = 0; i < ggml_nelements(keys); ++i) {
    static_cast<ggml_fp16_t*>(keys->data)[i] = ggml_fp32_to_fp16(2 * number());
    static_cast<ggml_fp16_t*>(values->data)[i] = ggml_fp32_to_fp16(number());
  }
  for (auto _ : state) {
    ggml_backend_graph_compute(backend, graph);
  }
  state.counters["s_thread_per_cell"] =
      benchmark::Counter(static_cast<double>(rows * cells * shape.heads) / threads,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  ggml_backend_buffer_free(buffer);
  ggml_free(context);
}

void with_ggml(benchmark::State& state, const Shape& shape) {
  const int threads = static_cast<int>(state.range(2));
  ggml_backend_t backend = ggml_backend_cpu_init();
  ggml_backend_cpu_set_n_threads(backend, threads);
  attend(state, shape, backend, threads);
  ggml_backend_free(backend);
}

void with_ours(benchmark::State& state, const Shape& shape) {
  const int threads = static_cast<int>(state.range(2));
  const std::unique_ptr<Attention> attention = make_attention();
  if (!attention) {
    state.SkipWithError("no kernel of ours computes here what this ggml computes");
    return;
  }
  const auto offer = attention->offer();
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_ACCEL);
  ggml_backend_t backend = ggml_backend_dev_init(device, nullptr);
  reinterpret_cast<ggml_backend_set_n_threads_t>(ggml_backend_reg_get_proc_address(
      ggml_backend_dev_backend_reg(device), "ggml_backend_set_n_threads"))(backend, threads);
  attend(state, shape, backend, threads);
  ggml_backend_free(backend);
}

#define ASSAY_SIZES ->ArgNames({"rows", "cells", "threads"})->ArgsProduct({{60, 8}, {640}, {1, 2}})->UseRealTime()
BENCHMARK_CAPTURE(with_ggml, smollm2, kSmolLm2) ASSAY_SIZES;
BENCHMARK_CAPTURE(with_ours, smollm2, kSmolLm2) ASSAY_SIZES;
BENCHMARK_CAPTURE(with_ggml, gemma3, kGemma3) ASSAY_SIZES;
BENCHMARK_CAPTURE(with_ours, gemma3, kGemma3) ASSAY_SIZES;

}  // namespace
}  // namespace assay::llama
