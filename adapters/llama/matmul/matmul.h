// assay's own products of Q4_1 weights on CPUs, in the place of ggml's. What they compute equals ggml's to the last
// bit; they are there for speed alone.
//
// ggml's CPU back end offers every product to `llamafile_sgemm` before it takes rows and inputs one by one, and that
// function knows no Q4_1. The link puts ours (sgemm.cc) before it: what it does not take goes on to the old one.
#pragma once

#include <cstdint>
#include <optional>

#include "adapters/llama/matmul/kernel.h"

namespace assay::llama {

/// The kernel for this processor, if its results equal those of ggml's own Q4_1 path on invented problems: the compiler
/// of that path has a say in them. Nothing otherwise.
[[nodiscard]] std::optional<MatmulKernel> exact_matmul_kernel();

/// Products computed by it so far, in the whole process; any thread.
[[nodiscard]] std::int64_t computed_products();

}  // namespace assay::llama
