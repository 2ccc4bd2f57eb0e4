#include "results/cost/litellm_prices.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace assay {
namespace {

using Json = nlohmann::json;

/// The adapter that speaks to a LiteLLM provider; empty where none does.
std::string_view adapter_of(const Json& entry) {
  const auto provider = entry.find("litellm_provider");
  if (provider == entry.end() || !provider->is_string()) return "";
  const auto& name = provider->get_ref<const std::string&>();
  if (name == "openai" || name == "text-completion-openai") return "openai";
  if (name == "anthropic") return "anthropic";
  if (name == "gemini") return "gemini";
  return "";
}

/// Dollars per million tokens; false where the value is neither absent nor a sensible number.
bool read_price(const Json& entry, const char* key, std::optional<double>& out) {
  const auto value = entry.find(key);
  if (value == entry.end() || value->is_null()) return true;
  if (!value->is_number()) return false;
  const double usd = value->get<double>();
  if (!(usd >= 0 && usd < 1)) return false;
  // Per-token prices are decimal fractions: 3e-06 becomes 3, not 2.9999999999999996.
  out = std::round(usd * 1e12) / 1e6;
  return true;
}

}  // namespace

Result<std::vector<PriceEntry>> parse_litellm_prices(const std::string& text, const std::string& file,
                                                     const std::string& as_of) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return usage_error(file + ": not LiteLLM's price file (a JSON object of models); download it again");
  }
  std::vector<PriceEntry> entries;
  for (const auto& [name, entry] : json.items()) {
    if (name == "sample_spec" || !entry.is_object() || name.find_first_of(",\r\n") != std::string::npos) continue;
    const std::string_view adapter = adapter_of(entry);
    if (adapter.empty()) continue;
    Price price;
    std::optional<double> batch_input;
    for (const auto& [key, value] : {std::pair{"input_cost_per_token", &price.input_per_mtok},
                                     {"output_cost_per_token", &price.output_per_mtok},
                                     {"cache_read_input_token_cost", &price.cached_input_per_mtok},
                                     {"cache_creation_input_token_cost", &price.cache_write_per_mtok},
                                     {"output_cost_per_reasoning_token", &price.reasoning_per_mtok},
                                     {"input_cost_per_token_batches", &batch_input}}) {
      if (!read_price(entry, key, *value)) {
        return usage_error(file + ": " + name + ": " + key + " is no price in US dollars per token");
      }
    }
    if (!price.input_per_mtok || !price.output_per_mtok) continue;
    if (batch_input && *price.input_per_mtok > 0) price.batch_factor = *batch_input / *price.input_per_mtok;
    price.source = "LiteLLM price file";
    price.as_of = as_of;
    const std::string prefix = std::string(adapter) + "/";
    const std::string model = name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : name;
    entries.push_back({std::string(adapter) + ":" + model, price});
  }
  if (entries.empty())
    return usage_error(file + ": no price of an OpenAI, Anthropic or Gemini model; is it the right file?");
  return entries;
}

}  // namespace assay
