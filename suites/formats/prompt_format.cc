#include "suites/formats/prompt_format.h"

#include <array>

#include "suites/scoring/multiple_choice.h"

namespace assay::formats {
namespace {

// Any two differ in what is before the question or before the answer, so that they are two formats too where a protocol
// shows no options. The first four are the ones that benchmarks really use.
constexpr std::array<PromptFormat, 8> kFormats{{
    {"parenthesis", "", "\n", "", ") ", "\n", "\nAnswer:"},
    {"brackets", "Q: ", "\n", "(", ") ", "\n", "\nA:"},
    {"words", "Question: ", "\nChoices:\n", "", ". ", "\n", "\nThe answer is"},
    {"blank_lines", "Question:\n", "\n\n", "", ". ", "\n\n", "\n\nAnswer:"},
    {"capitals", "QUESTION: ", "\n", "", ". ", "\n", "\nANSWER:"},
    {"one_line", "Question: ", " ", "(", ") ", " ", " Answer:"},
    {"colons", "question: ", "\n", "", ": ", "\n", "\nanswer:"},
    {"dashes", "Question - ", "\n", "", " - ", "\n", "\nAnswer -"},
}};

}  // namespace

std::span<const PromptFormat> prompt_formats() { return kFormats; }

std::string written_options(const PromptFormat& format, const std::vector<std::string>& options) {
  std::string text;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (i > 0) text += format.between;
    text.append(format.mark_begin)
        .append(scoring::letter(static_cast<int>(i)))
        .append(format.mark_end)
        .append(options[i]);
  }
  return text;
}

std::string written_question(const PromptFormat& format, std::string_view question,
                             const std::vector<std::string>& options) {
  std::string text(format.question);
  text += question;
  if (!options.empty()) text.append(format.options).append(written_options(format, options));
  return text;
}

}  // namespace assay::formats
