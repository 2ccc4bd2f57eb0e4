#include "suites/truthfulqa/question.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "harness/core/text.h"
#include "suites/reading/python_text.h"

namespace assay::truthfulqa {
namespace {

Result<Answers> parse_answers(const reading::JsonObject& list) {
  Answers answers;
  for (const std::string& text : list.keys()) {
    Result<std::int64_t> label = list.integer(text);
    if (!label) return forward_error(label);
    if (*label != 0 && *label != 1) {
      return usage_error(list.where() + ": \"" + on_one_line(text) + "\" has the label " + std::to_string(*label) +
                         " where 1 (true) or 0 is expected");
    }
    answers.texts.push_back(text);
    answers.is_true.push_back(*label == 1);
  }
  return answers;
}

}  // namespace

Result<Question> parse_question(const reading::JsonObject& row, const std::string& list) {
  Question question;
  Result<std::string> text = row.text("question");
  if (!text) return forward_error(text);
  if (reading::python_strip(*text).empty()) {
    return usage_error(row.where() + ": the question is empty; fetch the file again");
  }
  question.text = std::move(*text);
  Result<reading::JsonObject> targets = row.object(list);
  if (!targets) return forward_error(targets);
  Result<Answers> answers = parse_answers(*targets);
  if (!answers) return forward_error(answers);
  const auto right = std::count(answers->is_true.begin(), answers->is_true.end(), true);
  if (right == 0 || right == static_cast<std::ptrdiff_t>(answers->is_true.size())) {
    return usage_error(row.where() + ": \"" + list + "\" has " + (right == 0 ? "no true" : "no false") +
                       " answer; fetch the file again");
  }
  question.answers = std::move(*answers);
  return question;
}

}  // namespace assay::truthfulqa
