#include "harness/run/stored_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "adapters/model_ref.h"

namespace assay {
namespace {

using Json = nlohmann::json;

template <class Value>
std::optional<Value> read(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<Value>());
}

// The inverse of canonical_config_json() for one suite.
Result<SuiteConfig> read_suite(const Json& json) {
  SuiteConfig suite;
  suite.name = json.at("name").get<std::string>();
  suite.file = json.value("file", "");
  suite.protocol = read<std::string>(json.at("protocol"));
  suite.shots = read<int>(json.at("shots"));
  suite.samples = read<int>(json.at("samples"));
  suite.temperature = read<double>(json.at("temperature"));
  suite.max_tokens = read<int>(json.at("max_tokens"));
  for (const Json& text : json.value("strategies", Json::array())) {
    auto strategy = parse_strategy(text.get<std::string>());
    if (!strategy) return forward_error(strategy);
    suite.strategies.push_back(*strategy);
  }
  // One sample is stored where none was given, and self_consistency takes no number beside its own.
  if (!suite.strategies.empty() && suite.samples == 1) suite.samples.reset();
  for (const auto& [key, value] : json.at("options").items()) suite.extra.emplace_back(key, value.get<std::string>());
  return suite;
}

// The model of that name, with the limits that `around` gives a model of its reference.
Result<ModelConfig> read_model(const RunReader& reader, const std::string& path, const std::string& name,
                               const RunConfig& around) {
  const auto& results = reader.results();
  const auto result =
      std::find_if(results.begin(), results.end(), [&](const ResultInfo& one) { return one.model.name == name; });
  if (result == results.end()) return usage_error(path + ": has no model " + name);
  for (const ModelConfig& model : around.models) {
    if (model.ref.text == result->model_ref) return model;
  }
  auto ref = parse_model_ref(result->model_ref);
  if (!ref) return forward_error(ref);
  ModelConfig model;
  model.ref = std::move(*ref);
  model.price = result->price;
  return model;
}

// The run's own judge, with the price and limits that `around` gives one of its reference.
Result<std::optional<ModelConfig>> read_judge(const Json& stored, const RunConfig& around) {
  if (!stored.contains("judge")) return std::optional<ModelConfig>();
  auto ref = parse_model_ref(stored.at("judge").at("ref").get<std::string>());
  if (!ref) return forward_error(ref);
  ModelConfig judge;
  if (around.judge && around.judge->ref.text == ref->text) judge = *around.judge;
  judge.ref = std::move(*ref);
  judge.name = stored.at("judge").at("name").get<std::string>();
  return std::optional<ModelConfig>(std::move(judge));
}

}  // namespace

Result<RunConfig> stored_config(const RunReader& reader, const std::string& path, const std::string& model,
                                const RunConfig& around) {
  RunConfig config = around;
  auto read = read_model(reader, path, model, around);
  if (!read) return forward_error(read);
  config.models = {std::move(*read)};
  config.suites.clear();
  config.items.clear();
  config.limit.reset();
  config.shard = {};
  config.protocol.reset();
  config.shots.reset();
  config.reuse.clear();
  try {
    const Json stored = Json::parse(reader.run().config_json);
    for (const Json& one : stored.at("suites")) {
      auto suite = read_suite(one);
      if (!suite) return usage_error(path + ": " + suite.error().message);
      config.suites.push_back(std::move(*suite));
    }
    auto judge = read_judge(stored, around);
    if (!judge) return forward_error(judge);
    config.judge = std::move(*judge);
    config.seed = stored.at("seed").get<std::uint64_t>();
    config.sample_seed = stored.at("sample_seed").get<std::uint64_t>();
    config.starter = stored.at("starter").get<bool>();
    for (const Json& one : stored.at("models")) {
      if (one.at("name").get<std::string>() == model) config.models.front().name = model;
    }
  } catch (const Json::exception&) {
    return usage_error(path + ": its stored configuration cannot be read, so its models cannot be asked again");
  }
  return config;
}

}  // namespace assay
