// Suites of a user's own that ask for summaries, and for the better of two: lengths, orders and formats.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "suites/custom/length_rule.h"
#include "suites/custom/new_suite.h"
#include "suites/registry.h"
#include "suites/templates/template_engine.h"
#include "tests/catch.h"
#include "tests/suites/suite_checks.h"
#include "tests/suites/temporary_folder.h"

using namespace assay;

namespace {

constexpr const char* kArticles =
    "article,faithful,altered\n"
    "one two three four five six seven eight nine ten,good one,bad one\n"
    "alpha beta gamma delta,good two,bad two\n"
    "uno dos tres,good three,bad three\n";

// A suite called "news" with kArticles, its file's path.
std::string news_suite(const test::TemporaryFolder& folder, const std::string& body,
                       const std::string& data = kArticles) {
  folder.write("news.csv", data);
  return folder.write("news.yaml", "assay_suite: 1\nname: news\ndata: news.csv\n" + body);
}

SuiteOptions news_options(const std::string& protocol, int samples = 1,
                          std::vector<std::pair<std::string, std::string>> extra = {}, int shots = 0) {
  SuiteOptions options;
  options.protocol = protocol;
  options.samples = samples;
  options.extra = std::move(extra);
  options.shots = shots;
  return options;
}

std::string asked_text(const Request& request) {
  return std::get<GenerateRequest>(request.body).messages.back().content;
}

constexpr const char* kPair =
    "prompt: \"Which fits?\\n{{ article }}\"\n"
    "choices: [\"{{ faithful }}\", \"{{ altered }}\"]\n"
    "target: \"{{ faithful }}\"\n"
    "letter_instruction: Reply A or B.\n"
    "examples: {count: 0}\n";

}  // namespace

TEST_CASE("an answer's length is counted in words, within limits and against its source") {
  if (!templates::TemplateEngine::available()) return;
  const test::TemporaryFolder folder;
  const auto suite = test::suite_of(
      news_suite(folder,
                 "prompt: \"Summarise: {{ article }}\"\ntarget: \"{{ faithful }}\"\n"
                 "score:\n  - rouge_l\n  - length: {of: \"{{ article }}\", min_words: 2, max_words: 4}\n"),
      news_options("generate"));
  std::vector<std::string> names;
  for (const MetricSpec& metric : suite->info().metrics) names.push_back(metric.name);
  CHECK(names == std::vector<std::string>{"rouge_l", "within_length", "compression"});
  const Item item = test::items_of(*suite).front();
  const auto score = [&](const std::string& text) { return suite->score(item, test::with_text(text)); };
  CHECK(test::value_of(score("good one  here"), "within_length") == 1);
  CHECK(test::value_of(score("good one here"), "compression") == 0.3);
  CHECK(test::value_of(score("good one here"), kWordsValue) == 3);
  CHECK(test::value_of(score("good"), "within_length") == 0);
  CHECK(test::value_of(score("1 2 3 4 5"), "within_length") == 0);
  CHECK(test::value_of(score("1 2 3 4 5 6 7 8 9 10 11 12"), "compression") == 1);
  CHECK(test::value_of(score(""), "within_length") == 0);
  const Score empty = score("");  // no summary is no short summary
  CHECK(std::none_of(empty.values.begin(), empty.values.end(),
                     [](const auto& value) { return value.first == "compression" || value.first == kWordsValue; }));
}

TEST_CASE("a length rule that cannot be is refused with its place") {
  if (!templates::TemplateEngine::available()) return;
  const auto message = [](const std::string& rules, const std::string& data = kArticles) {
    const test::TemporaryFolder folder;
    const std::string head = "prompt: \"{{ article }}\"\ntarget: \"{{ faithful }}\"\nscore:\n";
    const std::string path = news_suite(folder, head + rules, data);
    const auto entry = find_suite(path);
    return entry ? test::error_of(path, news_options("generate")) : entry.error().message;
  };
  CHECK(message("  - rouge_l\n  - length\n").empty());
  CHECK(message("  - length: {max_words: 5}\n").empty());
  CHECK_THAT(message("  - length\n"), ContainsSubstring("neither right nor wrong"));
  CHECK_THAT(message("  - length: {of: \"{{ article }}\"}\n  - rouge_l\n"),
             ContainsSubstring("put another rule before it"));
  CHECK_THAT(message("  - rouge_l\n  - length: {min_words: 9, max_words: 3}\n"),
             ContainsSubstring("is above max_words"));
  CHECK_THAT(message("  - rouge_l\n  - length: {max_words: 0}\n"), ContainsSubstring("max_words"));
  CHECK_THAT(message("  - rouge_l\n  - length: {max: 3}\n"), ContainsSubstring("'max'"));
  CHECK_THAT(message("  - rouge_l\n  - length: {of: \"{{ artikel }}\"}\n"),
             ContainsSubstring("did you mean 'article'"));
  CHECK_THAT(message("  - rouge_l\n  - length: {of: \"{{ article }}\"}\n", "article,faithful\n,good\n"),
             ContainsSubstring("the text that length is compared with (of:) is empty"));
}

TEST_CASE("lettered choices of one's own suite are asked in both orders") {
  if (!templates::TemplateEngine::available()) return;
  const test::TemporaryFolder folder;
  const std::string path = news_suite(folder, kPair);
  const auto suite = test::suite_of(path, news_options("generate/letter", 2, {{"order", "rotate"}, {"file", path}}));
  const Item item = test::items_of(*suite).at(1);
  CHECK(asked_text(suite->ask(item, 0)) ==
        "Which fits?\nalpha beta gamma delta\n\nA. good two\nB. bad two\n\nReply A or B.");
  CHECK(asked_text(suite->ask(item, 1)) ==
        "Which fits?\nalpha beta gamma delta\n\nA. bad two\nB. good two\n\nReply A or B.");
  Request swapped = suite->ask(item, 1);
  swapped.sample = 1;
  const Score first = suite->score_episode(item, swapped, test::with_text("A"));
  CHECK(first.value == 0);
  CHECK(first.extracted == "B");  // the letter that the choice has in the first order
  CHECK(test::value_of(first, "order_first_rate") == 1);
  const Score second = suite->score_episode(item, swapped, test::with_text("B"));
  CHECK(second.value == 1);
  CHECK(test::value_of(second, "order_first_rate") == 0);
  CHECK_THAT(test::error_of(path, news_options("loglikelihood", 2, {{"order", "rotate"}})),
             ContainsSubstring("compares the options apart from one another"));
}

TEST_CASE("lettered choices of one's own suite are written in several formats, the examples too") {
  if (!templates::TemplateEngine::available()) return;
  const test::TemporaryFolder folder;
  const std::string path = news_suite(folder, kPair);
  const auto suite = test::suite_of(path, news_options("generate/letter", 9, {{"format", "vary"}}, 1));
  const Item item = test::items_of(*suite).at(1);
  std::vector<std::string> texts;
  for (int sample = 0; sample < 9; ++sample) {
    const Request request = suite->ask(item, sample);
    const auto& messages = std::get<GenerateRequest>(request.body).messages;
    REQUIRE(messages.size() == 3);
    CHECK(messages[1].content == "A");
    texts.push_back(messages[2].content);
    if (sample == 2) {
      CHECK(
          messages[0].content ==
          "Which fits?\none two three four five six seven eight nine ten\n(A) good one\n(B) bad one\n\nReply A or B.");
      CHECK(messages[2].content == "Which fits?\nalpha beta gamma delta\n(A) good two\n(B) bad two\n\nReply A or B.");
    }
  }
  std::sort(texts.begin(), texts.end());
  CHECK(std::adjacent_find(texts.begin(), texts.end()) == texts.end());
}

TEST_CASE(
    "rows that ask the same with other choices are examples of one another, and with the same ones they are not") {
  if (!templates::TemplateEngine::available()) return;
  const test::TemporaryFolder folder;
  const std::string rules =
      "prompt: Which fits?\nchoices: [\"{{ faithful }}\", \"{{ altered }}\"]\ntarget: \"{{ faithful }}\"\n"
      "examples: {count: 1}\nprotocols: [generate/letter]\n";
  CHECK(test::error_of(news_suite(folder, rules), news_options("generate/letter", 1, {}, 1)).empty());
  CHECK_THAT(test::error_of(news_suite(folder, rules, "faithful,altered\na,b\na,b\n"),
                            news_options("generate/letter", 1, {}, 1)),
             ContainsSubstring("only 0 other rows"));
}

TEST_CASE("every kind of suite to begin with is right as it is written") {
  if (!templates::TemplateEngine::available()) return;
  CHECK(custom::new_kinds().front().name == "labels");
  for (const custom::NewKind& kind : custom::new_kinds()) {
    INFO(kind.name);
    const test::TemporaryFolder folder;
    const custom::NewSuite made = custom::new_suite(kind, "s.yaml", "s", "s.csv", {});
    for (const char* mark : {"@SUITE@", "@NAME@", "@DATA@", "@LABELS@", "@CHOICES@"})
      CHECK(made.yaml.find(mark) == std::string::npos);
    folder.write("s.csv", made.data);
    const std::string path = folder.write("s.yaml", made.yaml);
    const auto entry = find_suite(path);
    INFO((entry ? "" : entry.error().message));
    REQUIRE(entry);
    const auto suite = test::suite_of(path, news_options((*entry)->protocols.front().name));
    CHECK(test::items_of(*suite).size() >= 6);
  }
}
