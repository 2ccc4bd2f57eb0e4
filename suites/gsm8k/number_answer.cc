#include "suites/gsm8k/number_answer.h"

#include <re2/re2.h>

#include "suites/reading/python_text.h"

namespace assay::gsm8k {
namespace {

// All patterns are ASCII, so that bytes may stand for characters, and ill-formed text matches like any other.
RE2::Options bytewise() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  return options;
}

const char* strict_pattern(NumberPlace place) {
  switch (place) {
    case NumberPlace::kHashes:
      break;
    case NumberPlace::kSentence:
      // The reference's last "." is any character, and takes the number's last digit where nothing follows it.
      return R"(The answer is (-?[0-9.,]+).)";
  }
  return R"(#### (-?[0-9.,]+))";
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

std::string shortened(const std::string& number) {
  constexpr std::size_t kShown = 40;
  return number.size() <= kShown ? number : number.substr(0, kShown) + "…";
}

}  // namespace

struct NumberAnswer::Patterns {
  RE2 strict;
  RE2 flexible;

  explicit Patterns(NumberPlace place)
      : strict(strict_pattern(place), bytewise()), flexible(R"((-?[$0-9.,]{2,})|(-?[0-9]+))", bytewise()) {}
};

NumberAnswer::NumberAnswer(NumberPlace place) : patterns_(std::make_unique<const Patterns>(place)) {}
NumberAnswer::~NumberAnswer() = default;
NumberAnswer::NumberAnswer(NumberAnswer&&) noexcept = default;
NumberAnswer& NumberAnswer::operator=(NumberAnswer&&) noexcept = default;

std::string NumberAnswer::strict(std::string_view text) const {
  std::string found;
  RE2::PartialMatch(piece(text), patterns_->strict, &found);
  return found;
}

std::string NumberAnswer::flexible(std::string_view text) const {
  re2::StringPiece rest = piece(text);
  std::string run;
  std::string digits;
  std::string last;
  while (RE2::FindAndConsume(&rest, patterns_->flexible, &run, &digits)) last = run.empty() ? digits : run;
  return last;
}

std::string NumberAnswer::comparable(std::string_view text) const {
  // In the reference's order: each removal sees what the ones before it left.
  std::string plain = reading::python_replace(text, ",", "");
  plain = reading::python_replace(plain, "$", "");
  const std::size_t mark = plain.rfind("#### ");
  if (mark != std::string::npos) plain.erase(0, mark + 5);
  // "\.$": a full stop at the end, or before a line break that is the end.
  if (plain.ends_with('.')) {
    plain.pop_back();
  } else if (plain.ends_with(".\n")) {
    plain.erase(plain.size() - 2, 1);
  }
  for (char& c : plain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return plain;
}

Score NumberAnswer::score(const std::string& answer, const Completion& completion) const {
  const std::string exact = strict(completion.text);
  const std::string meant = flexible(completion.text);
  const std::string wanted = comparable(answer);
  const auto is_right = [&](const std::string& number) { return !number.empty() && comparable(number) == wanted; };
  Score score;
  score.value = is_right(exact) ? 1 : 0;
  score.values = {{"accuracy", score.value}, {"accuracy_flexible", is_right(meant) ? 1 : 0}};
  score.extracted = exact;
  const std::string right = ", right is " + shortened(wanted);
  if (!exact.empty()) {
    score.why = "answered " + shortened(exact) + (score.value > 0 ? ", right" : right);
  } else if (!meant.empty()) {
    score.why = "no number in the form asked for; the last one is " + shortened(meant) + right;
  } else {
    score.why = (completion.finish == FinishReason::kContentFilter ? "the answer was withheld by a content filter"
                 : completion.finish == FinishReason::kLength      ? "no number found before the token limit"
                                                                   : "no number found") +
                right;
  }
  return score;
}

}  // namespace assay::gsm8k
