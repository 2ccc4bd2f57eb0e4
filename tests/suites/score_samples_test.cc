// Completions of another tool, scored: the file in, a run and verdicts line by line out.
#include "harness/run/score_samples.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"
#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"

namespace assay {
namespace {

struct Messages : RunObserver {
  std::vector<std::string> lines;
  void on_message(const std::string& line) override { lines.push_back(line); }
};

class Scoring {
 public:
  explicit Scoring(const std::string& samples, const std::string& suite = "humaneval") {
    std::ofstream(path("samples.jsonl")) << samples;
    config.suites.emplace_back().name = suite;
    config.starter = true;
    config.run_path = path("run.db");
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  Result<RunOutcome> score() {
    return score_samples(config, path("samples.jsonl"), path("results.jsonl"), messages, StopSignal{});
  }

  [[nodiscard]] std::vector<std::string> results() const {
    std::vector<std::string> lines;
    std::ifstream file(path("results.jsonl"));
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  RunConfig config;
  Messages messages;

 private:
  test::TemporaryFolder folder_;
};

std::string line(const std::string& id, const std::string& completion, const char* key = "completion") {
  return nlohmann::json{{"task_id", id}, {key, completion}}.dump() + "\n";
}

constexpr const char* kRight = "    return sum(letter in \"aeiou\" for letter in text.lower())\n";

TEST_CASE("Samples become a run, and verdicts line by line") {
  Scoring scoring(line("Starter/0", "    return 3\n") + line("Starter/1", "    return -1\n") +
                  line("Starter/0", kRight) + line("humaneval/Starter/0", "    return (\n"));
  const auto outcome = scoring.score();
  REQUIRE(outcome);
  CHECK(outcome->exit_code == 0);
  CHECK(outcome->state == "complete");
  const std::vector<std::string> results = scoring.results();
  REQUIRE(results.size() == 4);
  CHECK(nlohmann::json::parse(results[0])["passed"] == false);
  CHECK(nlohmann::json::parse(results[2])["passed"] == true);
  CHECK(nlohmann::json::parse(results[2])["result"] == "passed");
  CHECK(nlohmann::json::parse(results[3])["result"].get<std::string>().starts_with("failed: syntax_error"));
  CHECK(nlohmann::json::parse(results[3])["task_id"] == "humaneval/Starter/0");
  REQUIRE(scoring.messages.lines.size() == 1);
  CHECK(scoring.messages.lines.front().find("have no sample") != std::string::npos);

  const auto reader = RunReader::open(scoring.path("run.db"));
  REQUIRE(reader);
  const auto summary = summarize(**reader);
  REQUIRE(summary);
  const ResultSummary& result = summary->results.front();
  CHECK(result.items == 2);
  CHECK(result.scored == 2);
  CHECK(result.metrics.front().name == "pass@1");
  CHECK(*result.metrics.front().estimate.value == Approx(1.0 / 6));  // (1/3 + 0) / 2: unequal numbers of samples
  bool isolation = false;
  for (const auto& [key, value] : summary->run.host) isolation |= key == "humaneval_isolation_level" && value == "full";
  CHECK(isolation);
}

TEST_CASE("A k above the least number of samples is refused") {
  Scoring scoring(line("Starter/0", kRight) + line("Starter/0", kRight) + line("Starter/1", "    return 1\n"));
  scoring.config.suites.front().extra = {{"k", "2"}};
  const auto outcome = scoring.score();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::kUsage);
  CHECK(outcome.error().message.find("pass@2 needs 2 samples of every item; humaneval/Starter/1 has 1") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(scoring.path("run.db")));
}

TEST_CASE("Lines that are no sample, or of no item, are named") {
  Scoring unknown(line("Starter/0", kRight) + line("Starter/999", ""));
  const auto no_item = unknown.score();
  REQUIRE_FALSE(no_item);
  CHECK(no_item.error().message.find("samples.jsonl:2: humaneval has no item 'Starter/999'") != std::string::npos);
  Scoring broken("{\"task_id\": 1}\n");
  const auto no_sample = broken.score();
  REQUIRE_FALSE(no_sample);
  CHECK(no_sample.error().message.find("samples.jsonl:1") != std::string::npos);
  CHECK_FALSE(Scoring("").score());
  CHECK_FALSE(Scoring(line("Starter/0", "") + line("Starter/1", "", "solution")).score());
}

TEST_CASE("A solution is a whole program") {
  const std::string whole = "def count_vowels(t):\n" + std::string(kRight);
  Scoring scoring(line("Starter/0", "def count_vowels(text):\n" + std::string(kRight), "solution") +
                  line("Starter/0", whole, "solution"));  // `text` is not defined there
  REQUIRE(scoring.score());
  const std::vector<std::string> results = scoring.results();
  REQUIRE(results.size() == 2);
  CHECK(nlohmann::json::parse(results[0])["passed"] == true);
  CHECK(nlohmann::json::parse(results[1])["result"].get<std::string>().starts_with("failed: exception: NameError"));
}

TEST_CASE("mbpp: the authors' solutions pass, others do not") {
  Scoring scoring(line("13", "import math\ndef hypotenuse(a, b):\n    return math.hypot(a, b)\n") +
                      line("13", "def hypotenuse(a, b):\n    return a + b\n") +
                      line("11", "def hours_and_minutes(minutes):\n    return [minutes // 60, minutes % 60]\n"),
                  "mbpp");
  const auto outcome = scoring.score();
  if (!outcome) FAIL(outcome.error().message);
  const std::vector<std::string> results = scoring.results();
  REQUIRE(results.size() == 3);
  CHECK(nlohmann::json::parse(results[0])["passed"] == true);
  CHECK(nlohmann::json::parse(results[1])["passed"] == false);
  CHECK(nlohmann::json::parse(results[2])["result"].get<std::string>().starts_with("failed: wrong_answer"));
}

TEST_CASE("--unsafe-exec marks the results") {
  Scoring scoring(line("Starter/0", kRight));
  scoring.config.suites.front().extra = {{"unsafe_exec", "true"}};
  REQUIRE(scoring.score());
  const auto reader = RunReader::open(scoring.path("run.db"));
  REQUIRE(reader);
  CHECK((*reader)->results().front().options ==
        std::vector<std::pair<std::string, std::string>>{{"unsafe_exec", "true"}});
}

}  // namespace
}  // namespace assay
