#include "adapters/llama/attention/kernel.h"

#include "adapters/llama/attention/kernel_body.h"

namespace assay::llama {

std::size_t attention_scratch(const AttentionProblem& problem, int rows) {
  const auto size = static_cast<std::size_t>(problem.head_size);
  const auto vectors = static_cast<std::size_t>(rows) * static_cast<std::size_t>(problem.group());
  return 2 * kTileCells * size + 2 * vectors * size + 2 * vectors;
}

}  // namespace assay::llama
