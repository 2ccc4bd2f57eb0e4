#include "suites/mmlu/prompt.h"

#include <cstddef>

#include "suites/mmlu/subjects.h"
#include "suites/reading/python_text.h"

namespace assay::mmlu {
namespace {

constexpr std::string_view kLetters = "ABCD";

std::string header(PromptStyle style, std::string_view subject) {
  const std::string spoken = spoken_name(subject);
  switch (style) {
    case PromptStyle::kHarness:
      return "The following are multiple choice questions (with answers) about " + spoken + ".\n\n";
    case PromptStyle::kOriginal:
      // The authors' format_subject() puts a blank before each word of the name, so that there are two here.
      return "The following are multiple choice questions (with answers) about  " + spoken + ".\n\n";
    case PromptStyle::kCloze:
      return "The following are questions about " + spoken + ".\n";
    case PromptStyle::kLetter:
      return "Answer the following multiple choice question about " + spoken +
             ". Reply with the letter of the right answer (A, B, C or D) and nothing else.\n\n";
    case PromptStyle::kReasoned:
      break;
  }
  return "";
}

std::string with_options(std::string_view question, const Question& row, std::string_view mark) {
  std::string text(question);
  for (std::size_t i = 0; i < row.options.size(); ++i) {
    text.append("\n").append(1, kLetters[i]).append(mark).append(" ").append(row.options[i]);
  }
  return text;
}

// The question in a format; its words before the answer only where the prompt ends with them.
std::string formatted(PromptStyle style, const PromptFormat& format, const Question& row) {
  const bool strips = style == PromptStyle::kHarness || style == PromptStyle::kLetter;
  const std::string_view question = strips ? reading::python_strip(row.text) : std::string_view(row.text);
  const std::vector<std::string> options(row.options.begin(), row.options.end());
  const bool shows_options = style != PromptStyle::kCloze;
  std::string text = formats::written_question(format, question, shows_options ? options : std::vector<std::string>());
  if (style != PromptStyle::kReasoned) text += format.answer;
  return text;
}

// What simple-evals says before the question.
constexpr const char* kReasonedStart =
    "Answer the following multiple choice question. The last line of your response should be of the following "
    "format: 'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. Think step by step before "
    "answering.\n\n";

}  // namespace

PromptStart prompt_start(PromptStyle style, const PromptFormat* format, std::string_view subject,
                         const std::vector<Question>& examples) {
  PromptStart start;
  start.text = header(style, subject);
  for (const Question& example : examples) {
    const std::size_t begin = start.text.size();
    const auto answer = static_cast<std::size_t>(example.answer);
    start.text += prompt_question(style, format, example);
    start.text += continuations(style, example)[answer] + "\n\n";
    start.examples.push_back({begin, start.text.size()});
  }
  return start;
}

std::string prompt_question(PromptStyle style, const PromptFormat* format, const Question& question) {
  if (format != nullptr) {
    return (style == PromptStyle::kReasoned ? kReasonedStart : "") + formatted(style, *format, question);
  }
  switch (style) {
    case PromptStyle::kHarness:
    case PromptStyle::kLetter:
      return with_options(reading::python_strip(question.text), question, ".") + "\nAnswer:";
    case PromptStyle::kOriginal:
      return with_options(question.text, question, ".") + "\nAnswer:";
    case PromptStyle::kCloze:
      return "Question: " + question.text + "\nAnswer:";
    case PromptStyle::kReasoned:
      break;
  }
  return kReasonedStart + with_options(question.text + "\n", question, ")");
}

std::vector<std::string> continuations(PromptStyle style, const Question& question) {
  std::vector<std::string> texts;
  texts.reserve(question.options.size());
  for (std::size_t i = 0; i < question.options.size(); ++i) {
    texts.push_back(style == PromptStyle::kCloze ? " " + question.options[i] : std::string(" ") + kLetters[i]);
  }
  return texts;
}

}  // namespace assay::mmlu
