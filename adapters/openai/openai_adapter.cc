#include "adapters/openai/openai_adapter.h"

#include <utility>

#include "adapters/http/remote_adapter.h"
#include "adapters/http/remote_model.h"
#include "adapters/openai/echo_check.h"
#include "adapters/openai/openai_options.h"
#include "adapters/openai/openai_wire.h"

namespace assay {
namespace {

constexpr const char* kOpenAiUrl = "https://api.openai.com/v1";

// OpenAI's own models that take raw prompts.
bool is_completion_model(std::string_view name) {
  return name.find("instruct") != std::string_view::npos || name.starts_with("davinci") || name.starts_with("babbage");
}

Result<openai::WireSettings> wire_settings(const ModelRef& ref, const http::Endpoint& endpoint) {
  openai::WireSettings settings;
  settings.model = ref.model;
  settings.is_hosted = endpoint.host == kOpenAiHost;
  Result<std::string> api = http::choice_option(ref, "api", {"auto", "chat", "completions"}, "auto");
  if (!api) return forward_error(api);
  const bool completion_model = settings.is_hosted && is_completion_model(ref.model);
  settings.offers_chat = *api == "chat" || (*api == "auto" && !completion_model);
  settings.offers_completions = *api == "completions" || (*api == "auto" && (!settings.is_hosted || completion_model));
  return openai::read_options(ref, std::move(settings));
}

}  // namespace

std::string openai_base_url(std::string url) {
  if (url.empty()) return kOpenAiUrl;
  while (url.ends_with('/')) url.pop_back();
  for (const std::string_view tail : {"/chat/completions", "/completions", "/embeddings"}) {
    if (url.ends_with(tail)) {
      url.resize(url.size() - tail.size());
      return url;
    }
  }
  return http::with_path(std::move(url), "/v1");
}

AdapterEntry openai_adapter() {
  std::vector<std::string> options = openai::wire_options();
  options.insert(options.end(), {"api", "loglikelihood"});
  return {"openai",
          "openai:NAME[@URL]: OpenAI, vLLM, llama-server, Ollama, TGI or any server of that format; key from "
          "OPENAI_API_KEY",
          http::remote_options(std::move(options)), http::remote_options({"stream", "prompts_per_call"}),
          make_openai_adapter};
}

Result<std::unique_ptr<Adapter>> make_openai_adapter(const ModelRef& ref, const AdapterContext& context) {
  Result<http::Endpoint> endpoint = http::endpoint_of(openai_base_url(ref.url));
  if (!endpoint) return forward_error(endpoint);
  Result<openai::WireSettings> settings = wire_settings(ref, *endpoint);
  if (!settings) return forward_error(settings);
  Result<std::string> loglikelihood = http::choice_option(ref, "loglikelihood", {"auto", "on", "off"}, "auto");
  if (!loglikelihood) return forward_error(loglikelihood);
  const http::KeyRule key{{"OPENAI_API_KEY"}, "Authorization: Bearer ", settings->is_hosted};
  Result<http::RemoteModel> model = http::remote_model(ref, context, *endpoint, key);
  if (!model) return forward_error(model);
  const bool wanted = *loglikelihood == "on" || (*loglikelihood == "auto" && context.loglikelihood_wanted);
  settings->offers_echo = wanted && settings->offers_completions;
  http::set_format(*model, std::make_shared<openai::WireFormat>(*settings));
  auto adapter = std::make_unique<http::RemoteAdapter>(std::move(*model));
  if (settings->offers_echo && !context.is_dry_run) {
    if (const std::optional<std::string> problem = openai::echo_problem(*adapter)) {
      return usage_error("model '" + ref.text + "': loglikelihood cannot be used with this server: " + *problem +
                         "; take a generate protocol");
    }
  }
  return adapter;
}

}  // namespace assay
