// Which kernel computes what this machine's ggml computes.
#pragma once

#include "adapters/llama/attention/kernel.h"

namespace assay::llama {

/// The kernel for the instructions that ggml was compiled for, if its results equal ggml's on invented problems of
/// every size it knows: the compiler of ggml's kernels and the C library's expf() have a say in them. Null otherwise.
[[nodiscard]] AttentionKernel exact_attention_kernel();

}  // namespace assay::llama
