// What other tools read: their own readers are tried by scripts/parity/exports.py.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/core/text.h"
#include "results/report/export_folder.h"
#include "results/report/inspect.h"
#include "results/report/junit.h"
#include "results/report/lm_eval.h"
#include "results/report/prometheus.h"
#include "results/report/utc_time.h"
#include "tests/catch.h"
#include "tests/golden/golden.h"
#include "tests/results/example_run.h"

namespace assay {
namespace {

using nlohmann::json;

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Six items asked of two models, one of them with three samples an item and a chat; of each one item failed.
class Example {
 public:
  Example() {
    ResultInfo chat = test::example_result(6);
    chat.model.name = "openai:with/a \"slash\"\n";
    chat.model.sha256.reset();
    chat.protocol = "generate";
    chat.samples = 3;
    RunInfo run = test::example_run();
    auto writer = RunWriter::create(folder.file("run.db"), run, {test::example_result(6), chat}, Durability::kGrouped);
    REQUIRE(writer);
    for (std::int64_t order = 0; order < 6; ++order) {
      REQUIRE((*writer)->append(order == 3 ? test::failed_record(0, order) : test::example_record(0, order)));
    }
    for (std::int64_t order = 0; order < 6; ++order) {
      for (int sample = 0; sample < 3; ++sample) REQUIRE((*writer)->append(chat_record(order, sample)));
    }
    REQUIRE((*writer)->finish("incomplete"));
    auto opened = RunReader::open(folder.file("run.db"));
    REQUIRE(opened);
    reader = std::move(*opened);
  }

  static Record chat_record(std::int64_t order, int sample) {
    if (order == 5 && sample == 2) return test::failed_record(1, order, sample);
    Record record = test::example_record(1, order, sample);
    GenerateRequest body;
    body.messages = {{Role::kSystem, "be brief"}, {Role::kUser, "<b>&\x01 which?"}};
    body.stop = {"\n"};
    record.request.body = body;
    record.completion.continuations.clear();
    record.completion.text = "B, I think \xff" + std::to_string(sample);
    record.completion.finish = FinishReason::kLength;
    record.score->value = sample == 0 ? 1 : 0;
    record.score->values = {{"accuracy", record.score->value}};
    record.score->why = "\x1b[31m<wrong> ]]>";
    record.score->detail = "a\tb\nc";
    return record;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<RunReader> reader;
};

TEST_CASE("lm-evaluation-harness's files have a line an item and the aggregates beside") {
  const Example example;
  const auto files = export_lm_eval(example.folder.file("out"), *example.reader);
  REQUIRE(files);
  REQUIRE(files->size() == 4);
  std::size_t results = 0;
  for (const std::string& path : *files) {
    const std::string text = content(path);
    CHECK(invalid_utf8_at(text) == std::string::npos);
    if (path.ends_with(".jsonl")) {
      std::istringstream lines(text);
      std::size_t count = 0;
      for (std::string line; std::getline(lines, line); ++count) {
        const json sample = json::parse(line);
        const bool chat = sample["arguments"].size() == 1;
        CHECK(sample["resps"].size() == (chat ? 1U : 4U));
        CHECK(sample["resps"][0].size() == (chat ? 3U : 1U));
        CHECK(sample["target"] == (chat ? "B" : "1"));
        CHECK(sample["metrics"] == json::array({"acc"}));
        CHECK(sample["acc"].get<double>() == Approx(chat ? 1.0 / 3 : sample["doc_id"].get<int>() % 2 == 0 ? 1.0 : 0.0));
      }
      CHECK(count == 5);
      continue;
    }
    ++results;
    const json one = json::parse(text);
    CHECK(one["results"]["mmlu"].contains("acc,none"));
    CHECK(one["results"]["mmlu"].contains("acc_stderr,none"));
    CHECK(one["group_subtasks"]["mmlu"] == json::array({"mmlu_subject_0"}));
    CHECK(one["n-samples"]["mmlu"] == json{{"original", 6}, {"effective", 5}});
    CHECK(one["configs"]["mmlu"]["num_fewshot"] == 5);
  }
  CHECK(results == 2);
}

TEST_CASE("inspect_ai's logs have a sample a record, and an error where there is no answer") {
  const Example example;
  const auto files = export_inspect(example.folder.file("out"), *example.reader);
  REQUIRE(files);
  REQUIRE(files->size() == 2);
  for (const std::string& path : *files) {
    const json log = json::parse(content(path));
    const bool chat = log["eval"]["config"]["epochs"] == 3;
    CHECK(log["version"] == 2);
    CHECK(log["status"] == "cancelled");
    CHECK(log["eval"]["created"] == "2026-11-21T08:00:00Z");
    CHECK(log["samples"].size() == (chat ? 18U : 6U));
    CHECK(log["results"]["scores"][0]["name"] == "accuracy");
    std::size_t failed = 0;
    for (const json& sample : log["samples"]) {
      CHECK(sample["messages"].size() == sample["input"].size() + (sample.contains("error") ? 0U : 1U));
      if (sample.contains("error")) {
        ++failed;
        CHECK_FALSE(sample.contains("scores"));
        CHECK(sample["error"]["message"] == "timeout: no answer in 60 s");
      } else if (chat) {
        CHECK(sample["output"]["choices"][0]["stop_reason"] == "max_tokens");
        CHECK(sample["scores"]["accuracy"]["explanation"].get<std::string>().ends_with("a\tb\nc"));
      }
    }
    CHECK(failed == 1);
  }
}

TEST_CASE("JUnit and Prometheus look the same as approved") {
  const Example example;
  std::ostringstream junit;
  REQUIRE(export_junit(junit, *example.reader));
  test::check_golden("results/junit.xml", junit.str());
  auto summary = summarize(*example.reader);
  REQUIRE(summary);
  summary->run.finished = "2026-11-21T09:00:00Z";
  for (ResultSummary& result : summary->results) result.throughput = {};
  std::ostringstream prometheus;
  write_summary_prometheus(prometheus, *summary);
  test::check_golden("results/prometheus.txt", prometheus.str());
  std::ostringstream full;
  full.setstate(std::ios::badbit);
  CHECK_FALSE(export_junit(full, *example.reader));
}

TEST_CASE("An export that cannot be written is an error") {
  const Example example;
  std::ofstream(example.folder.file("file")) << "here already";
  CHECK_FALSE(export_inspect(example.folder.file("file"), *example.reader));
  CHECK_FALSE(export_lm_eval(example.folder.file("file"), *example.reader));
}

TEST_CASE("Names of files and times are what they seem") {
  using report::file_name_part;
  CHECK(file_name_part("openai:gpt-4.1/x y") == "openai_gpt-4.1_x_y");
  CHECK(file_name_part("../../etc") == "_._.._etc");
  CHECK(file_name_part("..") == "_.");
  CHECK(file_name_part("") == "_");
  CHECK(file_name_part(std::string(300, 'a')).size() == 100);
  CHECK(report::unix_seconds("1970-01-02T00:00:01Z") == 86401);
  CHECK(report::unix_seconds("2026-11-21T08:00:00Z") == 1795248000);
  CHECK_FALSE(report::unix_seconds("2026-11-21"));
  CHECK_FALSE(report::unix_seconds("2026-11-21T08:00:00Z and more"));
}

}  // namespace
}  // namespace assay
