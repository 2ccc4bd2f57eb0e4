// LegalBench: judgement and task scores against a second implementation (tests/conformance/legalbench/fixture.py wrote
// tests/cases/suites/legalbench.jsonl, on scikit-learn and NLTK), the authors' files, and bad data.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "results/statistics/metric_accumulator.h"
#include "suites/legalbench/judging.h"
#include "suites/legalbench/porter_stem.h"
#include "suites/legalbench/task.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "tests/catch.h"
#include "tests/suites/shared_data.h"
#include "tests/suites/suite_checks.h"
#include "tests/suites/temporary_folder.h"

using namespace assay;
using assay::test::error_of;
using assay::test::items_of;
using assay::test::options_for;
using assay::test::shared_path;
using assay::test::suite_of;
using assay::test::TemporaryFolder;
using assay::test::with_text;

namespace {

// A task's score as results/statistics puts it together from what the suite says of each answer.
std::optional<double> task_score(const std::string& task, const std::vector<std::string>& generations,
                                 const std::vector<std::string>& answers) {
  const auto judging = legalbench::judging_of(task);
  statistics::MetricAccumulator metric({"m", "s", Aggregation::kMacroBalancedAccuracy, 0, "task", true});
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Item item;
    item.groups = {{"task", task}, {"class", legalbench::gold_class(judging, answers[i])}};
    const legalbench::Judgement judgement = legalbench::judge(judging, generations[i], answers[i]);
    statistics::ItemSamples samples;
    samples.add(judgement.value, judgement.weight);
    metric.add(item, samples);
  }
  return metric.estimate().value;
}

}  // namespace

TEST_CASE("LegalBench's task scores and stems are the second implementation's", "[conformance]") {
  Result<reading::JsonlReader> rows =
      reading::JsonlReader::open(*reading::file_at(test::source_path("tests/cases/suites/legalbench.jsonl")));
  REQUIRE(rows);
  int batches = 0;
  int answers = 0;
  int words = 0;
  while (true) {
    Result<std::optional<reading::JsonObject>> row = rows->next();
    REQUIRE(row);
    if (!*row) break;
    INFO((*row)->where());
    if ((*row)->has("word")) {
      ++words;
      CHECK(legalbench::porter_stem(*(*row)->text("word")) == *(*row)->text("stem"));
      continue;
    }
    ++batches;
    const std::string task = *(*row)->text("task");
    INFO(task);
    const std::vector<std::string> gold = *(*row)->texts("answers");
    answers += static_cast<int>(gold.size());
    const auto score = task_score(task, *(*row)->texts("generations"), gold);
    CHECK(score.has_value() == (*row)->has("score"));
    if (score && (*row)->has("score")) CHECK(*score == Approx(*(*row)->number("score")).margin(1e-12).epsilon(1e-12));
  }
  CHECK(batches >= 300);
  CHECK(answers >= 3000);
  CHECK(words >= 1000);
}

TEST_CASE("LegalBench's starter items are complete and go through the same readers") {
  test::check_starter_items("legalbench", 40);
  const auto suite = suite_of("legalbench", options_for("generate", 0, ""));
  std::set<std::string> tasks;
  for (const Item& item : items_of(*suite)) {
    tasks.insert(item.groups.at(1).name);
    // Two names that are both found count one as false on the way: the reference's F1 of them is 0.8.
    const bool two_names = item.groups.at(1).name == "ssla_plaintiff" && item.target.find(',') != std::string::npos;
    CHECK(suite->score(item, with_text(" " + item.target + " ")).value == (two_names ? 0.8 : 1));
    CHECK(suite->score(item, with_text("")).value == 0);
  }
  CHECK(tasks.size() == 5);
}

TEST_CASE("LegalBench's prompt is the authors' with the row's columns put in") {
  const TemporaryFolder folder;
  folder.write("legalbench/tasks/a task/base_prompt.txt", "Is it?\r\n{{b}} and {{a b}} and {{b}}\nA:");
  folder.write("legalbench/tasks/a task/test.tsv", "index\ta b\tb\tanswer\n0\t\"x {{b}}\"\t\"say \"\"y\"\"\"\tYes\n");
  folder.write("legalbench/tasks/hearsay/base_prompt.txt", "{{text}}");
  folder.write("legalbench/pre-release-2023-03/hearsay/test.tsv", "label\ttext\nNo\tt\n");
  folder.write("legalbench/tasks/proa/base_prompt.txt", "{{text}}");
  folder.write("legalbench/tasks/proa/train.tsv", "index\tanswer\ttext\n0\tNo\tt\n");
  const auto suite = suite_of("legalbench", options_for("generate", 0, folder.path()));
  const std::vector<Item> items = items_of(*suite);
  REQUIRE(items.size() == 2);
  CHECK(items[0].id == "legalbench/a task/0");
  CHECK(items[0].groups == std::vector<Group>{{"reasoning", "other"}, {"task", "a task"}, {"class", "yes"}});
  CHECK(items[1].id == "legalbench/hearsay/0");
  CHECK(items[1].groups.at(0).name == "conclusion");
  const auto body = std::get<GenerateRequest>(suite->ask(items[0], 0).body);
  CHECK(body.prompt == "Is it?\nsay \"y\" and x {{b}} and say \"y\"\nA:");
  CHECK(body.stop == std::vector<std::string>{"\n"});
  const auto chat = suite_of("legalbench", options_for("generate/chat", 0, folder.path()));
  CHECK(std::get<GenerateRequest>(chat->ask(items[0], 0).body).messages.at(0).content == body.prompt);

  const Score right = suite->score(items[0], with_text(" **yes.**\n"));
  CHECK(right.value == 1);
  CHECK(right.extracted == "yes");
  CHECK(suite->score(items[0], with_text("Yes, because")).why == "answered 'yes because', right is 'Yes'");
  CHECK(suite->score(items[0], with_text("\xff")).value == 0);

  SuiteOptions options = options_for("generate", 0, folder.path());
  options.extra = {{"tasks", "hear*"}};
  CHECK(items_of(*suite_of("legalbench", options)).size() == 1);
}

TEST_CASE("an item of an F1 task weighs what it counts") {
  // 1 found, 1 false, 0 missed; 0 found, 0 false, 2 missed: F1 = 2 / (2 + 1 + 2)
  CHECK(task_score("successor_liability", {"de facto merger and mere continuation", "none"},
                   {"de facto merger", "express agreement,mere continuation"})
            .value() == Approx(0.4));
  CHECK_FALSE(task_score("ssla_plaintiff", {}, {}).has_value());
}

TEST_CASE("tasks of the authors' list have their kind of reasoning and of judgement") {
  using legalbench::Judging;
  CHECK(legalbench::judging_of("sara_entailment") == Judging::kExact);
  CHECK(legalbench::judging_of("ssla_individual_defendants") == Judging::kParties);
  CHECK(legalbench::judging_of("rule_qa") == Judging::kByHand);
  CHECK(legalbench::reasoning_of("cuad_audit_rights") == "interpretation");
  CHECK(legalbench::reasoning_of("learned_hands_torts") == "issue");
  CHECK(legalbench::reasoning_of("proa") == "interpretation");
  CHECK(legalbench::reasoning_of("proactive") == "other");
  const auto data = shared_path("data/legalbench/tasks");
  if (!data) return;
  const auto folder = reading::DataFolder::on_disk(*data + "/..");
  for (const std::string& task : folder.subfolders("tasks")) {
    INFO(task);
    CHECK(legalbench::reasoning_of(task) != "other");
  }
}

TEST_CASE("the tasks of LegalBench that have test files load", "[data]") {
  const auto data = shared_path("data/legalbench");
  if (!data) return;
  const auto suite = suite_of("legalbench", options_for("generate", 0, *data + "/.."));
  std::map<std::string, int> tasks;
  std::set<std::string> classes;
  for (const Item& item : items_of(*suite)) {
    ++tasks[item.groups.at(1).name];
    classes.insert(item.groups.at(2).name);
    if (item.question.find("{{") != std::string::npos) FAIL(item.id << " has an unfilled column");
  }
  CHECK(tasks.size() == 11);
  CHECK(tasks["overruling"] == 2394);
  CHECK(tasks["diversity_6"] == 300);
  CHECK(tasks["hearsay"] == 95);
  CHECK(classes == std::set<std::string>{"no", "yes"});
}

TEST_CASE("bad LegalBench data and options get one clear line") {
  const TemporaryFolder folder;
  const std::string prompt = "legalbench/tasks/t/base_prompt.txt";
  const std::string items = "legalbench/tasks/t/test.tsv";
  const auto message = [&] { return error_of("legalbench", options_for("generate", 0, folder.path())); };
  CHECK_THAT(message(), ContainsSubstring("legalbench/tasks/TASK/test.tsv: no such file"));
  folder.write(prompt, "{{text}}");
  CHECK_THAT(message(), ContainsSubstring("TASK is any of its tasks"));
  folder.write(items, "index\ttext\tanswer\n0\tt\tYes\n");
  CHECK(message().empty());
  folder.write(prompt, "no column");
  CHECK_THAT(message(), ContainsSubstring(prompt + ": the prompt has no {{column}}"));
  folder.write(prompt, "{{text");
  CHECK_THAT(message(), ContainsSubstring("a {{ of the prompt is not closed"));
  folder.write(prompt, "{{txet}}");
  CHECK_THAT(message(),
             ContainsSubstring("asks for {{txet}}, a column that the task's file has not (did you mean 'text'?)"));
  folder.write(prompt, "{{text}}\xff");
  CHECK_THAT(message(), ContainsSubstring(prompt + ": is not text in UTF-8"));
  folder.write(prompt, "");
  CHECK_THAT(message(), ContainsSubstring(prompt + ": the file is empty"));
  folder.write(prompt, "{{text}}");
  folder.write(items, "index\ttext\tgold\n0\tt\tYes\n");
  CHECK_THAT(message(), ContainsSubstring(items + ":1: has no column \"answer\" (or \"label\")"));
  folder.write(items, "index\ttext\tanswer\n");
  CHECK_THAT(message(), ContainsSubstring(items + ": has a header and no items"));
  folder.write(items, "");
  CHECK_THAT(message(), ContainsSubstring(items + ": the file is empty"));
  folder.write(items, "index\ttext\tanswer\n0\tt\n");
  CHECK_THAT(message(), ContainsSubstring(items + ":2: has 2 fields where 3 are expected"));
  folder.write(items, "index\ttext\tanswer\n0\tt\t \n");
  CHECK_THAT(message(), ContainsSubstring(items + ":2: the answer is empty"));
  folder.write(items, "index\ttext\tanswer\n0\t\"t\tYes\n");
  CHECK_THAT(message(), ContainsSubstring(items + ":2: the quoted field that starts here never ends"));
  folder.write(items, "index\ttext\tanswer\n0\t\xff\tYes\n");
  CHECK_THAT(message(), ContainsSubstring(items + ":2: "));
  folder.write("legalbench/tasks/sara_numeric/base_prompt.txt", "{{text}}");
  folder.write("legalbench/tasks/sara_numeric/test.tsv", "text\tanswer\nt\t$4.5k\n");
  SuiteOptions options = options_for("generate", 0, folder.path());
  options.extra = {{"tasks", "sara_numeric"}};
  CHECK_THAT(error_of("legalbench", options),
             ContainsSubstring(":2: the answer is '$4.5k' where an amount like $62000"));
  options.extra = {{"tasks", "sara_numerik"}};
  CHECK_THAT(error_of("legalbench", options),
             ContainsSubstring("no task 'sara_numerik' (did you mean 'sara_numeric'?)"));
  options.extra = {{"tasks", ","}};
  CHECK_THAT(error_of("legalbench", options), ContainsSubstring("the option 'tasks' names none"));
  options.extra = {{"task", "t"}};
  CHECK_THAT(error_of("legalbench", options), ContainsSubstring("unknown option 'task' (did you mean 'tasks'?)"));
  folder.write("legalbench/tasks/rule_qa/base_prompt.txt", "{{text}}");
  folder.write("legalbench/tasks/rule_qa/test.tsv", "text\tanswer\nt\ta\n");
  options.extra = {{"tasks", "rule_qa"}};
  CHECK_THAT(error_of("legalbench", options), ContainsSubstring("rule_qa is judged by hand"));
  CHECK_THAT(error_of("legalbench", options_for("generate", 2, "")),
             ContainsSubstring("2 shots where none can be given: the prompts have their examples in them"));
}
