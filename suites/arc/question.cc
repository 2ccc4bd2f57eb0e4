#include "suites/arc/question.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "harness/core/text.h"
#include "suites/reading/python_text.h"
#include "suites/scoring/lettered_question.h"

namespace assay::arc {
namespace {

Result<Question> checked(Question question, const std::string& where) {
  if (reading::python_strip(question.stem).empty()) {
    return usage_error(where + ": the question is empty; fetch the file again");
  }
  if (question.options.size() < 2 || question.options.size() > scoring::LetteredQuestion::kMost) {
    return usage_error(where + ": has " + std::to_string(question.options.size()) +
                       " choices where 2 to 26 are expected");
  }
  for (const std::string& option : question.options) {
    if (reading::python_strip(option).empty()) {
      return usage_error(where + ": a choice is empty; fetch the file again");
    }
  }
  return question;
}

}  // namespace

Result<Question> parse_published(const reading::JsonObject& row) {
  Result<reading::JsonObject> asked = row.object("question");
  if (!asked) return forward_error(asked);
  Result<std::string> stem = asked->text("stem");
  if (!stem) return forward_error(stem);
  Result<std::vector<reading::JsonObject>> choices = asked->objects("choices");
  if (!choices) return forward_error(choices);
  Result<std::string> key = row.text("answerKey");
  if (!key) return forward_error(key);
  Question question{std::move(*stem), {}, -1};
  std::string labels;
  for (const reading::JsonObject& choice : *choices) {
    Result<std::string> text = choice.text("text");
    if (!text) return forward_error(text);
    Result<std::string> label = choice.text("label");
    if (!label) return forward_error(label);
    if (*label == *key && question.answer < 0) question.answer = static_cast<int>(question.options.size());
    labels += (labels.empty() ? "" : ", ") + *label;
    question.options.push_back(std::move(*text));
  }
  if (question.answer < 0) {
    return usage_error(row.where() + ": \"answerKey\" is \"" + on_one_line(*key) + "\" where one of the labels (" +
                       on_one_line(labels) + ") is expected");
  }
  return checked(std::move(question), row.where());
}

Result<Question> parse_foundry(const reading::JsonObject& row) {
  constexpr std::string_view kLead = "Question: ";
  Result<std::string> query = row.text("query");
  if (!query) return forward_error(query);
  if (!query->starts_with(kLead)) {
    return usage_error(row.where() + ": \"query\" does not begin with \"Question: \"; is it the right file?");
  }
  Result<std::vector<std::string>> choices = row.texts("choices");
  if (!choices) return forward_error(choices);
  Result<std::int64_t> gold = row.integer("gold");
  if (!gold) return forward_error(gold);
  if (*gold < 0 || *gold >= static_cast<std::int64_t>(choices->size())) {
    return usage_error(row.where() + ": \"gold\" is " + std::to_string(*gold) + " where 0 to " +
                       std::to_string(static_cast<std::int64_t>(choices->size()) - 1) + " is expected");
  }
  return checked({query->substr(kLead.size()), std::move(*choices), static_cast<int>(*gold)}, row.where());
}

}  // namespace assay::arc
