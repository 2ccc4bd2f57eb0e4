#include "adapters/llama/attention/node.h"

#include <ggml.h>
#include <omp.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>
#include <new>

namespace assay::llama {
namespace {

constexpr int kTiledRows = 64;    // ggml_fa_tile_config::Q in ggml's ops.cpp
constexpr int kSplitCells = 512;  // from which one row alone is split between threads there
constexpr int kRowsOfShare = 20;  // enough to pay for a tile's loading, few enough for scratch to stay in the cache
constexpr std::size_t kAlignment = 64;

struct Parameters {
  float scale;
  float max_bias;
  float softcap;
};

Parameters parameters_of(const ggml_tensor& node) {
  Parameters parameters{};
  static_assert(sizeof(parameters) <= sizeof(node.op_params));
  std::memcpy(&parameters, node.op_params, sizeof(parameters));
  return parameters;
}

bool same_layout(const ggml_tensor& keys, const ggml_tensor& values) {
  return keys.type == GGML_TYPE_F16 && values.type == GGML_TYPE_F16 && std::equal(keys.ne, keys.ne + 4, values.ne) &&
         keys.nb[0] == sizeof(std::uint16_t) && values.nb[0] == sizeof(std::uint16_t);
}

bool mask_fits(const ggml_tensor& mask, const ggml_tensor& queries, const ggml_tensor& keys) {
  return mask.type == GGML_TYPE_F16 && mask.nb[0] == sizeof(std::uint16_t) && mask.ne[0] == keys.ne[1] &&
         mask.ne[1] >= queries.ne[1] && mask.ne[2] == 1 && (mask.ne[3] == 1 || mask.ne[3] == queries.ne[3]);
}

bool sizes_fit(const ggml_tensor& node, const ggml_tensor& queries, const ggml_tensor& keys) {
  const std::int64_t size = queries.ne[0];
  const std::int64_t rows = queries.ne[1];
  const std::int64_t streams = queries.ne[3];
  const std::int64_t cells = keys.ne[1];
  return (size == 64 || size == 128 || size == 256) && keys.ne[0] == size && rows < kTiledRows &&
         !(rows == 1 && streams == 1 && cells >= kSplitCells) && queries.ne[2] % keys.ne[2] == 0 &&
         keys.ne[3] == streams && cells <= INT_MAX - kTiledRows && queries.ne[2] <= INT_MAX && streams <= INT_MAX &&
         queries.nb[0] == sizeof(float) && node.type == GGML_TYPE_F32 && ggml_is_contiguous(&node);
}

/// Shares that the rows of a KV head are divided into: enough that none has more than kRowsOfShare rows and, where rows
/// allow it, that all threads get as many.
int shares_of_head(const AttentionProblem& problem, int threads) {
  const int least = (problem.rows + kRowsOfShare - 1) / kRowsOfShare;
  const int most = std::min(problem.rows, least + threads - 1);
  for (int shares = least; shares <= most; ++shares) {
    if (shares * problem.kv_heads * problem.streams % threads == 0) {
      return shares;
    }
  }
  return least;
}

}  // namespace

std::optional<AttentionProblem> attention_problem(const ggml_tensor& node) {
  if (node.op != GGML_OP_FLASH_ATTN_EXT || node.src[4] != nullptr) {
    return std::nullopt;
  }
  const ggml_tensor& queries = *node.src[0];
  const ggml_tensor& keys = *node.src[1];
  const ggml_tensor& values = *node.src[2];
  const ggml_tensor* mask = node.src[3];
  const Parameters parameters = parameters_of(node);
  if (queries.type != GGML_TYPE_F32 || !same_layout(keys, values) || !sizes_fit(node, queries, keys) ||
      (mask != nullptr && !mask_fits(*mask, queries, keys)) || parameters.max_bias != 0 || parameters.softcap != 0) {
    return std::nullopt;
  }
  AttentionProblem problem;
  problem.queries = static_cast<const float*>(queries.data);
  problem.keys = static_cast<const std::uint16_t*>(keys.data);
  problem.values = static_cast<const std::uint16_t*>(values.data);
  problem.out = static_cast<float*>(node.data);
  problem.query_row = queries.nb[1];
  problem.query_head = queries.nb[2];
  problem.query_stream = queries.nb[3];
  problem.key_cell = keys.nb[1];
  problem.key_head = keys.nb[2];
  problem.key_stream = keys.nb[3];
  problem.value_cell = values.nb[1];
  problem.value_head = values.nb[2];
  problem.value_stream = values.nb[3];
  if (mask != nullptr) {
    problem.mask = static_cast<const std::uint16_t*>(mask->data);
    problem.mask_row = mask->nb[1];
    problem.mask_stream = mask->ne[3] == 1 ? 0 : mask->nb[3];
  }
  problem.head_size = static_cast<int>(queries.ne[0]);
  problem.rows = static_cast<int>(queries.ne[1]);
  problem.heads = static_cast<int>(queries.ne[2]);
  problem.streams = static_cast<int>(queries.ne[3]);
  problem.kv_heads = static_cast<int>(keys.ne[2]);
  problem.cells = static_cast<int>(keys.ne[1]);
  problem.scale = parameters.scale;
  return problem;
}

void AttentionTeam::attend(const AttentionProblem& problem) {
  const int of_head = shares_of_head(problem, threads_);
  const int share_rows = (problem.rows + of_head - 1) / of_head;
  const int shares = problem.streams * problem.kv_heads * of_head;
  const std::size_t needed = (attention_scratch(problem, share_rows) + kAlignment - 1) / kAlignment * kAlignment;
  if (const std::size_t all = needed * static_cast<std::size_t>(threads_) + kAlignment; scratch_.size() < all) {
    scratch_.resize(all);
  }
  void* aligned = scratch_.data();
  std::size_t space = scratch_.size() * sizeof(float);
  auto* const scratch = static_cast<float*>(std::align(kAlignment, sizeof(float), aligned, space));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads_)
  for (int i = 0; i < shares; ++i) {
    AttentionShare share;
    share.stream = i / of_head / problem.kv_heads;
    share.kv_head = i / of_head % problem.kv_heads;
    share.first_row = std::min(problem.rows, i % of_head * share_rows);
    share.end_row = std::min(problem.rows, share.first_row + share_rows);
    kernel_(problem, share, scratch + needed * static_cast<std::size_t>(omp_get_thread_num()));
  }
}

}  // namespace assay::llama
