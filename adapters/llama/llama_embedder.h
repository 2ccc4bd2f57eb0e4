// Embeddings by a local GGUF model: an embedding model, or any decoder, whose states are averaged.
#pragma once

#include <memory>

#include "adapters/model_ref.h"
#include "adapters/registry.h"
#include "harness/core/embedder.h"
#include "harness/core/result.h"

namespace assay {

/// Loads the model of a `llama:` reference whose path is a file; it takes the options of that adapter. A text's vector
/// is pooled as the file says, and is the mean of its tokens' states where it says nothing; of a text that is longer
/// than the model's context (8192 tokens at most) the end has no part in it. Errors: those of loading, a LoRA adapter,
/// a model that ranks pairs of texts.
[[nodiscard]] Result<std::unique_ptr<Embedder>> make_llama_embedder(const ModelRef& ref, const AdapterContext& context);

}  // namespace assay
