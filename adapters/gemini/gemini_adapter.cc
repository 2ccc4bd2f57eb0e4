#include "adapters/gemini/gemini_adapter.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "adapters/gemini/gemini_wire.h"
#include "adapters/http/remote_adapter.h"
#include "adapters/http/remote_model.h"

namespace assay {
namespace {

constexpr const char* kGeminiUrl = "https://generativelanguage.googleapis.com/v1beta";

}  // namespace

AdapterEntry gemini_adapter() {
  return {"gemini", "gemini:NAME[@URL]: Google's Gemini API; key from GEMINI_API_KEY or GOOGLE_API_KEY",
          http::remote_options({"stream", "thinking"}), http::remote_options({"stream"}), make_gemini_adapter};
}

Result<std::unique_ptr<Adapter>> make_gemini_adapter(const ModelRef& ref, const AdapterContext& context) {
  if (!std::all_of(ref.model.begin(), ref.model.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
      })) {
    return usage_error("model '" + ref.text + "': the name goes into a URL; letters, digits and -_./ only");
  }
  Result<http::Endpoint> endpoint =
      http::endpoint_of(ref.url.empty() ? kGeminiUrl : http::with_path(ref.url, "/v1beta"));
  if (!endpoint) return forward_error(endpoint);
  const http::KeyRule key{{"GEMINI_API_KEY", "GOOGLE_API_KEY"}, "x-goog-api-key: ", ref.url.empty()};
  Result<http::RemoteModel> model = http::remote_model(ref, context, *endpoint, key);
  if (!model) return forward_error(model);
  gemini::WireSettings settings;
  settings.model = ref.model;
  if (ref.option("thinking")) {
    Result<int> thinking = http::count_option(ref, "thinking", 0, 1 << 20, 0);
    if (!thinking) return forward_error(thinking);
    settings.thinking_tokens = *thinking;
  }
  Result<http::StreamMode> stream = http::stream_option(ref);
  if (!stream) return forward_error(stream);
  settings.stream = *stream;
  http::set_format(*model, std::make_shared<gemini::WireFormat>(std::move(settings)));
  return std::make_unique<http::RemoteAdapter>(std::move(*model));
}

}  // namespace assay
