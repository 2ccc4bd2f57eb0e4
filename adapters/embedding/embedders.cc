#include "adapters/embedding/embedders.h"

#include <utility>

#include "adapters/model_ref.h"
#include "adapters/openai/openai_embedder.h"
#include "harness/core/cache_folder.h"
#include "harness/core/text.h"
#if defined(ASSAY_LLAMA)
#include "adapters/llama/llama_embedder.h"
#endif

namespace assay {
namespace {

Result<std::unique_ptr<Embedder>> make_plain(const ModelRef& ref, const AdapterContext& context) {
  if (ref.adapter != "openai" && ref.adapter != "llama") {
    return usage_error("embedding model '" + on_one_line(ref.text) +
                       "': only llama:PATH.gguf and openai:NAME[@URL] can embed" +
                       did_you_mean(ref.adapter, {"llama", "openai"}) + "; bm25 needs no model");
  }
  // Options of the reference that no adapter of that name knows are refused as for a model that answers.
  if (auto known = find_adapter(ref); !known) return forward_error(known);
  if (ref.adapter == "openai") return make_openai_embedder(ref, context);
  auto file = local_model_file(ref, context);
#if defined(ASSAY_LLAMA)
  if (file) return make_llama_embedder(*file, context);
#endif
  return forward_error(file);
}

}  // namespace

Result<std::unique_ptr<Embedder>> make_embedder(const std::string& reference, const AdapterContext& context,
                                                EmbeddingTerms terms) {
  auto ref = parse_model_ref(reference);
  if (!ref) return forward_error(ref);
  auto plain = make_plain(*ref, context);
  if (!plain) return plain;
  terms.is_paid = ref->adapter != "llama";
  const std::string cache = context.environment ? cache_folder(context.environment) : "";
  return make_cached_embedder(std::move(*plain), cache.empty() ? "" : cache + "/embeddings", std::move(terms));
}

}  // namespace assay
