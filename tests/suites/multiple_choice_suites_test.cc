// MMLU and HellaSwag as whole suites: against lm-evaluation-harness's own prompts, published per-item results, and bad
// data.
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "suites/mmlu/subjects.h"
#include "suites/reading/csv_reader.h"
#include "suites/reading/json_object.h"
#include "suites/registry.h"
#include "suites/scoring/multiple_choice.h"
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
using assay::test::value_of;
using assay::test::with_logprobs;

namespace {

struct Answered {
  int shots = 0;
  std::string context;
  std::vector<std::string> continuations;
  std::vector<double> logprobs;
  int target = 0;
  double acc = 0;
  std::optional<double> acc_norm;
};

// A reference file's lines by item.
std::map<std::string, Answered> reference(const std::string& path) {
  std::map<std::string, Answered> answers;
  const Result<reading::DataFile> file = reading::file_at(path);
  REQUIRE(file);
  Result<reading::JsonlReader> rows = reading::JsonlReader::open(*file);
  REQUIRE(rows);
  while (true) {
    Result<std::optional<reading::JsonObject>> row = rows->next();
    REQUIRE(row);
    if (!*row) return answers;
    Answered answered;
    answered.shots = static_cast<int>(*(*row)->integer("shots"));
    answered.context = *(*row)->text("context");
    answered.continuations = *(*row)->texts("continuations");
    answered.target = static_cast<int>(*(*row)->integer("target"));
    answered.acc = *(*row)->number("acc");
    if ((*row)->has("acc_norm")) answered.acc_norm = *(*row)->number("acc_norm");
    std::string list = *(*row)->json("logprobs");
    for (std::size_t at = 1; at < list.size();) {
      std::size_t length = 0;
      answered.logprobs.push_back(std::stod(list.substr(at), &length));
      at += length + 1;
    }
    answers.emplace(*(*row)->text("item"), std::move(answered));
  }
}

// Checks prompts and scores of every reference answer of a file; returns how many there were.
int check_against(const std::string& file, const std::string& suite_name) {
  const std::optional<std::string> path = shared_path("oracle/" + file);
  const std::optional<std::string> data = shared_path("data");
  if (!path || !data) return -1;
  const std::map<std::string, Answered> answers = reference(path->substr(0, path->size() - 3));
  REQUIRE_FALSE(answers.empty());
  const auto suite = suite_of(suite_name, options_for("loglikelihood", answers.begin()->second.shots, *data));
  Result<std::unique_ptr<ItemSource>> source = suite->load();
  REQUIRE(source);
  int found = 0;
  while (found < static_cast<int>(answers.size())) {
    const Result<std::optional<Item>> next = (*source)->next();
    REQUIRE(next);
    if (!*next) break;
    const Item& item = **next;
    const auto answer = answers.find(item.id);
    if (answer == answers.end()) continue;
    ++found;
    const Answered& expected = answer->second;
    INFO(item.id);
    const Request request = suite->ask(item, 0);
    const auto& body = std::get<LoglikelihoodRequest>(request.body);
    CHECK(body.context == expected.context);
    CHECK(body.continuations == expected.continuations);
    CHECK(item.target_index == expected.target);
    const Score score = suite->score(item, with_logprobs(expected.logprobs));
    CHECK(value_of(score, "accuracy") == expected.acc);
    if (expected.acc_norm) CHECK(value_of(score, "accuracy_norm") == *expected.acc_norm);
  }
  CHECK(found == static_cast<int>(answers.size()));
  return found;
}

}  // namespace

TEST_CASE("prompts and scores equal lm-evaluation-harness's on every reference item", "[conformance]") {
  for (const char* file : {"mmlu_5shot.jsonl.gz", "mmlu_0shot.jsonl.gz", "gemma_mmlu_0shot.jsonl.gz"}) {
    if (check_against(file, "mmlu") < 0) return;
  }
  for (const char* file : {"hellaswag.jsonl.gz", "gemma_hellaswag.jsonl.gz"}) check_against(file, "hellaswag");
}

TEST_CASE("all of MMLU loads, with unique ids and the authors' groups", "[data]") {
  const std::optional<std::string> data = shared_path("data/mmlu");
  if (!data) return;
  const auto suite = suite_of("mmlu", options_for("loglikelihood", 5, *data + "/.."));
  const std::vector<Item> items = items_of(*suite);
  REQUIRE(items.size() == 14042);
  std::set<std::string> ids;
  std::map<std::string, int> answers;
  std::map<std::string, int> categories;
  for (std::size_t i = 0; i < items.size(); ++i) {
    ids.insert(items[i].id);
    ++answers[items[i].target];
    ++categories[items[i].groups.at(0).name];
    if (items[i].order != static_cast<std::int64_t>(i)) FAIL("order of " << items[i].id);
  }
  CHECK(ids.size() == 14042);
  CHECK(answers == std::map<std::string, int>{{"A", 3222}, {"B", 3462}, {"C", 3582}, {"D", 3776}});
  // The paper's own group sizes: STEM 3,018, humanities 4,705, social sciences 3,077, other 3,242.
  CHECK(categories ==
        std::map<std::string, int>{{"stem", 3018}, {"humanities", 4705}, {"social_sciences", 3077}, {"other", 3242}});
  // What pandas would read as missing is text.
  for (const Item& item : items) {
    if (item.id == "mmlu/college_physics/60") CHECK(std::count(item.fields.begin(), item.fields.end(), "None") == 1);
  }
  const Result<std::string> hash = suite->data_sha256();
  REQUIRE(hash);
  CHECK(hash->size() == 64);
}

TEST_CASE("all of HellaSwag loads", "[data]") {
  const std::optional<std::string> data = shared_path("data/hellaswag");
  if (!data) return;
  const auto suite = suite_of("hellaswag", options_for("loglikelihood", 0, *data + "/.."));
  const std::vector<Item> items = items_of(*suite);
  REQUIRE(items.size() == 10042);
  std::map<std::string, int> labels;
  std::map<std::string, int> sources;
  for (const Item& item : items) {
    ++labels[item.target];
    ++sources[item.groups.at(0).name];
  }
  CHECK(labels == std::map<std::string, int>{{"0", 2515}, {"1", 2485}, {"2", 2584}, {"3", 2458}});
  CHECK(sources == std::map<std::string, int>{{"activitynet", 3243}, {"wikihow", 6799}});
  CHECK(items[5000].id == "hellaswag/5000");
}

TEST_CASE("published answers of llama-7b to all of MMLU score as published", "[conformance]") {
  const std::optional<std::string> answers = shared_path("data/mmlu/reference/openfeedback/llama-7b");
  const std::optional<std::string> data = shared_path("data");
  if (!answers || !data) return;
  const auto suite = suite_of("mmlu", options_for("loglikelihood/original", 0, *data));
  const std::vector<Item> items = items_of(*suite);
  std::size_t at = 0;
  int right = 0;
  int disagreements = 0;
  double sum_of_means = 0;
  for (const mmlu::Subject& subject : mmlu::all_subjects()) {
    const Result<reading::DataFile> file = reading::file_at(*answers + "/" + std::string(subject.name) + ".csv");
    REQUIRE(file);
    Result<reading::CsvReader> rows = reading::CsvReader::open(*file);
    REQUIRE(rows);
    REQUIRE(rows->next(11));  // the header
    int subject_right = 0;
    int subject_items = 0;
    while (true) {
      const Result<const reading::CsvRow*> row = rows->next(11);
      REQUIRE(row);
      if (*row == nullptr) break;
      const std::vector<std::string>& fields = (*row)->fields;
      const Item& item = items.at(at++);
      REQUIRE(item.cluster == subject.name);
      REQUIRE(item.target == fields[5]);
      // Its probabilities, not their logarithms: the order is what counts.
      const Score score = suite->score(item, with_logprobs({std::stod(fields[7]), std::stod(fields[8]),
                                                            std::stod(fields[9]), std::stod(fields[10])}));
      if ((score.value > 0) != (fields[6] == "True")) ++disagreements;
      subject_right += score.value > 0 ? 1 : 0;
      ++subject_items;
    }
    right += subject_right;
    sum_of_means += static_cast<double>(subject_right) / subject_items;
  }
  CHECK(at == 14042);
  CHECK(disagreements == 0);
  CHECK(right == 4946);
  CHECK(sum_of_means / 57 == Approx(0.3569).margin(0.00005));
}

TEST_CASE("the subjects' table is complete") {
  std::map<std::string_view, int> categories;
  std::map<std::string_view, std::set<std::string_view>> subcategories;
  std::string_view last;
  for (const mmlu::Subject& subject : mmlu::all_subjects()) {
    CHECK(last < subject.name);
    last = subject.name;
    ++categories[subject.category];
    subcategories[subject.subcategory].insert(subject.category);
  }
  // As categories.py: 57 subjects, 17 subcategories, each in one category.
  CHECK(categories ==
        std::map<std::string_view, int>{{"stem", 18}, {"humanities", 13}, {"social_sciences", 12}, {"other", 14}});
  CHECK(subcategories.size() == 17);
  for (const auto& [name, in] : subcategories) {
    INFO(name);
    CHECK(in.size() == 1);
  }
  CHECK(mmlu::find_subject("astronomy")->category == "stem");
  CHECK(mmlu::find_subject("anatomy")->category == "other");
  CHECK(mmlu::find_subject("alchemy") == nullptr);
}

TEST_CASE("MMLU's prompts, protocol by protocol") {
  const TemporaryFolder folder;
  folder.write("mmlu/dev/high_school_physics_dev.csv", "\" What is 1? \",w,x,y,z,B\nTwo?,1,2,3,4,C\n");
  folder.write("mmlu/test/high_school_physics_test.csv", "\"\nWhy? \", a,b ,None,0.5,D\n");
  const auto ask = [&](const std::string& protocol, int shots) {
    SuiteOptions options = options_for(protocol, shots, folder.path());
    options.extra = {{"subjects", "high_school_physics"}};
    const auto suite = suite_of("mmlu", options);
    return suite->ask(items_of(*suite).at(0), 0);
  };
  const auto scored = [&](const std::string& protocol, int shots) {
    return std::get<LoglikelihoodRequest>(ask(protocol, shots).body);
  };
  const auto written = [&](const std::string& protocol, int shots) {
    return std::get<GenerateRequest>(ask(protocol, shots).body);
  };

  const LoglikelihoodRequest harness = scored("loglikelihood", 1);
  CHECK(harness.context ==
        "The following are multiple choice questions (with answers) about high school physics.\n\n"
        "What is 1?\nA. w\nB. x\nC. y\nD. z\nAnswer: B\n\n"
        "Why?\nA.  a\nB. b \nC. None\nD. 0.5\nAnswer:");
  CHECK(harness.continuations == std::vector<std::string>{" A", " B", " C", " D"});
  CHECK(harness.droppable.empty());

  const LoglikelihoodRequest original = scored("loglikelihood/original", 2);
  CHECK(original.context ==
        "The following are multiple choice questions (with answers) about  high school physics.\n\n"
        " What is 1? \nA. w\nB. x\nC. y\nD. z\nAnswer: B\n\n"
        "Two?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: C\n\n"
        "\nWhy? \nA.  a\nB. b \nC. None\nD. 0.5\nAnswer:");
  CHECK(original.max_context_tokens == 2048);
  REQUIRE(original.droppable.size() == 2);
  const auto part = [&](const TextSpan& span) { return original.context.substr(span.begin, span.end - span.begin); };
  CHECK(part(original.droppable[0]) == " What is 1? \nA. w\nB. x\nC. y\nD. z\nAnswer: B\n\n");
  CHECK(part(original.droppable[1]) == "Two?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: C\n\n");

  const LoglikelihoodRequest cloze = scored("loglikelihood/cloze", 1);
  CHECK(cloze.context ==
        "The following are questions about high school physics.\n"
        "Question:  What is 1? \nAnswer: x\n\n"
        "Question: \nWhy? \nAnswer:");
  CHECK(cloze.continuations == std::vector<std::string>{"  a", " b ", " None", " 0.5"});

  const GenerateRequest letter = written("generate", 1);
  REQUIRE(letter.messages.size() == 1);
  CHECK(letter.messages[0].content ==
        "Answer the following multiple choice question about high school physics. Reply with the letter of the right "
        "answer (A, B, C or D) and nothing else.\n\n"
        "What is 1?\nA. w\nB. x\nC. y\nD. z\nAnswer: B\n\n"
        "Why?\nA.  a\nB. b \nC. None\nD. 0.5\nAnswer:");
  CHECK(letter.temperature == 0);
  CHECK(letter.choices == std::vector<std::string>{"A", "B", "C", "D"});
  CHECK(written("top_logprobs", 0).top_logprobs == 20);
  CHECK(written("top_logprobs", 0).max_tokens == 1);

  CHECK(written("generate/cot", 0).messages.at(0).content ==
        "Answer the following multiple choice question. The last line of your response should be of the following "
        "format: 'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. Think step by step before "
        "answering.\n\n\nWhy? \n\nA)  a\nB) b \nC) None\nD) 0.5");
}

TEST_CASE("a sample's request differs from another's in its seed alone") {
  const auto suite = suite_of("mmlu", options_for("generate", 0, ""));
  const Item item = items_of(*suite).at(0);
  const auto first = std::get<GenerateRequest>(suite->ask(item, 0).body);
  const auto second = std::get<GenerateRequest>(suite->ask(item, 1).body);
  CHECK(first.seed != second.seed);
  CHECK(first.messages == second.messages);
  CHECK(first.seed == std::get<GenerateRequest>(suite->ask(item, 0).body).seed);
}

TEST_CASE("starter items are complete and go through the same readers") {
  for (const SuiteEntry& entry : builtin_suites()) {
    if (entry.name != "mmlu" && entry.name != "hellaswag") continue;
    for (const Protocol& protocol : entry.protocols) {
      INFO(entry.name << " " << protocol.name);
      const auto suite =
          suite_of(entry.name, options_for(protocol.name, std::min(entry.default_shots, protocol.max_shots), ""));
      CHECK(suite->data_sha256()->size() == 64);
      const std::vector<Item> items = items_of(*suite);
      CHECK(items.size() >= 40);
      std::set<std::string> questions;
      std::map<int, int> targets;
      for (const Item& item : items) {
        questions.insert(item.question);
        ++targets[item.target_index];
        CHECK(std::set<std::string>(item.choices.begin(), item.choices.end()).size() == 4);
      }
      CHECK(questions.size() == items.size());
      for (const auto& [target, count] : targets) CHECK(count >= 7);
      // Exactly one metric is the headline, and it is what a score's own value is.
      std::vector<std::string> headlines;
      for (const MetricSpec& metric : suite->info().metrics) {
        if (metric.headline) headlines.push_back(metric.value);
      }
      REQUIRE(headlines.size() == 1);
      Completion right = with_logprobs({-9, -9, -9, -9});
      right.continuations.at(static_cast<std::size_t>(items[0].target_index)).logprob = -0.01;
      const std::string label = scoring::letter(items[0].target_index);
      right.text = std::string("Answer: ").append(label);
      right.top_logprobs = {{std::string(" ").append(label), -0.1}, {"x", -3}};
      const Score score = suite->score(items[0], right);
      INFO(score.why);
      CHECK(score.value == 1);
      CHECK(value_of(score, headlines[0]) == 1);
      for (const MetricSpec& metric : suite->info().metrics) value_of(score, metric.value);
    }
  }
}

TEST_CASE("bad MMLU data and options get one clear line") {
  const TemporaryFolder folder;
  SuiteOptions options = options_for("loglikelihood", 1, folder.path());
  options.extra = {{"subjects", "astronomy"}};
  const std::string dev = "mmlu/dev/astronomy_dev.csv";
  const std::string test = "mmlu/test/astronomy_test.csv";
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(test + ": no such file, neither plain nor with .gz"));
  folder.write(test, "q,a,b,c,d,A\n");
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(dev + ": no such file"));
  folder.write(dev, "q,a,b,c,d,A\n\"the \"best\" one\",a,b,c,d,A\n");
  options.shots = 2;
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(dev + ":2: a field goes on behind its closing quote"));
  folder.write(dev, "the \"best\" one,a,b,c,d,A\n ,a,b,c,d,A\n");
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(dev + ":2: the question is empty"));
  folder.write(dev, "q,a,b,c,d,A\nq,a,\"\",c,d,A\n");
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(dev + ":2: the option B is empty"));
  options.shots = 1;
  folder.write(dev, "q,a,b,c,d,A\n");
  CHECK(error_of("mmlu", options).empty());
  options.shots = 2;
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(dev + ": has 1 rows where 2 shots were asked for"));
  options.shots = 6;
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring("6 shots where 0 to 5 can be given"));
  options.shots = 0;
  folder.write(test, "q,a,b,c,d,A\nq,a,b,c,d\n");
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(test + ":2: has 5 fields where 6 are expected"));
  folder.write(test, "q,a,b,c,d,A\n\"q\n\",a,b,c,d,E\n");
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(test + ":2: the answer is \"E\" where A, B, C or D"));
  folder.write(test, "");
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring(test + ": the file is empty"));
  options.extra = {{"subjects", "astronomy, astrology"}};
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring("unknown subject 'astrology' (did you mean '"));
  options.extra = {{"subject", "astronomy"}};
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring("unknown option 'subject' (did you mean 'subjects'?)"));
  options.extra = {{"subjects", " ,"}};
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring("the option 'subjects' names none"));
  options.extra.clear();
  options.protocol = "loglikelyhood";
  CHECK_THAT(error_of("mmlu", options), ContainsSubstring("(did you mean 'loglikelihood'?)"));
  CHECK_THAT(error_of("mmlu", options_for("generate/cot", 5, folder.path())),
             ContainsSubstring("5 shots where none can be given with protocol generate/cot"));
  CHECK_THAT(error_of("mmlu", options_for("loglikelihood", 0, "/nonexistent")),
             StartsWith("/nonexistent: no such data folder"));
  CHECK_THAT(find_suite("mmul").error().message, ContainsSubstring("(did you mean 'mmlu'?)"));
}

TEST_CASE("bad HellaSwag data and options get one clear line") {
  const TemporaryFolder folder;
  const std::string file = "hellaswag/hellaswag_val.jsonl";
  const std::string good = R"({"activity_label":"L","ctx_a":"A.","ctx_b":"b","endings":["1","2","3","4"],"label":2})"
                           "\n";
  const auto message = [&](const std::string& text) {
    folder.write(file, text);
    return error_of("hellaswag", options_for("loglikelihood", 0, folder.path()));
  };
  CHECK(message(good).empty());
  CHECK(message(R"({"activity_label":"L","ctx_a":"A.","ctx_b":"","endings":["1","2","3","4"],"label":"2"})").empty());
  CHECK_THAT(message(good + R"({"activity_label":"L","ctx_a":" ","ctx_b":"","endings":["1","2","3","4"],"label":2})"),
             ContainsSubstring(file + ":2: the context (ctx_a, ctx_b) is empty"));
  CHECK_THAT(message(good + R"({"activity_label":"L","ctx_a":"A","ctx_b":"","endings":["1","2"," ","4"],"label":2})"),
             ContainsSubstring(file + ":2: an ending is empty"));
  CHECK_THAT(message(good + "[]\n"), ContainsSubstring(file + ":2: is an array where an object is expected"));
  CHECK_THAT(message(good + "{\"ctx_a\":\"x\"}\n"), ContainsSubstring(file + ":2: has no key \"activity_label\""));
  CHECK_THAT(message(R"({"activity_label":"L","ctx_a":7,"ctx_b":"b","endings":[],"label":2})"),
             ContainsSubstring(file + ":1: \"ctx_a\" is a number where a text is expected"));
  CHECK_THAT(message(R"({"activity_label":"L","ctx_a":"A","ctx_b":"b","endings":["1"],"label":2})"),
             ContainsSubstring(file + ":1: has 1 endings where 4 are expected"));
  CHECK_THAT(message(R"({"activity_label":"L","ctx_a":"A","ctx_b":"b","endings":["1","2","3","4"],"label":4})"),
             ContainsSubstring(file + ":1: \"label\" is 4 where 0 to 3 is expected"));
  CHECK_THAT(message(R"({"activity_label":"L","ctx_a":"A","ctx_b":"b","endings":["1","2","3","4"],"label":""})"),
             ContainsSubstring(file + ":1: \"label\" is \"\" where an integer is expected"));
  CHECK_THAT(message(good + good.substr(0, 40)), ContainsSubstring(file + ":2: is not JSON"));
  CHECK_THAT(message(""), ContainsSubstring(file + ": the file is empty"));
  CHECK_THAT(error_of("hellaswag", options_for("loglikelihood", 10, folder.path())),
             ContainsSubstring("10 shots where none can be given"));
  CHECK_THAT(error_of("hellaswag", options_for("generat", 0, folder.path())),
             ContainsSubstring("(did you mean 'generate'?)"));
  SuiteOptions options = options_for("generate", 0, folder.path());
  options.extra = {{"split", "test"}};
  CHECK_THAT(error_of("hellaswag", options), ContainsSubstring("unknown option 'split'") && EndsWith("order"));
}
