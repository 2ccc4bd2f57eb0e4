#include "suites/custom/length_rule.h"

#include <algorithm>
#include <cmath>

#include "harness/core/score.h"
#include "suites/reading/python_text.h"

namespace assay::custom {
namespace {

constexpr std::int64_t kMostWords = 10'000'000;
constexpr const char* kWithin = "within_length";

double compression(std::int64_t words, std::int64_t source_words) {
  if (source_words == 0) return 1;
  return std::min(1.0, static_cast<double>(words) / static_cast<double>(source_words));
}

}  // namespace

std::int64_t word_count(const std::string& text) {
  return static_cast<std::int64_t>(reading::python_split(text).size());
}

Result<LengthRule> LengthRule::read(YamlFields& fields) {
  LengthRule rule;
  auto source = fields.text("of");
  if (!source) return forward_error(source);
  if (*source) {
    rule.source = **source;
    if (rule.source.text.empty()) {
      return usage_error(rule.source.where + ": is empty; the text that is summarised, as in of: \"{{ article }}\"");
    }
  }
  for (const auto& [key, into] : {std::pair{"min_words", &rule.min_words}, {"max_words", &rule.max_words}}) {
    auto number = fields.integer(key, 1, kMostWords);
    if (!number) return forward_error(number);
    *into = *number;
  }
  if (rule.min_words && rule.max_words && *rule.min_words > *rule.max_words) {
    return usage_error(fields.where("min_words") + ": is above max_words");
  }
  return rule;
}

std::vector<std::string> LengthRule::metrics() const {
  std::vector<std::string> names;
  if (min_words || max_words) names.emplace_back(kWithin);
  if (!source.text.empty()) names.emplace_back(LengthRule::kCompression);
  return names;
}

std::vector<std::pair<std::string, double>> LengthRule::values(const std::string& answer,
                                                               std::int64_t source_words) const {
  const std::int64_t words = word_count(answer);
  std::vector<std::pair<std::string, double>> values;
  if (min_words || max_words) {
    const bool within = words >= min_words.value_or(0) && words <= max_words.value_or(words);
    values.emplace_back(kWithin, within ? 1 : 0);
  }
  if (!source.text.empty()) values.emplace_back(LengthRule::kCompression, compression(words, source_words));
  values.emplace_back(kWordsValue, static_cast<double>(words));
  return values;
}

std::string LengthRule::why(const std::string& answer, std::int64_t source_words) const {
  const std::int64_t words = word_count(answer);
  std::string text = std::to_string(words) + (words == 1 ? " word" : " words");
  if (min_words && words < *min_words) text += " where at least " + std::to_string(*min_words) + " are asked for";
  if (max_words && words > *max_words) text += " where at most " + std::to_string(*max_words) + " are asked for";
  if (!source.text.empty()) {
    text += ", " + std::to_string(std::lround(100 * compression(words, source_words))) + " % of the source";
  }
  return text;
}

}  // namespace assay::custom
