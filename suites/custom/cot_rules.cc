#include "suites/custom/cot_rules.h"

#include "suites/reading/python_text.h"

namespace assay::custom {

Result<CotRules> CotRules::parse(const YamlNode& node, const std::string& path) {
  auto fields = YamlFields::of(node, path, "cot");
  if (!fields) return forward_error(fields);
  CotRules rules;
  auto instruction = fields->text("instruction");
  if (!instruction) return forward_error(instruction);
  auto marker = fields->text("marker");
  if (!marker) return forward_error(marker);
  if (*marker) {
    rules.marker = (*marker)->text;
    if (rules.marker.empty()) return usage_error((*marker)->where + ": is empty; leave it out for 'Answer:'");
  }
  if (*instruction) rules.instruction = (*instruction)->text;
  auto reasoning = fields->text("reasoning");
  if (!reasoning) return forward_error(reasoning);
  rules.reasoning = std::move(*reasoning);
  auto max_tokens = fields->integer("max_tokens", 1, 10'000'000);
  if (!max_tokens) return forward_error(max_tokens);
  if (*max_tokens) rules.max_tokens = static_cast<int>(**max_tokens);
  if (auto finished = fields->finish(); !finished) return forward_error(finished);
  return rules;
}

std::string CotRules::told(bool by_letter) const {
  if (instruction) return *instruction;
  const std::string what = by_letter ? "the letter of the right choice" : "the answer";
  return "Think step by step. Then write " + what + ", and nothing behind it, on a last line that begins with \"" +
         marker + "\".";
}

std::string CotRules::conclusion(const std::string& completion) const {
  const std::size_t at = completion.rfind(marker);
  if (at == std::string::npos) return completion;
  std::string text(reading::python_strip(std::string_view(completion).substr(at + marker.size())));
  // "**Answer:** 7" and "**Answer: 7**" are 7, as a person reads them
  while (text.starts_with("**")) text = reading::python_strip(text.substr(2));
  while (text.ends_with("**")) text = reading::python_strip(text.substr(0, text.size() - 2));
  return text;
}

std::string CotRules::shown(const std::string& example_reasoning, const std::string& answer) const {
  return (example_reasoning.empty() ? "" : example_reasoning + "\n") + marker + " " + answer;
}

}  // namespace assay::custom
