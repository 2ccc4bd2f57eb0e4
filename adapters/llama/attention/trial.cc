#include "adapters/llama/attention/trial.h"

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "adapters/llama/attention/node.h"

namespace assay::llama {
namespace {

constexpr int kRows = 7;
constexpr int kHeads = 6;
constexpr int kKvHeads = 2;
constexpr int kCells = 300;
constexpr int kHiddenOf = 5;  // one cell in so many is hidden

/// Numbers between -1 and 1, the same everywhere.
class Numbers {
 public:
  float next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<float>(state_ >> 8) / static_cast<float>(1U << 23) - 1.0F;
  }

 private:
  std::uint32_t state_ = 1;
};

void fill(ggml_tensor& tensor, Numbers& numbers, float size) {
  const std::int64_t count = ggml_nelements(&tensor);
  for (std::int64_t i = 0; i < count; ++i) {
    const float number = numbers.next() * size;
    if (tensor.type == GGML_TYPE_F32) {
      static_cast<float*>(tensor.data)[i] = number;
    } else {
      static_cast<ggml_fp16_t*>(tensor.data)[i] = ggml_fp32_to_fp16(number);
    }
  }
}

void hide_some(ggml_tensor& mask) {
  const ggml_fp16_t hidden = ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity());
  for (std::int64_t i = 0; i < ggml_nelements(&mask); ++i) {
    static_cast<ggml_fp16_t*>(mask.data)[i] = i % kHiddenOf == 0 ? hidden : ggml_fp32_to_fp16(0);
  }
}

bool equals_ggml(AttentionKernel kernel, ggml_backend& cpu, int head_size) {
  const ggml_context_ptr context(ggml_init({ggml_tensor_overhead() * 8 + ggml_graph_overhead(), nullptr, true}));
  ggml_context* const made = context.get();
  ggml_tensor* queries = ggml_new_tensor_3d(made, GGML_TYPE_F32, head_size, kRows, kHeads);
  ggml_tensor* keys = ggml_new_tensor_3d(made, GGML_TYPE_F16, head_size, kCells, kKvHeads);
  ggml_tensor* values = ggml_new_tensor_3d(made, GGML_TYPE_F16, head_size, kCells, kKvHeads);
  ggml_tensor* mask = ggml_new_tensor_2d(made, GGML_TYPE_F16, kCells, kRows);
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_size));
  ggml_tensor* theirs = ggml_flash_attn_ext(made, queries, keys, values, mask, scale, 0, 0);
  ggml_cgraph* graph = ggml_new_graph(made);
  ggml_build_forward_expand(graph, theirs);
  const ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(made, &cpu));
  if (!buffer) {
    return false;
  }
  Numbers numbers;
  fill(*queries, numbers, 8);
  fill(*keys, numbers, 2);
  fill(*values, numbers, 1);
  hide_some(*mask);
  std::optional<AttentionProblem> problem = attention_problem(*theirs);
  if (!problem || ggml_backend_graph_compute(&cpu, graph) != GGML_STATUS_SUCCESS) {
    return false;
  }
  std::vector<float> ours(static_cast<std::size_t>(ggml_nelements(theirs)));
  problem->out = ours.data();
  AttentionTeam(kernel).attend(*problem);
  return std::memcmp(ours.data(), theirs->data, ours.size() * sizeof(float)) == 0;
}

/// The kernel for what ggml was compiled for and what the processor has.
AttentionKernel kernel_for_instructions() {
  if (ggml_cpu_has_fma() == 0 || ggml_cpu_has_f16c() == 0 || ggml_cpu_has_avx2() == 0) {
    return nullptr;
  }
  if (ggml_cpu_has_avx512() != 0) {
    return attend_avx512;
  }
  return __builtin_cpu_supports("avx512f") != 0 ? attend_avx512_as_avx2 : attend_avx2;
}

}  // namespace

AttentionKernel exact_attention_kernel() {
  const AttentionKernel kernel = kernel_for_instructions();
  const ggml_backend_ptr cpu(kernel == nullptr ? nullptr : ggml_backend_cpu_init());
  if (!cpu) {
    return nullptr;
  }
  ggml_backend_cpu_set_n_threads(cpu.get(), 1);
  for (const int head_size : {64, 128, 256}) {
    if (!equals_ggml(kernel, *cpu, head_size)) {
      return nullptr;
    }
  }
  return kernel;
}

}  // namespace assay::llama
