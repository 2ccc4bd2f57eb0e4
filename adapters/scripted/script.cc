#include "adapters/scripted/script.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/hash.h"
#include "harness/core/text.h"

namespace assay::scripted {
namespace {

using Json = nlohmann::json;

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys{"item",
                                             "sample",
                                             "text",
                                             "texts",
                                             "reasoning",
                                             "note",
                                             "logprobs",
                                             "choose",
                                             "top_logprobs",
                                             "finish_reason",
                                             "prompt_tokens",
                                             "completion_tokens",
                                             "reasoning_tokens",
                                             "cached_tokens",
                                             "evaluated_tokens",
                                             "delay_ms",
                                             "fault",
                                             "retry_after_ms",
                                             "times"};
  return keys;
}

// A rule's keys by type; the first that is wrong is remembered, and reading goes on harmlessly.
class RuleReader {
 public:
  explicit RuleReader(const Json& object) : object_(object) {}

  [[nodiscard]] const std::string& problem() const { return problem_; }
  void reject(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }

  std::optional<std::string> text(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    reject("'" + std::string(key) + "' must be a string");
    return std::nullopt;
  }

  std::optional<std::int64_t> count(const char* key, std::int64_t most) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    const bool fits = value->is_number_unsigned() && value->get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
    if (fits) return value->get<std::int64_t>();
    reject("'" + std::string(key) + "' must be a whole number from 0 to " + std::to_string(most));
    return std::nullopt;
  }

  double milliseconds(const char* key) {
    constexpr double kDay = 86'400'000;
    const Json* value = find(key);
    if (value == nullptr) return 0;
    if (value->is_number() && value->get<double>() >= 0 && value->get<double>() <= kDay) return value->get<double>();
    reject("'" + std::string(key) + "' must be a number of milliseconds from 0 to a day");
    return 0;
  }

  std::optional<std::vector<double>> numbers(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    std::vector<double> numbers;
    if (value->is_array()) {
      for (const Json& number : *value) {
        if (!number.is_number()) break;
        numbers.push_back(number.get<double>());
      }
      if (numbers.size() == value->size()) return numbers;
    }
    reject("'" + std::string(key) + "' must be a list of numbers");
    return std::nullopt;
  }

  std::vector<std::string> texts(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return {};
    std::vector<std::string> texts;
    if (value->is_array() && !value->empty()) {
      for (const Json& text : *value) {
        if (!text.is_string()) break;
        texts.push_back(text.get<std::string>());
      }
      if (texts.size() == value->size()) return texts;
    }
    reject("'" + std::string(key) + "' must be a list of texts, one a turn");
    return {};
  }

  std::vector<TokenAlternative> alternatives(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return {};
    std::vector<TokenAlternative> alternatives;
    if (value->is_array()) {
      for (const Json& pair : *value) {
        if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_number()) break;
        alternatives.push_back({pair[0].get<std::string>(), pair[1].get<double>()});
      }
      if (alternatives.size() == value->size()) return alternatives;
    }
    reject("'" + std::string(key) + "' must be a list of [token, logprob] pairs");
    return {};
  }

 private:
  const Json* find(const char* key) {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  const Json& object_;
  std::string problem_;
};

void read_fault(RuleReader& reader, Rule& rule) {
  constexpr std::int64_t kMostTimes = 1'000'000;
  if (const auto name = reader.text("fault")) {
    rule.fault = failure_from_name(*name);
    if (!rule.fault) {
      std::vector<std::string> names;
      for (int kind = 0; kind <= static_cast<int>(FailureKind::kCancelled); ++kind) {
        names.emplace_back(failure_name(static_cast<FailureKind>(kind)));
      }
      reader.reject("no failure is named '" + *name + "'" + did_you_mean(*name, names));
    }
  }
  rule.retry_after_ms = reader.milliseconds("retry_after_ms");
  if (const auto times = reader.count("times", kMostTimes)) rule.times = static_cast<int>(*times);
  if (!rule.fault && (rule.times || rule.retry_after_ms > 0)) {
    reader.reject("'times' and 'retry_after_ms' need a 'fault'");
  }
  if (!rule.answers() && !rule.fault) {
    reader.reject("says neither an answer (text, texts, logprobs, choose, top_logprobs) nor a fault");
  }
  if (!rule.answers() && rule.times) reader.reject("'times' needs an answer to give after the faults");
}

Rule read_rule(RuleReader& reader, int line) {
  constexpr std::int64_t kMostSamples = 1'000'000;
  constexpr std::int64_t kMostTokens = std::int64_t{1} << 40;
  Rule rule;
  rule.line = line;
  rule.item = reader.text("item");
  if (const auto sample = reader.count("sample", kMostSamples)) rule.sample = static_cast<int>(*sample);
  rule.text = reader.text("text");
  rule.texts = reader.texts("texts");
  rule.reasoning = reader.text("reasoning").value_or("");
  rule.note = reader.text("note").value_or("");
  rule.logprobs = reader.numbers("logprobs");
  rule.choose = reader.count("choose", kMostSamples);
  rule.top_logprobs = reader.alternatives("top_logprobs");
  if (const auto finish = reader.text("finish_reason")) {
    rule.finish = finish_reason_from_name(*finish);
    if (rule.finish == FinishReason::kNone) reader.reject("'finish_reason' must be stop, length or content_filter");
  }
  rule.usage.prompt = reader.count("prompt_tokens", kMostTokens);
  rule.usage.completion = reader.count("completion_tokens", kMostTokens);
  rule.usage.reasoning = reader.count("reasoning_tokens", kMostTokens);
  rule.usage.cached = reader.count("cached_tokens", kMostTokens);
  rule.usage.evaluated = reader.count("evaluated_tokens", kMostTokens);
  rule.delay_ms = reader.milliseconds("delay_ms");
  read_fault(reader, rule);
  return rule;
}

bool is_glob(const std::string& item) { return item.find_first_of("*?[") != std::string::npos; }

}  // namespace

Result<Script> Script::parse(std::string_view text, const std::string& path) {
  Script script;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string_view::npos || line[start] == '#') continue;
    const std::string where = path + ":" + std::to_string(number) + ": ";
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) return usage_error(where + "not a JSON object; each line of a script is one rule");
    for (const auto& [key, value] : object.items()) {
      const auto& keys = known_keys();
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        return usage_error(where + "unknown key '" + key + "'" + did_you_mean(key, keys));
      }
    }
    RuleReader reader(object);
    Rule rule = read_rule(reader, number);
    if (!reader.problem().empty()) return usage_error(where + reader.problem());
    script.rules_.push_back(std::move(rule));
  }
  if (script.rules_.empty()) return usage_error(path + ": holds no rule; write one JSON object a line");
  for (std::size_t i = 0; i < script.rules_.size(); ++i) {
    const Rule& rule = script.rules_[i];
    if (rule.item && !is_glob(*rule.item)) {
      script.by_id_[*rule.item].push_back(i);
    } else {
      script.by_glob_.push_back(i);
    }
  }
  return script;
}

const Rule* Script::find(const std::string& item, int sample) const {
  std::size_t first = rules_.size();
  const auto fits = [&](std::size_t i) { return !rules_[i].sample || *rules_[i].sample == sample; };
  if (const auto exact = by_id_.find(item); exact != by_id_.end()) {
    const auto found = std::find_if(exact->second.begin(), exact->second.end(), fits);
    if (found != exact->second.end()) first = *found;
  }
  for (const std::size_t i : by_glob_) {
    if (i >= first) break;
    if (fits(i) && (!rules_[i].item || glob_match(*rules_[i].item, item))) {
      first = i;
      break;
    }
  }
  return first == rules_.size() ? nullptr : &rules_[first];
}

std::string Script::answers_sha256() const {
  Sha256 hash;
  for (const Rule& rule : rules_) {
    if (!rule.answers()) continue;
    Json answer;
    if (rule.item) answer["item"] = *rule.item;
    if (rule.sample) answer["sample"] = *rule.sample;
    if (rule.text) answer["text"] = *rule.text;
    if (!rule.texts.empty()) answer["texts"] = rule.texts;
    if (rule.logprobs) answer["logprobs"] = *rule.logprobs;
    if (rule.choose) answer["choose"] = *rule.choose;
    for (const auto& [token, logprob] : rule.top_logprobs) answer["top_logprobs"].push_back({token, logprob});
    answer["reasoning"] = rule.reasoning;
    answer["finish_reason"] = finish_reason_name(rule.finish);
    hash.update(answer.dump());
    hash.update("\n");
  }
  return hash.hex_digest();
}

}  // namespace assay::scripted
