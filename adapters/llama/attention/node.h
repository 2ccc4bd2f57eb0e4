// ggml's attention nodes as problems for the kernels, and the threads that compute them.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "adapters/llama/attention/kernel.h"

struct ggml_tensor;

namespace assay::llama {

/// The problem that a node of ggml's graph is; nothing where the kernels do not compute what ggml would: another
/// operation, other types or sizes, position-dependent slopes, capped scores, sinks, and the numbers of rows for which
/// ggml sums in another order (64 and more; one alone over 512 cells or more).
[[nodiscard]] std::optional<AttentionProblem> attention_problem(const ggml_tensor& node);

/// Computes problems with several threads: OpenMP's team of the calling thread, which ggml uses for its own nodes
/// before and after, so that nobody's threads wait spinning while others want to work. One caller at a time.
class AttentionTeam {
 public:
  explicit AttentionTeam(AttentionKernel kernel) : kernel_(kernel) {}
  void set_threads(int threads) { threads_ = threads; }

  /// Throws std::bad_alloc where there is no memory for scratch, which it keeps for the next problem.
  void attend(const AttentionProblem& problem);

 private:
  AttentionKernel kernel_;
  int threads_ = 1;
  std::vector<float> scratch_;  ///< of all threads
};

}  // namespace assay::llama
