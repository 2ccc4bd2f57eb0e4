#include "adapters/http/remote_model.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "adapters/http/transport.h"
#include "harness/core/text.h"

namespace assay::http {

Result<RemoteModel> remote_model(const ModelRef& ref, const AdapterContext& context, const Endpoint& endpoint,
                                 const KeyRule& key_rule) {
  if (Result<void> loaded = load_transport(); !loaded) return forward_error(loaded);
  Result<RemoteLimits> limits = limits_of(ref, context.remote_limits);
  if (!limits) return forward_error(limits);
  Result<Key> key = key_for(ref, context, endpoint, key_rule.variables, key_rule.required && !context.is_dry_run);
  if (!key) return forward_error(key);
  if (limits->max_in_flight > 0 && !allow_open_files(static_cast<std::size_t>(limits->max_in_flight))) {
    return usage_error("model '" + ref.text + "': " + std::to_string(limits->max_in_flight) +
                       " requests in flight need as many open files, and this process may open " +
                       std::to_string(open_file_limit()) + " (ulimit -Hn); raise that limit or lower --max-in-flight");
  }
  RemoteModel model;
  model.identity.name = ref.adapter + ":" + ref.model;
  model.identity.details.emplace_back("url", endpoint.url);
  model.endpoint = endpoint;
  model.key = key->value;
  model.header_lines = {"Content-Type: application/json", "Accept: application/json, text/event-stream",
                        "User-Agent: assay", "Expect:"};
  if (!key->value.empty()) model.header_lines.push_back(key_rule.header + key->value);
  model.limits = *limits;
  model.transport = transport_settings(context, endpoint, limits->connect_timeout_s);
  model.log = context.log;
  return model;
}

void set_format(RemoteModel& model, std::shared_ptr<const WireFormat> format) {
  for (std::string& line : format->header_lines()) model.header_lines.push_back(std::move(line));
  model.identity.settings = format->settings();
  model.format = std::move(format);
}

std::string with_path(std::string url, std::string_view path) {
  while (url.ends_with('/')) url.pop_back();
  const std::size_t authority = url.find("://");
  if (authority != std::string::npos && url.find('/', authority + 3) == std::string::npos) url += path;
  return url;
}

Result<StreamMode> stream_option(const ModelRef& ref) {
  Result<std::string> stream = choice_option(ref, "stream", {"auto", "on", "off"}, "auto");
  if (!stream) return forward_error(stream);
  return *stream == "on" ? StreamMode::kOn : *stream == "off" ? StreamMode::kOff : StreamMode::kAuto;
}

std::vector<std::string> remote_options(std::vector<std::string> own) {
  own.emplace_back("key_env");
  own.insert(own.end(), limit_options().begin(), limit_options().end());
  return own;
}

Result<std::string> choice_option(const ModelRef& ref, std::string_view key, const std::vector<std::string>& allowed,
                                  const std::string& otherwise) {
  const std::optional<std::string> value = ref.option(key);
  if (!value) return otherwise;
  if (std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) return *value;
  return usage_error("model '" + ref.text + "': " + std::string(key) + "=" + *value + " is none of " + listed(allowed));
}

Result<int> count_option(const ModelRef& ref, std::string_view key, int least, int most, int otherwise) {
  const std::optional<std::string> text = ref.option(key);
  if (!text) return otherwise;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < least || value > most) {
    return usage_error("model '" + ref.text + "': " + std::string(key) + "=" + *text + " is not a whole number from " +
                       std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

}  // namespace assay::http
