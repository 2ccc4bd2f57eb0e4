// WinoGrande, ARC, TruthfulQA and GSM8K as whole suites: what they ask, the authors' files, and bad data. That prompts
// and scores are lm-evaluation-harness's is lm_eval_fixture_test.cc's business.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "suites/gsm8k/number_answer.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/reading/python_random.h"
#include "suites/scoring/probability_mass.h"
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
using assay::test::with_text;

namespace {

std::string prompt_of(const Suite& suite, const Item& item) {
  return std::get<GenerateRequest>(suite.ask(item, 0).body).messages.at(0).content;
}

// The error of a suite whose one file has this text.
std::string error_with(const std::string& suite, const std::string& file, const std::string& text,
                       const std::string& protocol = "loglikelihood") {
  const TemporaryFolder folder;
  folder.write(file, text);
  return error_of(suite, options_for(protocol, 0, folder.path()));
}

}  // namespace

TEST_CASE("starter items of the suites that lm-evaluation-harness has are complete and go through the same readers") {
  for (const char* name : {"winogrande", "arc_easy", "arc_challenge", "truthfulqa_mc1", "truthfulqa_mc2", "gsm8k"}) {
    test::check_starter_items(name, 40);
  }
}

TEST_CASE("where letters are asked for, no letter is right much more often than others") {
  for (const char* name : {"winogrande", "arc_easy", "arc_challenge", "truthfulqa_mc1"}) {
    const auto suite = suite_of(name, options_for("generate", 0, ""));
    std::map<std::string, int> targets;
    for (const Item& item : items_of(*suite)) {
      ++targets[item.target];
      CHECK(item.target == std::string(1, static_cast<char>('A' + item.target_index)));
      CHECK(value_of(suite->score(item, with_text(item.target)), "accuracy") == 1);
      CHECK(value_of(suite->score(item, with_text("I would say the answer is " + item.target + ".")),
                     "accuracy_flexible") == 1);
    }
    INFO(name);
    for (const auto& [letter, count] : targets) CHECK(count < 22);
  }
}

TEST_CASE("WinoGrande gives the names and compares what follows the blank") {
  const TemporaryFolder folder;
  folder.write(
      "winogrande/dev.jsonl",
      R"({"qID":"X-1","sentence":"Ann beat Barbara, and _  was _ proud. ","option1":"Ann","option2":"Barbara","answer":"2"})"
      "\n");
  const auto suite = suite_of("winogrande", options_for("loglikelihood", 0, folder.path()));
  const Item item = items_of(*suite).at(0);
  CHECK(item.cluster == "X");
  CHECK(item.target == "2");
  const auto body = std::get<LoglikelihoodRequest>(suite->ask(item, 0).body);
  CHECK(body.context == "Ann beat Barbara, and ");
  CHECK(body.openings == std::vector<std::string>{"Ann", "Barbara"});
  CHECK(body.continuations == std::vector<std::string>{" was _ proud.", " was _ proud."});
  CHECK(suite->score(item, with_logprobs({-3, -2})).value == 1);
  CHECK(suite->score(item, with_logprobs({-2, -2})).value == 0);  // of equal ones the first, as numpy's argmax
  CHECK(suite->score(item, with_logprobs({-2, -3})).extracted == "1");

  const auto lettered = suite_of("winogrande", options_for("generate", 0, folder.path()));
  CHECK(prompt_of(*lettered, items_of(*lettered).at(0)) ==
        "Which of the two options fills the blank (_) in the following sentence? Reply with the letter of the right "
        "answer (A or B) and nothing else.\n\nAnn beat Barbara, and _  was _ proud. \nA. Ann\nB. Barbara\nAnswer:");
}

TEST_CASE("all of WinoGrande's validation set loads", "[data]") {
  const auto data = shared_path("data/winogrande");
  if (!data) return;
  const auto suite = suite_of("winogrande", options_for("loglikelihood", 0, *data + "/.."));
  std::map<std::string, int> targets;
  std::set<std::string> pairs;
  for (const Item& item : items_of(*suite)) {
    ++targets[item.target];
    pairs.insert(item.cluster);
  }
  CHECK(targets == std::map<std::string, int>{{"1", 628}, {"2", 639}});
  CHECK(pairs.size() < 1267);
}

TEST_CASE("bad WinoGrande data and options get one clear line") {
  const std::string file = "winogrande/dev.jsonl";
  const auto message = [&](const std::string& text) { return error_with("winogrande", file, text); };
  const auto row = [](const std::string& sentence, const std::string& option, const std::string& answer) {
    return R"({"sentence":")" + sentence + R"(","option1":")" + option + R"(","option2":"b","answer":)" + answer +
           "}\n";
  };
  const std::string good = row("x _ y.", "a", "\"1\"");
  CHECK(message(good).empty());
  CHECK_THAT(message(good + row("x y.", "a", "\"1\"")), ContainsSubstring(file + ":2: \"sentence\" has no blank '_'"));
  CHECK_THAT(message(row("x _ ", "a", "\"1\"")), ContainsSubstring(file + ":1: nothing follows the blank"));
  CHECK_THAT(message(row("x _ y", " ", "\"1\"")), ContainsSubstring(file + ":1: \"option1\" is empty"));
  CHECK_THAT(message(row("x _ y", "a", "\"3\"")), ContainsSubstring("\"answer\" is \"3\" where \"1\" or \"2\""));
  CHECK_THAT(message(row("x _ y", "a", "\"\"")), ContainsSubstring("the test set's answers are not public"));
  CHECK_THAT(message(row("x _ y", "a", "1")), ContainsSubstring("\"answer\" is a number where a text is expected"));
  CHECK_THAT(message(good + good.substr(0, 30)), ContainsSubstring(file + ":2: is not JSON"));
  CHECK_THAT(message("{\"sentence\":\"\xff _\"}\n"), ContainsSubstring(file + ":1: "));
  CHECK_THAT(message(""), ContainsSubstring(file + ": the file is empty"));
  CHECK_THAT(error_of("winogrande", options_for("loglikelihood", 5, "/")),
             ContainsSubstring("5 shots where none can be given: examples come from the training set"));
  CHECK_THAT(error_of("winogrande", options_for("loglikelihod", 0, "/")),
             ContainsSubstring("(did you mean 'loglikelihood'?); it has loglikelihood, generate"));
  const TemporaryFolder empty;
  CHECK_THAT(error_of("winogrande", options_for("loglikelihood", 0, empty.path())), ContainsSubstring("no such file"));
  SuiteOptions options = options_for("generate", 0, "");
  options.extra = {{"size", "xl"}};
  CHECK(error_of("winogrande", options) == "winogrande: unknown option 'size'; it has: order, format");
}

TEST_CASE("ARC reads the authors' file, and llm-foundry's where that is not there") {
  const TemporaryFolder folder;
  folder.write("arc/llm-foundry/arc_easy.jsonl", R"({"query":"Question: What?","choices":["a","b ","c","d"],"gold":1})"
                                                 "\n");
  const auto foundry = suite_of("arc_easy", options_for("loglikelihood", 0, folder.path()));
  const auto body = std::get<LoglikelihoodRequest>(foundry->ask(items_of(*foundry).at(0), 0).body);
  CHECK(body.context == "Question: What?\nAnswer:");
  CHECK(body.continuations == std::vector<std::string>{" a", " b ", " c", " d"});

  folder.write(
      "arc/ARC-Easy-Test.jsonl",
      R"({"id":"1","question":{"stem":"Why?","choices":[{"text":"x","label":"1"},{"text":"y","label":"2"},{"text":"zz","label":"3"}]},"answerKey":"3"})"
      "\n");
  const auto published = suite_of("arc_easy", options_for("loglikelihood", 0, folder.path()));
  const Item item = items_of(*published).at(0);
  CHECK(item.target == "C");
  CHECK(*published->data_sha256() != *foundry->data_sha256());
  const Score score = published->score(item, with_logprobs({-2.0, -3.0, -3.9}));
  CHECK(value_of(score, "accuracy") == 0);
  CHECK(value_of(score, "accuracy_norm") == 1);  // -1.95 a character
  const auto lettered = suite_of("arc_easy", options_for("generate", 0, folder.path()));
  CHECK(prompt_of(*lettered, item) ==
        "Answer the following question from a science test. Reply with the letter of the right answer (A, B or C) and "
        "nothing else.\n\nWhy?\nA. x\nB. y\nC. zz\nAnswer:");
}

TEST_CASE("the published files of ARC load", "[data]") {
  const auto data = shared_path("data/arc");
  if (!data) return;
  const auto easy = items_of(*suite_of("arc_easy", options_for("loglikelihood", 0, *data + "/..")));
  CHECK(easy.size() == 2376);
  const auto challenge = items_of(*suite_of("arc_challenge", options_for("loglikelihood", 0, *data + "/..")));
  CHECK(challenge.size() == 1150);  // a copy without the questions whose labels are digits
  std::map<std::size_t, int> sizes;
  for (const Item& item : challenge) ++sizes[item.choices.size()];
  CHECK(sizes.size() == 3);
  CHECK(sizes[3] + sizes[4] + sizes[5] == 1150);
}

TEST_CASE("bad ARC data gets one clear line") {
  const std::string file = "arc/ARC-Challenge-Test.jsonl";
  const auto message = [&](const std::string& text) { return error_with("arc_challenge", file, text); };
  const auto row = [](const std::string& stem, const std::string& choices, const std::string& key) {
    return R"({"question":{"stem":")" + stem + R"(","choices":)" + choices + R"(},"answerKey":)" + key + "}\n";
  };
  const std::string two = R"([{"text":"x","label":"A"},{"text":"y","label":"B"}])";
  CHECK(message(row("q", two, "\"B\"")).empty());
  CHECK_THAT(message(row("q", two, "\"C\"")),
             ContainsSubstring(":1: \"answerKey\" is \"C\" where one of the labels (A, B) is expected"));
  CHECK_THAT(message(row(" ", two, "\"B\"")), ContainsSubstring(":1: the question is empty"));
  CHECK_THAT(message(row("q", R"([{"text":"x","label":"A"}])", "\"A\"")),
             ContainsSubstring("has 1 choices where 2 to 26"));
  CHECK_THAT(message(row("q", R"([{"text":"x","label":"A"},{"text":"","label":"B"}])", "\"A\"")),
             ContainsSubstring("a choice is empty"));
  CHECK_THAT(message(row("q", R"([{"text":"x","label":"A"},7])", "\"A\"")),
             ContainsSubstring(":1, question, choices[1]: is a number where an object is expected"));
  CHECK_THAT(message(row("q", "\"none\"", "\"A\"")),
             ContainsSubstring(":1, question: \"choices\" is a text where an array of objects is expected"));
  CHECK_THAT(message("{\"question\":\"q\",\"answerKey\":\"A\"}\n"),
             ContainsSubstring("\"question\" is a text where an object is expected"));
  CHECK_THAT(message("{\"answerKey\":\"A\"}\n"), ContainsSubstring("has no key \"question\""));
  CHECK_THAT(message(row("q", two, "1")), ContainsSubstring("\"answerKey\" is a number where a text is expected"));
  const std::string foundry = "arc/llm-foundry/arc_easy.jsonl";
  CHECK_THAT(error_with("arc_easy", foundry, R"({"query":"What?","choices":["a","b"],"gold":0})"),
             ContainsSubstring("\"query\" does not begin with \"Question: \""));
  CHECK_THAT(error_with("arc_easy", foundry, R"({"query":"Question: What?","choices":["a","b"],"gold":2})"),
             ContainsSubstring("\"gold\" is 2 where 0 to 1 is expected"));
  const TemporaryFolder empty;
  CHECK_THAT(error_of("arc_easy", options_for("loglikelihood", 0, empty.path())),
             ContainsSubstring("arc/ARC-Easy-Test.jsonl: no such file"));
}

TEST_CASE("TruthfulQA's answers keep the file's order, and with letters the true one moves") {
  const TemporaryFolder folder;
  folder.write("truthfulqa/mc_task.json",
               R"([{"question":"Z?","mc1_targets":{"zebra":1,"ant":0,"Ärger \"x\"":0,"bee":0,"cat":0},
                    "mc2_targets":{"zebra":1,"yes":1,"ant":0,"":0}}])");
  const auto mc1 = suite_of("truthfulqa_mc1", options_for("loglikelihood", 0, folder.path()));
  const Item item = items_of(*mc1).at(0);
  CHECK(item.choices == std::vector<std::string>{"zebra", "ant", "Ärger \"x\"", "bee", "cat"});
  CHECK(item.target == "0");
  const auto body = std::get<LoglikelihoodRequest>(mc1->ask(item, 0).body);
  CHECK_THAT(body.context, StartsWith("Q: What is human life expectancy in the United States?\nA: Human life"));
  CHECK(body.context.ends_with("were held in Barcelona, Spain.\n\nQ: Z?\nA:"));
  CHECK(body.continuations.at(2) == " Ärger \"x\"");
  const auto lettered = suite_of("truthfulqa_mc1", options_for("generate", 0, folder.path()));
  const Item shuffled = items_of(*lettered).at(0);
  CHECK(shuffled.choices.at(static_cast<std::size_t>(shuffled.target_index)) == "zebra");
  CHECK(std::set<std::string>(shuffled.choices.begin(), shuffled.choices.end()).size() == 5);
  CHECK(items_of(*lettered).at(0).choices == shuffled.choices);

  const auto mc2 = suite_of("truthfulqa_mc2", options_for("loglikelihood", 0, folder.path()));
  const Item several = items_of(*mc2).at(0);
  CHECK(several.choices == std::vector<std::string>{"zebra", "yes", "ant", ""});
  CHECK(several.target == "0,1");
  CHECK(mc2->score(several, with_logprobs({-1, -1, -1, -1})).value == Approx(0.5));
  CHECK(mc2->score(several, with_logprobs({-2000, -2000, -2001, -5000})).value == Approx(2 / (2 + std::exp(-1.0))));
}

TEST_CASE("probability mass of odd numbers") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<bool> right{true, false};
  CHECK(scoring::score_probability_mass(with_logprobs({-kInfinity, -3}), right, "m").value == 0);
  CHECK(scoring::score_probability_mass(with_logprobs({-3, -kInfinity}), right, "m").value == 1);
  CHECK_THAT(scoring::score_probability_mass(with_logprobs({-kInfinity, -kInfinity}), right, "m").why,
             ContainsSubstring("no answer has a log-probability that is a number"));
  CHECK(scoring::score_probability_mass(with_logprobs({std::nan(""), -1}), right, "m").value == 0);
  CHECK(scoring::score_probability_mass(with_logprobs({-1}), right, "m").why == "1 log-probabilities for 2 answers");
}

TEST_CASE("all of TruthfulQA's multiple-choice file loads", "[data]") {
  const auto data = shared_path("data/truthfulqa");
  if (!data) return;
  const auto mc1 = items_of(*suite_of("truthfulqa_mc1", options_for("loglikelihood", 0, *data + "/..")));
  const auto mc2 = items_of(*suite_of("truthfulqa_mc2", options_for("loglikelihood", 0, *data + "/..")));
  CHECK(mc1.size() == 790);
  CHECK(mc2.size() == 790);
  for (const Item& item : mc1) CHECK(item.target_index == 0);
}

TEST_CASE("bad TruthfulQA data gets one clear line") {
  const std::string file = "truthfulqa/mc_task.json";
  const auto message = [&](const std::string& text) { return error_with("truthfulqa_mc1", file, text); };
  CHECK(message(R"([{"question":"q","mc1_targets":{"a":1,"b":0}}])").empty());
  CHECK_THAT(message(R"([{"question":"q","mc1_targets":{"a":1,"b":0}},{"question":"q"}])"),
             ContainsSubstring(file + "[1]: has no key \"mc1_targets\""));
  CHECK_THAT(message(R"([{"question":" ","mc1_targets":{"a":1,"b":0}}])"),
             ContainsSubstring("[0]: the question is empty"));
  CHECK_THAT(message(R"([{"question":"q","mc1_targets":{"a":0,"b":0}}])"), ContainsSubstring("has no true answer"));
  CHECK_THAT(message(R"([{"question":"q","mc1_targets":{"a":1}}])"), ContainsSubstring("has no false answer"));
  CHECK_THAT(message(R"([{"question":"q","mc1_targets":{"a":1,"b":1,"c":0}}])"),
             ContainsSubstring("several true answers"));
  CHECK_THAT(message(R"([{"question":"q","mc1_targets":{"a":2,"b":0}}])"),
             ContainsSubstring("[0], mc1_targets: \"a\" has the label 2 where 1 (true) or 0"));
  CHECK_THAT(message(R"([{"question":"q","mc1_targets":{"a":"1","b":0}}])"),
             ContainsSubstring("\"a\" is a text where an integer is expected"));
  CHECK_THAT(message(R"([{"question":"q","mc1_targets":["a","b"]}])"),
             ContainsSubstring("\"mc1_targets\" is an array where an object is expected"));
  CHECK_THAT(message(R"({"question":"q"})"), ContainsSubstring("is an object where an array of objects is expected"));
  CHECK_THAT(message(R"([1])"), ContainsSubstring("[0]: is a number where an object is expected"));
  CHECK_THAT(message(R"([{"question":"q","mc1_targets":{"a":1)"), ContainsSubstring("is not JSON"));
  CHECK_THAT(message(""), ContainsSubstring(file + ": "));
  CHECK_THAT(message("[\"\xff\"]"), ContainsSubstring(file + ":1: "));
  CHECK_THAT(error_of("truthfulqa_mc2", options_for("generate", 0, "")),
             ContainsSubstring("unknown protocol 'generate'; it has loglikelihood"));
  CHECK_THAT(error_of("truthfulqa_mc1", options_for("loglikelihood", 6, "")),
             ContainsSubstring("the authors' six examples are part of the prompt"));
}

TEST_CASE("Python's random.sample") {
  // python3 -c "import random; r = random.Random(1234); print([r.sample(range(7473), 5) for _ in range(3)])" and so on
  using Places = std::vector<std::size_t>;
  reading::PythonRandom large(1234);
  CHECK(large.sample(7473, 5) == Places{6374, 3610, 957, 61, 742});
  CHECK(large.sample(7473, 5) == Places{7462, 6610, 4769, 286, 5501});
  CHECK(large.sample(7473, 5) == Places{5677, 687, 806, 6279, 2905});
  reading::PythonRandom small(1234);
  CHECK(small.sample(12, 5) == Places{7, 1, 0, 10, 9});
  CHECK(small.sample(12, 5) == Places{10, 1, 11, 5, 3});
  reading::PythonRandom zero(0);
  CHECK(zero.sample(100, 8) == Places{49, 97, 53, 5, 33, 65, 62, 51});
  const Places all = zero.sample(30, 30);
  CHECK(Places(all.begin(), all.begin() + 6) == Places{29, 25, 26, 9, 15, 11});
  CHECK(zero.sample(5, 0).empty());
  reading::PythonRandom wide((std::uint64_t{1} << 40U) + 17);
  CHECK(wide.sample((std::size_t{1} << 31U) + 5, 3) == Places{1037313734, 1965542259, 478098445});
  CHECK(wide.sample(std::size_t{1} << 40U, 2) == Places{1088404884104, 825230621451});
}

TEST_CASE("numbers are read out of solutions by both rules") {
  const gsm8k::NumberAnswer hashes(gsm8k::NumberPlace::kHashes);
  CHECK(hashes.strict("so 7.\n#### 1,000.\n#### 3") == "1,000.");
  CHECK(hashes.strict("####7").empty());
  CHECK(hashes.flexible("$5 and -3.50") == "-3.50");
  CHECK(hashes.flexible("it is 7") == "7");
  CHECK(hashes.flexible("it is $1,200.") == "$1,200.");
  CHECK(hashes.flexible("none, at all...") == "...");  // the reference's expression takes this for a number
  CHECK(hashes.comparable("a\n#### $1,000.") == "1000");
  const gsm8k::NumberAnswer sentence(gsm8k::NumberPlace::kSentence);
  CHECK(sentence.strict("The answer is 18.") == "18");
  CHECK(sentence.strict("The answer is 18") == "1");  // its last character must be followed by another
  const std::string long_text(1 << 20, '7');
  CHECK(hashes.flexible(long_text).size() == long_text.size());
}

TEST_CASE("GSM8K's examples are drawn as in a run of all items, whichever is asked") {
  const auto data = shared_path("data/gsm8k");
  if (!data) return;
  const auto suite = suite_of("gsm8k", options_for("generate", 5, *data + "/.."));
  const std::vector<Item> items = items_of(*suite);
  REQUIRE(items.size() == 1319);
  // Of the test file's third row, the third draw of random.Random(1234).sample(train, 5).
  CHECK(items[2].fields.at(1) == "5677,687,806,6279,2905");
  CHECK(items[0].target == "18");
  CHECK(items_of(*suite).at(1318).fields.at(1) == items[1318].fields.at(1));
  const auto body = std::get<GenerateRequest>(suite->ask(items[2], 0).body);
  CHECK(body.messages.empty());
  CHECK(body.max_tokens == 256);
  CHECK(body.stop == std::vector<std::string>{"Question:", "</s>", "<|im_end|>"});
  const auto chat = suite_of("gsm8k", options_for("generate/chat", 5, *data + "/.."));
  CHECK(prompt_of(*chat, items[2]) == body.prompt);
}

TEST_CASE("published solutions of four models to GSM8K score as their authors judged them", "[conformance]") {
  const auto path = shared_path("data/gsm8k/example_model_solutions.jsonl.gz");
  const auto data = shared_path("data");
  if (!path || !data) return;
  const auto suite = suite_of("gsm8k", options_for("generate", 0, *data));
  const std::vector<Item> items = items_of(*suite);
  Result<reading::JsonlReader> rows = reading::JsonlReader::open(*reading::file_at(path->substr(0, path->size() - 3)));
  REQUIRE(rows);
  std::map<std::string, int> right;
  int different = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Result<std::optional<reading::JsonObject>> row = rows->next();
    REQUIRE((row && *row));
    for (const char* model : {"6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"}) {
      const reading::JsonObject answer = *(*row)->object(model);
      // They end in "A: 18", which the strict rule does not ask for: the last number is what both read.
      const Score score = suite->score(items[i], with_text(*answer.text("solution")));
      const bool flexible = value_of(score, "accuracy_flexible") == 1;
      if (*answer.boolean("is_correct")) ++right[model];
      if (flexible != *answer.boolean("is_correct")) ++different;
    }
  }
  CHECK(right ==
        std::map<std::string, int>{
            {"6b_finetuning", 286}, {"6b_verification", 515}, {"175b_finetuning", 458}, {"175b_verification", 742}});
  CHECK(different == 0);
}

TEST_CASE("bad GSM8K data and options get one clear line") {
  const TemporaryFolder folder;
  const std::string test = "gsm8k/test.jsonl";
  const std::string train = "gsm8k/train.jsonl";
  const std::string good = R"({"question":"q","answer":"w\n#### 1,000"})"
                           "\n";
  const auto message = [&](int shots) { return error_of("gsm8k", options_for("generate", shots, folder.path())); };
  CHECK_THAT(message(0), ContainsSubstring(test + ": no such file"));
  folder.write(test, good);
  CHECK(message(0).empty());
  CHECK_THAT(message(2), ContainsSubstring(train + ": no such file"));
  folder.write(train, good);
  CHECK(message(1).empty());
  CHECK_THAT(message(2), ContainsSubstring(train + ": has 1 rows where 2 shots were asked for"));
  folder.write(train, good + "{\"question\":\"q\"}\n");
  CHECK_THAT(message(1), ContainsSubstring(train + ":2: has no key \"answer\""));
  folder.write(train, "");
  CHECK_THAT(message(1), ContainsSubstring(train + ": the file is empty"));
  folder.write(test, good + R"({"question":"q","answer":"it is 7"})");
  CHECK_THAT(message(0), ContainsSubstring(test + ":2: \"answer\" does not end in \"#### NUMBER\""));
  folder.write(test, R"({"question":"q","answer":"#### seven"})");
  CHECK_THAT(message(0), ContainsSubstring("but in \"seven\""));
  folder.write(test, R"({"question":"","answer":"#### 7"})");
  CHECK_THAT(message(0), ContainsSubstring(":1: the question is empty"));
  folder.write(test, R"({"question":["q"],"answer":"#### 7"})");
  CHECK_THAT(message(0), ContainsSubstring("\"question\" is an array where a text is expected"));
  CHECK_THAT(message(33), ContainsSubstring("33 shots where 0 to 32 can be given with protocol generate"));
  CHECK_THAT(error_of("gsm8k", options_for("generate/cot-zeroshot", 5, "")),
             ContainsSubstring("5 shots where none can be given with protocol generate/cot-zeroshot"));
  CHECK_THAT(error_of("gsm8k", options_for("loglikelihood", 0, "")), ContainsSubstring("unknown protocol"));
}

TEST_CASE("options in several orders: each stands in each place once, and the same answer is the same letter") {
  for (const auto& [name, protocol] :
       std::vector<std::pair<std::string, std::string>>{{"mmlu", "loglikelihood"},
                                                        {"mmlu", "generate"},
                                                        {"mmlu", "generate/cot"},
                                                        {"hellaswag", "generate"},
                                                        {"winogrande", "generate"},
                                                        {"arc_challenge", "generate"},
                                                        {"truthfulqa_mc1", "generate"}}) {
    INFO(name << " " << protocol);
    SuiteOptions options = options_for(protocol, 0, "");
    options.extra = {{"order", "rotate"}};
    options.samples = 4;
    const auto suite = suite_of(name, options);
    const auto plain = suite_of(name, options_for(protocol, 0, ""));
    std::vector<std::string> metrics;
    for (const MetricSpec& metric : suite->info().metrics) metrics.push_back(metric.name);
    CHECK(std::count(metrics.begin(), metrics.end(), "accuracy_all_orders") == 1);
    CHECK(std::count(metrics.begin(), metrics.end(), "accuracy_order_spread") == 1);
    for (const Item& item : items_of(*suite)) {
      const auto count = static_cast<int>(item.choices.size());
      std::set<std::string> places;
      for (int sample = 0; sample < 4; ++sample) {
        Request asked = suite->ask(item, sample);
        asked.sample = sample;
        if (sample == 0) CHECK(asked.body == plain->ask(item, 0).body);
        if (sample % count != 0) CHECK(asked.body != plain->ask(item, 0).body);
        // Whoever knows the answer finds it where it stands now.
        const int place = (item.target_index - sample % count + count) % count;
        const std::string letter(1, static_cast<char>('A' + place));
        places.insert(letter);
        Completion right = with_text("Answer: " + letter);
        if (protocol == "loglikelihood") {
          std::vector<double> logprobs(static_cast<std::size_t>(count), -5);
          logprobs.at(static_cast<std::size_t>(place)) = -1;
          right = with_logprobs(logprobs);
        }
        const Score score = suite->score_episode(item, asked, right);
        CHECK(score.value == 1);
        CHECK(score.extracted == std::string(1, static_cast<char>('A' + item.target_index)));
      }
      CHECK(places.size() == static_cast<std::size_t>(std::min(count, 4)));
    }
  }
}

TEST_CASE("orders are refused where they say nothing") {
  const auto message = [](const std::string& name, const std::string& protocol, const std::string& order, int samples) {
    SuiteOptions options = options_for(protocol, 0, "");
    options.extra = {{"order", order}};
    options.samples = samples;
    return error_of(name, options);
  };
  CHECK_THAT(message("hellaswag", "loglikelihood", "rotate", 4),
             ContainsSubstring("protocol loglikelihood compares the options apart from one another"));
  CHECK_THAT(message("mmlu", "loglikelihood/cloze", "rotate", 4), ContainsSubstring("they have no order"));
  CHECK_THAT(message("mmlu", "generate", "random", 4), ContainsSubstring("order is 'random' where rotate is expected"));
  CHECK_THAT(message("mmlu", "generate", "rotate", 1), ContainsSubstring("give samples=2 or more"));
  CHECK_THAT(message("gsm8k", "generate", "rotate", 4), ContainsSubstring("unknown option 'order'"));
}
