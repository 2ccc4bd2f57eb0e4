// Builds without a kernel of our own: another processor, an installed libllama, a ggml without OpenMP.
#include "adapters/llama/attention/attention.h"

namespace assay::llama {

std::unique_ptr<Attention> make_attention() { return nullptr; }

}  // namespace assay::llama
