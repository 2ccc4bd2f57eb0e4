// How MMLU's questions are put to a model: one prompt a protocol, each after its source (README.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/request.h"
#include "suites/formats/prompt_format.h"
#include "suites/mmlu/question.h"

namespace assay::mmlu {

enum class PromptStyle {
  kHarness,   ///< lm-evaluation-harness, tasks/mmlu/default: question stripped, letters as continuations
  kOriginal,  ///< hendrycks/test, evaluate.py: two blanks before the subject, nothing stripped
  kCloze,     ///< lighteval's "MMLU (cloze)": options not shown, their texts as continuations
  kLetter,    ///< ours, for chat models: asked for the letter alone
  kReasoned,  ///< openai/simple-evals: step by step, then "Answer: $LETTER"; without examples
};

/// The part of a prompt that all questions of a subject share: header and examples.
struct PromptStart {
  std::string text;
  std::vector<TextSpan> examples;  ///< where each example is in `text`
};

/// Header and examples of a subject ("abstract_algebra"), written by `format` unless it is null. kReasoned has neither.
[[nodiscard]] PromptStart prompt_start(PromptStyle style, const PromptFormat* format, std::string_view subject,
                                       const std::vector<Question>& examples);

/// The question itself, to be put behind the start. For the log-likelihood styles it ends where the answer begins.
/// A `format` that is not null writes question, options and the words before the answer; what the style says beside
/// them (instructions, the line that kReasoned asks for) stays.
[[nodiscard]] std::string prompt_question(PromptStyle style, const PromptFormat* format, const Question& question);

/// What follows the prompt, one an option: " A", …, or for kCloze " " and the option's text.
[[nodiscard]] std::vector<std::string> continuations(PromptStyle style, const Question& question);

}  // namespace assay::mmlu
