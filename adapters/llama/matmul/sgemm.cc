// What ggml's CPU back end calls as `llamafile_sgemm`: the link wraps that name (`ld --wrap`), so that it arrives here.
#include <ggml-cpu-impl.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>

#include "adapters/llama/matmul/matmul.h"

namespace assay::llama {
namespace {

constexpr int kGroupColumns = 64;   // inputs that are packed at a time: what bounds a thread's scratch
constexpr int kMostChunkRows = 64;  // rows that a thread takes at a time
constexpr int kChunksPerThread = 4;
constexpr std::size_t kScratchAlignment = 64;

/// ggml calls by name, without anything of ours to count in.
std::atomic<std::int64_t>& counter() {
  static std::atomic<std::int64_t> products = 0;
  return products;
}

/// A thread's scratch, kept from one product to the next. ggml's threads live as long as the process does.
std::byte* scratch_of_thread(std::size_t bytes) {
  thread_local std::unique_ptr<void, decltype(&std::free)> scratch(nullptr, &std::free);
  thread_local std::size_t size = 0;
  if (size < bytes) {
    scratch.reset(std::aligned_alloc(kScratchAlignment, bytes));
    size = scratch ? bytes : 0;
    if (!scratch) GGML_ABORT("no memory for matrix products");
  }
  return static_cast<std::byte*>(scratch.get());
}

/// This thread's share of a product. Pieces are dealt out as threads ask for them: those of one group of inputs first.
void multiply(const MatmulKernel& kernel, const MatmulProblem& problem, const ggml_compute_params& params) {
  const int even = problem.rows / (params.nth * kChunksPerThread) / kTileRows * kTileRows;
  const int chunk_rows = std::clamp(even, kTileRows, kMostChunkRows);
  const int chunks = (problem.rows + chunk_rows - 1) / chunk_rows;
  const int groups = (problem.columns + kGroupColumns - 1) / kGroupColumns;
  MatmulProblem group = problem;
  int packed = -1;
  for (int job = params.ith; job < chunks * groups; job = ggml_threadpool_chunk_add(params.threadpool, 1)) {
    const int column = job / chunks * kGroupColumns;
    group.inputs = problem.inputs + static_cast<std::size_t>(column) * problem.input_column;
    group.out = problem.out + static_cast<std::size_t>(column) * problem.out_column;
    group.columns = std::min(kGroupColumns, problem.columns - column);
    std::byte* const scratch = scratch_of_thread(kernel.scratch(group));
    if (packed != column) {
      kernel.pack(group, scratch);
      packed = column;
    }
    const int row = job % chunks * chunk_rows;
    kernel.multiply(group, row, std::min(row + chunk_rows, problem.rows), scratch);
  }
}

}  // namespace

std::int64_t computed_products() { return counter(); }

}  // namespace assay::llama

extern "C" {

// The names are the linker's: the old function, and ours in its place.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
bool __real_llamafile_sgemm(const ggml_compute_params* params, int64_t m, int64_t n, int64_t k, const void* a,
                            int64_t lda, const void* b, int64_t ldb, void* c, int64_t ldc, int a_type, int b_type,
                            int c_type);

/// `m` rows of `a`, `n` columns of `b`, `k` blocks each; `lda` and `ldb` count blocks, `ldc` floats. Called by all
/// threads of ggml's team at once. False: not computed.
bool __wrap_llamafile_sgemm(const ggml_compute_params* params, int64_t m, int64_t n, int64_t k, const void* a,
                            int64_t lda, const void* b, int64_t ldb, void* c, int64_t ldc, int a_type, int b_type,
                            int c_type) {
  using assay::llama::MatmulKernel;
  using assay::llama::MatmulProblem;
  static const std::optional<MatmulKernel> kernel = assay::llama::exact_matmul_kernel();
  if (n < 2 || a_type != GGML_TYPE_Q4_1 || b_type != GGML_TYPE_Q8_1 || c_type != GGML_TYPE_F32 || !kernel ||
      params->use_ref) {
    return __real_llamafile_sgemm(params, m, n, k, a, lda, b, ldb, c, ldc, a_type, b_type, c_type);
  }
  MatmulProblem problem;
  problem.weights = static_cast<const std::byte*>(a);
  problem.inputs = static_cast<const std::byte*>(b);
  problem.out = static_cast<std::byte*>(c);
  problem.weight_row = static_cast<std::size_t>(lda) * ggml_type_size(GGML_TYPE_Q4_1);
  problem.input_column = static_cast<std::size_t>(ldb) * ggml_type_size(GGML_TYPE_Q8_1);
  problem.out_column = static_cast<std::size_t>(ldc) * sizeof(float);
  problem.rows = static_cast<int>(m);
  problem.columns = static_cast<int>(n);
  problem.blocks = static_cast<int>(k);
  // Nobody may deal out pieces of this product before the counter is set, nor of the next while somebody still asks.
  if (params->ith == 0) {
    ggml_threadpool_chunk_set(params->threadpool, params->nth);
    ++assay::llama::counter();
  }
  ggml_barrier(params->threadpool);
  assay::llama::multiply(*kernel, problem, *params);
  ggml_barrier(params->threadpool);
  return true;
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
}
