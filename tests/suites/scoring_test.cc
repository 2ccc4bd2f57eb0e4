#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "suites/hellaswag/preprocess.h"
#include "suites/scoring/answer_letter.h"
#include "suites/scoring/multiple_choice.h"
#include "suites/scoring/stated_answer.h"
#include "tests/catch.h"
#include "tests/suites/shared_data.h"
#include "tests/suites/suite_checks.h"

using namespace assay;
using namespace assay::scoring;
using assay::test::with_logprobs;

namespace {

Item item_with(std::vector<std::string> choices, int target) {
  Item item;
  item.choices = std::move(choices);
  item.target_index = target;
  return item;
}

const std::vector<ChoiceMetric> kAll{{"accuracy_norm", Normalisation::kCodePoints},
                                     {"accuracy", Normalisation::kNone},
                                     {"accuracy_norm_bytes", Normalisation::kBytes}};

/// One case of a cases file: "=== name", "expect KEY VALUE" lines, "---", the text.
struct Case {
  std::string name;
  std::vector<std::pair<std::string, std::string>> expected;
  std::string text;
};

std::vector<Case> cases_of(const std::string& file) {
  std::ifstream in(assay::test::source_path("tests/cases/suites/" + file));
  REQUIRE(in);
  std::vector<Case> cases;
  std::string line;
  bool in_text = false;
  while (std::getline(in, line)) {
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), {}, ""});
      in_text = false;
    } else if (cases.empty()) {
      continue;  // the file's own explanation
    } else if (in_text) {
      cases.back().text += (cases.back().text.empty() ? "" : "\n") + line;
    } else if (line == "---") {
      in_text = true;
    } else {
      std::istringstream words(line);
      std::string key;
      std::string value;
      words >> key >> value;
      cases.back().expected.emplace_back(key, value);
    }
  }
  return cases;
}

}  // namespace

TEST_CASE("the first of equal values wins, as numpy's argmax has it") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(best_index({}) == -1);
  CHECK(best_index({-1, -1, -2}) == 0);
  CHECK(best_index({-2, -1, -1}) == 1);
  CHECK(best_index({-inf, -inf}) == 0);
  CHECK(best_index({nan, -5}) == 1);
  CHECK(best_index({nan, nan}) == 0);
}

TEST_CASE("normalisations count code points and bytes of the choice") {
  // Sums prefer the first, code points the second, bytes the third.
  const Item item = item_with({"abcd", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "abcdefghij"}, 1);
  const Completion completion = with_logprobs({-6.8, -12, -20});
  const Score score =
      score_logprobs(item_with({"abcd", "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", "abcdefgh"}, 1),
                     with_logprobs({-4, -4.4, -8.8}), kAll, indices(3));
  CHECK(score.values ==
        std::vector<std::pair<std::string, double>>{{"accuracy_norm", 0}, {"accuracy", 0}, {"accuracy_norm_bytes", 1}});
  const Score other = score_logprobs(item, completion, kAll, indices(3));
  // -1.7, -2, -2 per character; -6.8, -12, -20; -1.7, -1, -2 per byte.
  CHECK(other.values ==
        std::vector<std::pair<std::string, double>>{{"accuracy_norm", 0}, {"accuracy", 0}, {"accuracy_norm_bytes", 1}});
  CHECK(other.extracted == "0");
  CHECK(other.why == "chose 0 (-1.70 per character), right is 1 (-2.00)");
}

TEST_CASE("a score says what was chosen and why it is right or wrong") {
  const Item item = item_with({"A", "B", "C", "D"}, 2);
  const std::vector<ChoiceMetric> plain{{"accuracy", Normalisation::kNone}};
  const Score wrong = score_logprobs(item, with_logprobs({-3, -1.92, -2.01, -4}), plain, letters(4));
  CHECK(wrong.value == 0);
  CHECK(wrong.extracted == "B");
  CHECK(wrong.why == "chose B (-1.92), right is C (-2.01)");
  const Score right = score_logprobs(item, with_logprobs({-3, -2, -1, -4}), plain, letters(4));
  CHECK(right.value == 1);
  CHECK(right.why == "chose C (-1.00), right");
  const Score torn = score_logprobs(item, with_logprobs({-3}), plain, letters(4));
  CHECK(torn.value == 0);
  CHECK(torn.why == "1 log-probabilities for 4 choices");
  CHECK(torn.values.size() == 1);
}

TEST_CASE("the first token's alternatives: the better of 'A' and ' A'") {
  const Item item = item_with({"A", "B", "C", "D"}, 1);
  Completion completion;
  completion.top_logprobs = {{"The", -0.2}, {"A", -3}, {" B", -2.5}, {"B", -4}, {" b", -1}};
  const Score score = score_top_logprobs(item, completion, letters(4));
  CHECK(score.value == 1);
  CHECK(score.extracted == "B");
  completion.top_logprobs = {{"A", -3}};
  CHECK(score_top_logprobs(item, completion, letters(4)).why ==
        "chose A (-3.00), right is B (not among the alternatives)");
  completion.top_logprobs = {{"The", -0.2}};
  CHECK(score_top_logprobs(item, completion, letters(4)).value == 0);
  CHECK(score_top_logprobs(item, completion, letters(4)).extracted.empty());
  completion.top_logprobs.clear();
  CHECK(score_top_logprobs(item, completion, letters(4)).why == "no alternatives of the first token came back");
}

TEST_CASE("letters are read out of answers as the cases say") {
  const AnswerLetter letter(4);
  const std::vector<Case> cases = cases_of("answer_letter.txt");
  REQUIRE(cases.size() > 20);
  for (const Case& one : cases) {
    for (const auto& [key, value] : one.expected) {
      INFO(one.name << ": " << key);
      if (key == "strict") CHECK(letter.strict(one.text).value_or("none") == value);
      if (key == "flexible") CHECK(letter.flexible(one.text).value_or("none") == value);
    }
  }
}

TEST_CASE("stated answers are read as simple-evals reads them, as the cases say") {
  const StatedAnswer stated;
  const std::vector<Case> cases = cases_of("stated_answer.txt");
  REQUIRE(cases.size() > 20);
  for (const Case& one : cases) {
    for (const auto& [key, value] : one.expected) {
      INFO(one.name << ": " << key);
      CHECK(stated.find(one.text).value_or("none") == value);
    }
  }
}

TEST_CASE("answers that are none say why") {
  const Item item = item_with({"A", "B", "C", "D"}, 3);
  const AnswerLetter letter(4);
  const StatedAnswer stated;
  Completion completion;
  CHECK(letter.score(item, completion).why == "the answer is empty, right is D");
  completion.finish = FinishReason::kLength;
  CHECK(stated.score(item, completion).why == "the token limit was used up before an answer, right is D");
  completion.text = "Let me think about";
  CHECK(letter.score(item, completion).why == "no letter found before the token limit, right is D");
  completion.finish = FinishReason::kStop;
  CHECK(stated.score(item, completion).why == "no letter found, right is D");
  completion.text = "I believe that the answer is D, of course.";
  const Score lenient = letter.score(item, completion);
  CHECK(lenient.value == 0);
  CHECK(lenient.values[1] == std::pair<std::string, double>{"accuracy_flexible", 1});
  completion.finish = FinishReason::kContentFilter;
  completion.text.clear();
  CHECK(stated.score(item, completion).why == "the answer was withheld by a content filter, right is D");
}

TEST_CASE("HellaSwag's texts are prepared in the reference's order") {
  using hellaswag::context;
  using hellaswag::preprocess;
  CHECK(preprocess("  a [title] b [step] c  ") == "a. b c");
  CHECK(preprocess("[header] How to x [title] Do y. [step] Now") == " How to x. Do y. Now");
  CHECK(preprocess("a [x\ny] b") == "a [x\ny] b");  // "." does not match a line end
  CHECK(preprocess("a [x\n[y] b") == "a [x\n b");   // but the next line's bracket does
  CHECK(preprocess("a [[b] c] d") == "a c] d");     // the nearest "]" closes
  CHECK(preprocess("a ] b [c") == "a ] b [c");
  CHECK(preprocess("a    b") == "a  b");  // one pass only
  CHECK(preprocess("a[x] [y]b") == "a b");
  CHECK(context("Health", "How to [title] Go.", "") == "Health: How to. Go.");
  CHECK(context("Roof", "A man sits.", "he STANDS Up") == "Roof: A man sits. He stands up");
}
