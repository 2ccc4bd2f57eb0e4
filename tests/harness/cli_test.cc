#include <sstream>
#include <string>

#include "harness/cli/arguments.h"
#include "harness/cli/command.h"
#include "harness/cli/help.h"
#include "harness/cli/progress.h"
#include "tests/catch.h"

using namespace assay;
using namespace assay::cli;

namespace {

const std::vector<Option> kOptions{{"--model", "REF", "a model", true, {}},
                                   {"--limit", "N", "items", false, {}},
                                   {"-q,--quiet", "", "no progress", false, {}}};
const std::vector<Positional> kPositionals{{"RUN", "a run file", true, false, {}}};

std::string refused(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments("show", kOptions, kPositionals, words);
  REQUIRE_FALSE(arguments);
  CHECK(arguments.error().kind == ErrorKind::kUsage);
  return arguments.error().message;
}

}  // namespace

TEST_CASE("flags and words fall into place") {
  const auto arguments =
      parse_arguments("show", kOptions, kPositionals, {"--model", "a", "r.db", "--model=b", "-q", "--limit", "3"});
  REQUIRE(arguments);
  CHECK(arguments->all("--model") == std::vector<std::string>{"a", "b"});
  CHECK(arguments->value("--limit") == "3");
  CHECK(arguments->has("--quiet"));
  CHECK(arguments->positionals == std::vector<std::string>{"r.db"});
  CHECK(parse_arguments("show", kOptions, kPositionals, {"--", "-r.db"})->positionals.front() == "-r.db");
}

TEST_CASE("what cannot be parsed says what and where to look") {
  CHECK(refused({}) == "assay show: RUN is missing: a run file; see 'assay show --help'");
  CHECK(refused({"r.db", "--limt", "3"}) ==
        "assay show: unknown flag '--limt' (did you mean '--limit'?); see 'assay show --help'");
  CHECK(refused({"r.db", "x"}) == "assay show: one word too many: 'x'; see 'assay show --help'");
  CHECK_THAT(refused({"r.db", "--limit"}), StartsWith("assay show: --limit"));
}

TEST_CASE("every command has a line of help of 80 columns, and its own text") {
  const std::string help = program_help();
  for (const Command& command : commands()) {
    CHECK_THAT(help, ContainsSubstring(command.name));
    CHECK_THAT(command_help(command), ContainsSubstring("usage: assay " + command.name));
    CHECK(command.run != nullptr);
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 82);
}

TEST_CASE("durations read as people write them") {
  CHECK(duration_text(0) == "0 s");
  CHECK(duration_text(59.2) == "1:00");
  CHECK(duration_text(65) == "1:05");
  CHECK(duration_text(7384) == "2:03:04");
  CHECK(duration_text(-1) == "?");
}

TEST_CASE("progress fits 80 columns in bars, and is plain lines elsewhere") {
  RunPlanSummary plan;
  plan.run_path = "r.db";
  RunPlanSummary::Line line;
  line.model = "llama:a-model-with-a-rather-long-name-that-does-not-fit.gguf";
  line.suite = "hellaswag";
  line.samples = 10'042;
  plan.lines = {line};
  RunProgress progress;
  progress.done = 10'000;
  progress.failed = 42;
  progress.total = 10'042;
  progress.headline = 0.4312;
  progress.elapsed_s = 7384;

  std::ostringstream bars;
  ProgressStyle style;
  style.bars = true;
  Progress drawn(bars, style);
  drawn.on_plan(plan);
  drawn.on_progress(progress);
  drawn.finish();
  std::istringstream lines(bars.str());
  for (std::string text; std::getline(lines, text);) {
    std::size_t columns = 0;
    for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
    CHECK(columns <= 80 + 8);  // cursor movements take up to eight bytes and no column
  }
  CHECK_THAT(bars.str(), ContainsSubstring("0.431"));

  std::ostringstream plain;
  Progress written(plain, ProgressStyle{});
  written.on_plan(plan);
  written.on_progress(progress);
  CHECK(plain.str() ==
        "run file r.db\nhellaswag · llama:a-model-with-a-rather-long-name-that-does-not-fit.gguf: 10042/10042 (100 %), "
        "score 0.431, 42 failed, 2:03:04\n");

  std::ostringstream nothing;
  ProgressStyle quiet;
  quiet.quiet = true;
  Progress silent(nothing, quiet);
  silent.on_plan(plan);
  silent.on_progress(progress);
  silent.on_message("x");
  CHECK(nothing.str().empty());
}
