#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/core/text.h"
#include "results/report/console.h"
#include "results/report/csv.h"
#include "results/report/json.h"
#include "results/report/markdown.h"
#include "results/report/text.h"
#include "tests/golden/golden.h"
#include "tests/results/example_run.h"

namespace assay {
namespace {

using nlohmann::json;
using test::check_golden;

/// A chat answer that does everything a hostile model could do to a terminal, a spreadsheet or a page.
Record hostile_record(std::int64_t result, std::int64_t order) {
  Record record = test::example_record(result, order);
  record.item.id = "mmlu/subject_0/" + std::to_string(order);
  record.item.choices.clear();
  record.item.target = "=1+1";
  GenerateRequest body;
  body.messages = {{Role::kSystem, "be brief"}, {Role::kUser, "what is\n1+1?"}};
  record.request.body = body;
  record.completion.continuations.clear();
  record.completion.text =
      "=cmd|' /C calc'!A0\x1b[2J\x1b]0;title\x07 \"two\", \xff\xfe done \xe2\x80\xae"
      "abc\r\n| <b>x</b>";
  record.completion.finish = FinishReason::kStop;
  record.completion.usage.completion = 9;
  record.completion.timings.first_token_ms = 12.25;
  record.completion.timings.total_ms = 41.2;
  record.usd = 0.00003;
  record.score->extracted = "@two";
  record.score->why = "-wrong\x9b";
  return record;
}

/// Two suites as asked in two ways, one of them of starter items and incomplete.
class ReportedRun {
 public:
  ReportedRun() {
    ResultInfo chat = test::example_result(3);
    chat.model.name = "openai:gpt-4-with-a-name-that-is-too-long";
    chat.model.sha256.reset();
    chat.protocol = "generate";
    chat.shots = 0;
    chat.starter = true;
    chat.price =
        Price{30, 60, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, "price page", "2026-11-01"};
    ResultInfo other = test::example_result(300);
    other.model.name = "llama:other.gguf";
    auto writer = RunWriter::create(folder_.file("run.db"), test::example_run(),
                                    {test::example_result(300), chat, other}, Durability::kGrouped);
    REQUIRE(writer);
    for (std::int64_t i = 0; i < 300; ++i) {
      REQUIRE((*writer)->append(test::example_record(0, i)));
      Record record = test::example_record(2, i);
      if (i % 3 == 0) record.score->values[0].second = record.score->value = 1;
      REQUIRE((*writer)->append(record));
    }
    REQUIRE((*writer)->append(hostile_record(1, 0)));
    REQUIRE((*writer)->append(test::failed_record(1, 1)));
    REQUIRE((*writer)->finish("incomplete"));
    auto opened = RunReader::open(folder_.file("run.db"));
    REQUIRE(opened);
    reader = std::move(*opened);
    auto made = summarize(*reader);
    REQUIRE(made);
    summary = std::move(*made);
  }

  std::unique_ptr<RunReader> reader;
  RunSummary summary;

 private:
  test::TemporaryFolder folder_;
};

template <class Write>
std::string written(Write write) {
  std::ostringstream out;
  write(out);
  return out.str();
}

TEST_CASE("The summary looks the same as approved, in every format") {
  const ReportedRun example;
  const auto console = [&](bool colour) {
    return written([&](std::ostream& out) { write_summary_console(out, example.summary, {colour, 80}); });
  };
  check_golden("results/summary.txt", console(false));
  check_golden("results/summary_colour.txt", console(true));
  check_golden("results/groups.txt", written([&](std::ostream& out) {
                 write_groups_console(out, example.summary, {false, 80});
               }));
  check_golden("results/summary.json", written([&](std::ostream& out) { write_summary_json(out, example.summary); }));
  check_golden("results/summary.csv", written([&](std::ostream& out) { write_summary_csv(out, example.summary); }));
  check_golden("results/summary.md", written([&](std::ostream& out) { write_summary_markdown(out, example.summary); }));
  std::istringstream lines(console(false));
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(report::display_width(line) <= 80);
  }
}

TEST_CASE("A record looks the same as approved, in every format") {
  const ReportedRun example;
  const auto found = example.reader->find("mmlu/subject_0/0");
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  const auto& results = example.reader->results();
  check_golden("results/item.json", written([&](std::ostream& out) { write_records_json(out, *found, results); }));
  check_golden("results/item.txt", written([&](std::ostream& out) {
                 for (const Record& record : *found) {
                   write_record_console(out, record, results[static_cast<std::size_t>(record.result)], {false, 80});
                 }
               }));
  check_golden("results/item.csv", written([&](std::ostream& out) { write_records_csv(out, *found, results); }));
  check_golden("results/item.md", written([&](std::ostream& out) {
                 for (const Record& record : *found) {
                   write_record_markdown(out, record, results[static_cast<std::size_t>(record.result)]);
                 }
               }));
}

TEST_CASE("Every exported line is one JSON object of valid UTF-8 with the contract's keys") {
  const ReportedRun example;
  std::ostringstream out;
  REQUIRE(export_jsonl(out, *example.reader));
  CHECK(invalid_utf8_at(out.str()) == std::string::npos);
  std::istringstream lines(out.str());
  std::size_t count = 0;
  std::size_t failed = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const json record = json::parse(line);
    for (const char* key : {"item",          "suite",      "model",     "protocol", "sample",     "prompt", "choices",
                            "logprobs",      "completion", "extracted", "target",   "score",      "scores", "why",
                            "finish_reason", "reused",     "error",     "attempts", "latency_ms", "tokens", "usd"}) {
      CHECK(record.contains(key));
    }
    if (!record["error"].is_null()) {
      ++failed;
      CHECK(record["score"].is_null());
      CHECK(record["error"]["kind"] == "timeout");
    }
  }
  CHECK(count == 602);
  CHECK(failed == 1);

  std::ostringstream csv;
  REQUIRE(export_csv(csv, *example.reader));
  CHECK_THAT(csv.str(), ContainsSubstring(",\"'@two\",\"'=1+1\",1,"));
  CHECK_THAT(csv.str(), ContainsSubstring("\"'=cmd|' /C calc'!A0"));

  std::ostringstream full;
  full.setstate(std::ios::badbit);
  CHECK_FALSE(export_jsonl(full, *example.reader));
  CHECK_FALSE(export_csv(full, *example.reader));
}

TEST_CASE("Nothing that a model wrote reaches the terminal as a command") {
  using report::Lines;
  using report::neutralised;
  CHECK(neutralised("a\x1b[31mb\x07\x7f", Lines::kEscape) == "a\\x1b[31mb\\x07\\x7f");
  CHECK(neutralised("a\nb\tc\r", Lines::kEscape) == "a\\nb\\tc\\r");
  CHECK(neutralised("a\nb\tc\r", Lines::kKeep) == "a\nb\tc\\r");
  CHECK(neutralised("\xc2\x9b"
                    "31m \xe2\x80\xae",
                    Lines::kEscape) == "\\u009b31m \\u202e");
  CHECK(neutralised("\xff", Lines::kEscape) == "\xef\xbf\xbd");
  CHECK(neutralised("Grüße 東京", Lines::kEscape) == "Grüße 東京");
  const ReportedRun example;
  const auto found = example.reader->find("mmlu/subject_0/0");
  REQUIRE(found);
  for (const Record& record : *found) {
    const std::string text = written([&](std::ostream& out) {
      write_record_console(out, record, example.reader->results()[static_cast<std::size_t>(record.result)], {});
    });
    for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  }
}

TEST_CASE("Text fits its columns") {
  using namespace report;
  CHECK(display_width("東京") == 4);
  CHECK(shortened("abcdefghij", 5) == "ab…ij");
  CHECK(display_width(shortened("東京東京東京", 7)) <= 7);
  CHECK(shortened("abc", 5) == "abc");
  CHECK(right("東", 4) == "  東");
  CHECK(ms_text(4.21) == "4.2");
  CHECK(ms_text(12345.0) == "12.3s");
  CHECK(ms_text(std::nullopt) == "–");
  CHECK(usd_text(0.0) == "0");
  CHECK(usd_text(3.14e-6) == "3.1e-06");
  CHECK(exact_text(0.1) == "0.1");
}

TEST_CASE("Colour needs a terminal, and NO_COLOR switches it off") {
  unsetenv("NO_COLOR");
  setenv("TERM", "xterm", 1);
  CHECK(console_style(true).colour);
  CHECK_FALSE(console_style(false).colour);
  setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(console_style(true).colour);
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  CHECK_FALSE(console_style(true).colour);
}

}  // namespace
}  // namespace assay
