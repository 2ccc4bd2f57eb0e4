// Several ways to write one and the same multiple-choice question: the words before question and answer, the marks of
// the options, what stands between them. None says anything else, so that a score which depends on them depends on
// nothing of the subject (M. Sclar, Y. Choi, Y. Tsvetkov and A. Suhr, "Quantifying language models' sensitivity to
// spurious features in prompt design", 2023, whose FormatSpread draws from a grammar of such features; here they are a
// fixed list, so that two runs of the same format are comparable).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// One way to write a question. All texts are constants of the program.
struct PromptFormat {
  std::string_view name;        ///< "brackets"
  std::string_view question;    ///< before the question: "Q: "
  std::string_view options;     ///< between question and options: "\n"
  std::string_view mark_begin;  ///< before an option's letter: "("
  std::string_view mark_end;    ///< behind it: ") "
  std::string_view between;     ///< between two options: "\n"
  std::string_view answer;      ///< behind the options, or the question where none are shown: "\nA:"
};

namespace formats {

/// The name of the suite's own prompt, which is none of prompt_formats().
inline constexpr std::string_view kReference = "reference";

/// All formats, in the order in which they are asked.
[[nodiscard]] std::span<const PromptFormat> prompt_formats();

/// The options, lettered from A: "(A) red\n(B) green".
[[nodiscard]] std::string written_options(const PromptFormat& format, const std::vector<std::string>& options);

/// A question up to the place of its answer, without the words that introduce that: with `options` below it, or alone
/// where there are none to show.
[[nodiscard]] std::string written_question(const PromptFormat& format, std::string_view question,
                                           const std::vector<std::string>& options);

}  // namespace formats
}  // namespace assay
