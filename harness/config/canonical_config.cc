#include "harness/config/canonical_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "adapters/registry.h"
#include "harness/core/text.h"

namespace assay {
namespace {

using Json = nlohmann::json;  // its objects are sorted by key

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// The reference without options that change no answer; the others sorted by key.
std::string answering_ref(const ModelRef& ref) {
  std::vector<std::string> neutral;
  if (const auto entry = find_adapter(ref)) neutral = (*entry)->neutral_options;
  std::vector<std::pair<std::string, std::string>> options;
  for (const auto& option : ref.options) {
    if (std::find(neutral.begin(), neutral.end(), option.first) == neutral.end()) options.push_back(option);
  }
  std::sort(options.begin(), options.end());
  std::string text = ref.adapter + ":" + ref.model;
  if (!ref.url.empty()) text += "@" + ref.url;
  for (std::size_t i = 0; i < options.size(); ++i) {
    text += (i == 0 ? "?" : "&") + options[i].first + "=" + options[i].second;
  }
  return text;
}

}  // namespace

std::string canonical_config_json(const RunConfig& config) {
  Json json;
  json["models"] = Json::array();
  for (const ModelConfig& model : config.models) {
    json["models"].push_back({{"ref", answering_ref(model.ref)}, {"name", model.name}});
  }
  json["suites"] = Json::array();
  for (const SuiteConfig& suite : config.suites) {
    Json options = Json::object();
    for (const auto& [key, value] : suite.extra) options[key] = value;
    json["suites"].push_back({{"name", suite.name},
                              {"protocol", or_null(suite.protocol ? suite.protocol : config.protocol)},
                              {"shots", or_null(suite.shots ? suite.shots : config.shots)},
                              {"samples", suite.samples.value_or(1)},
                              {"temperature", or_null(suite.temperature)},
                              {"max_tokens", or_null(suite.max_tokens)},
                              {"options", options}});
    if (!suite.file.empty()) json["suites"].back()["file"] = suite.file;
    for (const Strategy& strategy : suite.strategies) {
      json["suites"].back()["strategies"].push_back(strategy_text(strategy));
    }
  }
  if (config.judge) json["judge"] = {{"ref", answering_ref(config.judge->ref)}, {"name", config.judge->name}};
  json["items"] = std::set<std::string>(config.items.begin(), config.items.end());
  json["seed"] = config.seed;
  json["sample_seed"] = config.sample_seed;
  json["starter"] = config.starter;
  if (config.shard.count > 1) {
    json["shard"] = std::to_string(config.shard.index) + "/" + std::to_string(config.shard.count);
    // A larger limit contains a smaller one, but its shards do not contain the smaller one's.
    for (std::size_t i = 0; i < config.suites.size(); ++i) {
      const auto& limit = config.suites[i].limit ? config.suites[i].limit : config.limit;
      if (limit) json["suites"][i]["limit"] = *limit;
    }
  }
  // Names come from files as they are: what is not UTF-8 must not throw here.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace assay
