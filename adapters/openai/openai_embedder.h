// Embeddings by a server: POST /embeddings of the OpenAI format, as OpenAI, vLLM, llama-server, Ollama and TEI offer
// it. Source: https://platform.openai.com/docs/api-reference/embeddings.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "adapters/http/wire.h"
#include "adapters/model_ref.h"
#include "adapters/registry.h"
#include "harness/core/embedder.h"
#include "harness/core/result.h"

namespace assay {

namespace openai {

/// The wire format: a generate request's messages are the texts, the answer's text their vectors as a JSON list of
/// lists, in the order of the texts.
class EmbeddingFormat : public http::WireFormat {
 public:
  explicit EmbeddingFormat(std::string model) : model_(std::move(model)) {}

  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::variant<http::WireCall, Failure> encode(const Request& request) const override;
  [[nodiscard]] Completion decode(const http::Expected& expected, std::string_view body) const override;
  [[nodiscard]] std::unique_ptr<http::StreamReader> stream_reader(const http::Expected& expected) const override;

 private:
  std::string model_;
};

}  // namespace openai

/// An embedder of "openai:NAME[@URL]", with the limits, retries and key of the adapter of that name; 32 texts a
/// request, 4 requests at once. Errors: those of making it. When it is asked and the server does not answer, the error
/// says why.
[[nodiscard]] Result<std::unique_ptr<Embedder>> make_openai_embedder(const ModelRef& ref,
                                                                     const AdapterContext& context);

}  // namespace assay
