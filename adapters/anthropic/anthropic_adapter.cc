#include "adapters/anthropic/anthropic_adapter.h"

#include <utility>

#include "adapters/anthropic/anthropic_wire.h"
#include "adapters/http/remote_adapter.h"
#include "adapters/http/remote_model.h"

namespace assay {
namespace {

constexpr const char* kAnthropicUrl = "https://api.anthropic.com/v1";

}  // namespace

AdapterEntry anthropic_adapter() {
  return {"anthropic", "anthropic:NAME[@URL]: Anthropic's messages API; key from ANTHROPIC_API_KEY",
          http::remote_options({"stream", "thinking"}), http::remote_options({"stream"}), make_anthropic_adapter};
}

Result<std::unique_ptr<Adapter>> make_anthropic_adapter(const ModelRef& ref, const AdapterContext& context) {
  Result<http::Endpoint> endpoint =
      http::endpoint_of(ref.url.empty() ? kAnthropicUrl : http::with_path(ref.url, "/v1"));
  if (!endpoint) return forward_error(endpoint);
  const http::KeyRule key{{"ANTHROPIC_API_KEY"}, "x-api-key: ", ref.url.empty()};
  Result<http::RemoteModel> model = http::remote_model(ref, context, *endpoint, key);
  if (!model) return forward_error(model);
  anthropic::WireSettings settings;
  settings.model = ref.model;
  Result<int> thinking = http::count_option(ref, "thinking", 0, 1 << 20, 0);
  if (!thinking) return forward_error(thinking);
  settings.thinking_tokens = *thinking;
  Result<http::StreamMode> stream = http::stream_option(ref);
  if (!stream) return forward_error(stream);
  settings.stream = *stream;
  http::set_format(*model, std::make_shared<anthropic::WireFormat>(std::move(settings)));
  return std::make_unique<http::RemoteAdapter>(std::move(*model));
}

}  // namespace assay
