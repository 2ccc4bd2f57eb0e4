// Embedding models, from a model reference: local ones in this process, remote ones by /v1/embeddings.
#pragma once

#include <memory>
#include <string>

#include "adapters/embedding/cached_embedder.h"
#include "adapters/registry.h"
#include "harness/core/embedder.h"
#include "harness/core/result.h"

namespace assay {

/// "llama:PATH.gguf", "llama:NAME" of a fetched model, or "openai:NAME[@URL]". Nothing is asked yet. Vectors are kept
/// in the user's cache (`embeddings/`), under the model's identity and the text's SHA-256. `terms.is_paid` is set here:
/// a model in this process costs nothing. Errors: another adapter, and those of making it.
[[nodiscard]] Result<std::unique_ptr<Embedder>> make_embedder(const std::string& reference,
                                                              const AdapterContext& context, EmbeddingTerms terms);

}  // namespace assay
