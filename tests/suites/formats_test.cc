// The same question in several formats.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "suites/formats/prompt_format.h"
#include "tests/catch.h"
#include "tests/suites/suite_checks.h"

using namespace assay;
using namespace assay::test;

namespace {

SuiteOptions formatted_options(const std::string& protocol, const std::string& format, int samples, int shots = 0) {
  SuiteOptions options = options_for(protocol, shots, "");
  options.extra = {{"format", format}};
  options.samples = samples;
  return options;
}

std::string text_of(const Request& request) {
  if (const auto* scored = std::get_if<LoglikelihoodRequest>(&request.body)) return scored->context;
  return std::get<GenerateRequest>(request.body).messages.back().content;
}

std::string refusal(const std::string& name, const std::string& protocol, const std::string& format, int samples) {
  return error_of(name, formatted_options(protocol, format, samples));
}

}  // namespace

TEST_CASE("every format asks the same item in another way, and the first is the suite's own") {
  for (const auto& [name, protocol] :
       std::vector<std::pair<std::string, std::string>>{{"mmlu", "loglikelihood"},
                                                        {"mmlu", "loglikelihood/original"},
                                                        {"mmlu", "loglikelihood/cloze"},
                                                        {"mmlu", "top_logprobs"},
                                                        {"mmlu", "generate"},
                                                        {"mmlu", "generate/cot"},
                                                        {"arc_easy", "loglikelihood"},
                                                        {"arc_challenge", "generate"},
                                                        {"winogrande", "generate"},
                                                        {"truthfulqa_mc1", "generate"}}) {
    INFO(name << " " << protocol);
    const auto suite = suite_of(name, formatted_options(protocol, "vary", 9));
    const auto plain = suite_of(name, options_for(protocol, 0, ""));
    const Item item = items_of(*suite).at(1);
    CHECK(suite->ask(item, 0).body == plain->ask(item, 0).body);
    std::set<std::string> texts;
    for (int sample = 0; sample < 9; ++sample) {
      const Request asked = suite->ask(item, sample);
      const std::string text = text_of(asked);
      texts.insert(text);
      const std::string question(item.question.substr(0, 20));
      CHECK(text.find(question) != std::string::npos);
      if (const auto* scored = std::get_if<LoglikelihoodRequest>(&asked.body)) {
        CHECK(scored->continuations == std::get<LoglikelihoodRequest>(plain->ask(item, 0).body).continuations);
        CHECK(text.back() != ' ');  // a continuation begins with the blank
      }
    }
    CHECK(texts.size() == 9);
  }
}

TEST_CASE("a format writes examples and question alike") {
  const auto suite = suite_of("mmlu", formatted_options("loglikelihood", "brackets", 1, 1));
  const Item item = items_of(*suite).front();
  const std::string text = text_of(suite->ask(item, 0));
  CHECK(text.starts_with("The following are multiple choice questions (with answers) about astronomy.\n\nQ: "));
  CHECK(text.ends_with("Q: " + item.question + "\n(A) " + item.fields[0] + "\n(B) " + item.fields[1] + "\n(C) " +
                       item.fields[2] + "\n(D) " + item.fields[3] + "\nA:"));
  CHECK(text.find("\nAnswer:") == std::string::npos);
  CHECK(text.find("\nA: ") != std::string::npos);  // the example's own answer
  CHECK(text.find("\nA. ") == std::string::npos);
}

TEST_CASE("written out, a question is as its format says") {
  const auto formats = formats::prompt_formats();
  const auto named = [&](std::string_view name) {
    const auto found = std::find_if(formats.begin(), formats.end(), [&](const auto& one) { return one.name == name; });
    REQUIRE(found != formats.end());
    return *found;
  };
  const std::vector<std::string> options{"red", "green"};
  CHECK(formats::written_question(named("words"), "What?", options) == "Question: What?\nChoices:\nA. red\nB. green");
  CHECK(formats::written_question(named("one_line"), "What?", options) == "Question: What? (A) red (B) green");
  CHECK(formats::written_question(named("one_line"), "What?", {}) == "Question: What?");
}

TEST_CASE("each format has its accuracy, and the spread is between the best and the worst") {
  const auto suite = suite_of("arc_easy", formatted_options("loglikelihood", "vary", 3));
  std::vector<std::string> names;
  for (const MetricSpec& metric : suite->info().metrics) names.push_back(metric.name);
  CHECK(names == std::vector<std::string>{"accuracy_norm", "accuracy", "accuracy_norm_all_formats",
                                          "accuracy_norm_format_spread", "accuracy_norm_format_reference",
                                          "accuracy_norm_format_parenthesis", "accuracy_norm_format_brackets"});
  const Item item = items_of(*suite).front();
  Request asked = suite->ask(item, 2);
  asked.sample = 2;
  std::vector<double> logprobs(item.choices.size(), -1000);
  logprobs.at(static_cast<std::size_t>(item.target_index)) = -1;
  const Score right = suite->score_episode(item, asked, with_logprobs(logprobs));
  CHECK(value_of(right, "accuracy_norm_format_brackets") == 1);
  CHECK(right.value == 1);
  CHECK(right.why.starts_with("format brackets: chose "));
  const auto has = [&right](const std::string& key) {
    return std::any_of(right.values.begin(), right.values.end(), [&](const auto& one) { return one.first == key; });
  };
  CHECK_FALSE(has("accuracy_norm_format_reference"));  // this sample says nothing of it
}

TEST_CASE("formats are refused where they say nothing, and one that is misspelt is suggested") {
  CHECK_THAT(refusal("mmlu", "loglikelihood", "bracket", 1),
             ContainsSubstring("mmlu: no format 'bracket' (did you mean 'brackets'?); there are reference, "));
  CHECK_THAT(refusal("mmlu", "loglikelihood", "vary", 1), ContainsSubstring("give samples=2 to 9"));
  CHECK_THAT(refusal("mmlu", "loglikelihood", "vary", 10), ContainsSubstring("give samples=2 to 9"));
  CHECK_THAT(refusal("truthfulqa_mc1", "loglikelihood", "vary", 3),
             ContainsSubstring("has no words or marks around question and options that a format could change"));
  CHECK_THAT(refusal("winogrande", "loglikelihood", "dashes", 1), ContainsSubstring("has no words or marks"));
  CHECK_THAT(refusal("hellaswag", "generate", "vary", 3), ContainsSubstring("unknown option 'format'"));
  CHECK_THAT(refusal("gsm8k", "generate", "vary", 3), ContainsSubstring("unknown option 'format'"));
  SuiteOptions both = formatted_options("loglikelihood", "vary", 4);
  both.extra.emplace_back("order", "rotate");
  CHECK_THAT(error_of("mmlu", both), ContainsSubstring("format=vary and order=rotate both say"));
}

TEST_CASE("one format goes together with orders of options") {
  SuiteOptions options = formatted_options("generate", "colons", 4);
  options.extra.emplace_back("order", "rotate");
  const auto suite = suite_of("mmlu", options);
  const Item item = items_of(*suite).front();
  CHECK_THAT(text_of(suite->ask(item, 0)), ContainsSubstring("question: " + item.question + "\nA: " + item.fields[0]));
  CHECK_THAT(text_of(suite->ask(item, 1)), ContainsSubstring("question: " + item.question + "\nA: " + item.fields[1]));
}

TEST_CASE("how often the option shown first is the answer is counted in every order") {
  SuiteOptions options = options_for("generate", 0, "");
  options.extra = {{"order", "rotate"}};
  options.samples = 4;
  const auto suite = suite_of("mmlu", options);
  const Item item = items_of(*suite).front();
  for (int sample = 0; sample < 4; ++sample) {
    Request asked = suite->ask(item, sample);
    asked.sample = sample;
    CHECK(value_of(suite->score_episode(item, asked, with_text("A")), "order_first_rate") == 1);
    CHECK(value_of(suite->score_episode(item, asked, with_text("C")), "order_first_rate") == 0);
    CHECK(value_of(suite->score_episode(item, asked, with_text("no idea")), "order_first_rate") == 0);
  }
}
