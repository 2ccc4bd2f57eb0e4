// Merging: the records of an unbroken run, whatever way the parts came about; and what is refused, leaving nothing.
#include "results/run_file/merge.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "results/run_file/run_file.h"
#include "tests/catch.h"
#include "tests/results/example_run.h"
#include "tests/results/run_file_checks.h"

namespace assay {
namespace {

using test::example_record;
using test::example_result;
using test::example_run;
using test::failed_record;
using test::run_sql;
using test::TemporaryFolder;

constexpr std::int64_t kItems = 10;

/// A run of items [begin, end), written as `run` and `result` say.
struct Made {
  RunInfo run = example_run();
  std::vector<ResultInfo> results = {example_result(kItems)};
  std::int64_t begin = 0;
  std::int64_t end = kItems;
  std::string state = "complete";
  std::function<void(Record&)> change = [](Record&) {};
};

std::string id_of(int number) { return "00000000000000" + std::to_string(10 + number); }

std::string config_of(const std::string& shard) {
  return R"({"seed":7,)" + (shard.empty() ? "" : R"("shard":")" + shard + R"(",)") +
         R"("suites":[{"name":"mmlu","protocol":"loglikelihood","shots":5}]})";
}

/// Shard `index` of `count` of the example run, of its own id.
Made shard(int index, int count, std::int64_t items = kItems) {
  Made made;
  made.run.id = id_of(index);
  made.run.config_json = config_of(std::to_string(index) + "/" + std::to_string(count));
  made.run.config_sha256 = sha256_hex(made.run.config_json);
  made.begin = items * (index - 1) / count;
  made.end = items * index / count;
  made.results.front().items = made.end - made.begin;
  return made;
}

Made whole(int number = 0) {
  Made made;
  made.run.id = id_of(number);
  made.run.config_json = config_of("");
  made.run.config_sha256 = sha256_hex(made.run.config_json);
  return made;
}

std::string written(const TemporaryFolder& folder, const std::string& name, const Made& made) {
  const std::string path = folder.file(name);
  auto writer = RunWriter::create(path, made.run, made.results, Durability::kGrouped);
  if (!writer) FAIL(writer.error().message);
  for (std::size_t result = 0; result < made.results.size(); ++result) {
    for (std::int64_t order = made.begin; order < made.end; ++order) {
      for (int sample = 0; sample < made.results[result].samples; ++sample) {
        Record record = example_record(static_cast<std::int64_t>(result), order, sample);
        made.change(record);
        REQUIRE((*writer)->append(record));
      }
    }
  }
  REQUIRE((*writer)->finish(made.state));
  return path;
}

MergeOutcome merged(const std::vector<std::string>& runs, const std::string& target) {
  auto outcome = merge_runs(runs, target, [] { return false; });
  if (!outcome) FAIL(outcome.error().message);
  CHECK_FALSE(std::filesystem::exists(target + ".new"));
  CHECK_FALSE(std::filesystem::exists(target + ".lock"));
  return *outcome;
}

std::string refusal(const TemporaryFolder& folder, const std::vector<std::string>& runs) {
  const std::string target = folder.file("refused.db");
  const auto outcome = merge_runs(runs, target, [] { return false; });
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::kUsage);
  CHECK(outcome.error().message.find('\n') == std::string::npos);
  for (const char* suffix : {"", ".new", ".lock", "-wal", "-journal"})
    CHECK_FALSE(std::filesystem::exists(target + suffix));
  return outcome.error().message;
}

std::unique_ptr<RunReader> verified(const std::string& path) {
  auto reader = test::opened(path);
  REQUIRE(reader->verify());
  return reader;
}

/// The records as text, with all that a merge must keep.
std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  const auto reader = verified(path);
  REQUIRE(reader->for_each(true, [&](const Record& record) {
    std::string line = std::to_string(record.result) + " " + record.item.id + " " +
                       std::to_string(record.request.sample) + " " + std::to_string(record.completion.attempts) + " " +
                       std::to_string(record.usd.value_or(-1)) + " ";
    line += record.score ? record.score->extracted + " " + record.score->why : record.completion.failure->message;
    line += " " + std::get<LoglikelihoodRequest>(record.request.body).context + " " + record.item.target;
    for (const ContinuationScore& one : record.completion.continuations) line += " " + std::to_string(one.logprob);
    lines.push_back(line + " " + std::to_string(record.completion.timings.total_ms.value_or(-1)));
    return true;
  }));
  return lines;
}

}  // namespace

TEST_CASE("shards merged are the run that was not split, in whatever order they are named") {
  const TemporaryFolder folder;
  Made one = whole();
  one.results = {example_result(kItems), example_result(kItems)};
  one.results[1].model.name = "llama:other.gguf";
  one.results[1].samples = 2;
  const std::string unsplit = written(folder, "unsplit.db", one);
  std::vector<std::string> shards;
  for (int i = 1; i <= 3; ++i) {
    Made part = shard(i, 3);
    part.results = {part.results[0], one.results[1]};
    part.results[1].items = part.results[0].items;
    shards.push_back(written(folder, "shard" + std::to_string(i) + ".db", part));
  }
  const MergeOutcome outcome = merged(shards, folder.file("merged.db"));
  CHECK(outcome.state == "complete");
  CHECK(outcome.records == 30);
  CHECK(outcome.failed + outcome.repeated + outcome.superseded == 0);
  CHECK(outcome.part.empty());
  CHECK(lines_of(folder.file("merged.db")) == lines_of(unsplit));

  const auto reader = verified(folder.file("merged.db"));
  const auto original = verified(unsplit);
  CHECK(reader->run().config_json == original->run().config_json);
  CHECK(reader->run().config_sha256 == original->run().config_sha256);
  CHECK(reader->run().state == "complete");
  CHECK_FALSE(reader->run().finished.empty());
  CHECK(reader->results()[0].items == kItems);
  CHECK(reader->results()[1].items == kItems);
  CHECK(reader->sessions().size() == 3);

  std::reverse(shards.begin(), shards.end());
  merged(shards, folder.file("reversed.db"));
  CHECK(lines_of(folder.file("reversed.db")) == lines_of(unsplit));
  CHECK(verified(folder.file("reversed.db"))->run().id == reader->run().id);
}

TEST_CASE("a merged run keeps its shards' times: throughput is theirs, not the merge's") {
  const TemporaryFolder folder;
  double running_ms = 0;
  std::vector<std::string> shards;
  for (int i = 1; i <= 2; ++i) {
    shards.push_back(written(folder, "shard" + std::to_string(i) + ".db", shard(i, 2)));
    running_ms += verified(shards.back())->running_ms(0)->value();
  }
  merged(shards, folder.file("merged.db"));
  const auto reader = verified(folder.file("merged.db"));
  CHECK(reader->running_ms(0)->value() == running_ms);
  CHECK(reader->run().started == example_run().started);
  CHECK(reader->run().finished == verified(shards[1])->run().finished);
}

TEST_CASE("missing shards make an incomplete run that says which are there, and that the rest can join") {
  const TemporaryFolder folder;
  std::vector<std::string> shards;
  for (int i = 1; i <= 3; ++i) shards.push_back(written(folder, "s" + std::to_string(i) + ".db", shard(i, 3)));
  const MergeOutcome outcome = merged({shards[2], shards[0]}, folder.file("two.db"));
  CHECK(outcome.state == "incomplete");
  CHECK(outcome.part == "1,3/3");
  CHECK(outcome.records == 7);
  CHECK(verified(folder.file("two.db"))->results()[0].items == 7);
  CHECK(verified(folder.file("two.db"))->run().host.back() ==
        std::pair<std::string, std::string>(kMergedShards, "1,3/3"));

  SECTION("with the missing shard it is the whole") {
    CHECK(merged({folder.file("two.db"), shards[1]}, folder.file("all.db")).state == "complete");
    CHECK(lines_of(folder.file("all.db")) == lines_of(written(folder, "whole.db", whole())));
    const auto host = verified(folder.file("all.db"))->run().host;
    CHECK(std::none_of(host.begin(), host.end(), [](const auto& entry) { return entry.first == kMergedShards; }));
  }
  SECTION("with shards that it has already it is what it was") {
    const MergeOutcome again = merged({folder.file("two.db"), shards[0]}, folder.file("again.db"));
    CHECK(again.part == "1,3/3");
    CHECK(again.repeated == 3);
    CHECK(again.records == 7);
  }
  SECTION("the whole run goes on with it, and then it is a part no more") {
    const Made one = whole();
    auto writer = RunWriter::resume(folder.file("two.db"), one.run, one.results, Durability::kGrouped);
    if (!writer) FAIL(writer.error().message);
    for (std::int64_t order = 3; order < 6; ++order) REQUIRE((*writer)->append(example_record(0, order)));
    REQUIRE((*writer)->finish("complete"));
    CHECK(lines_of(folder.file("two.db")) == lines_of(written(folder, "whole.db", one)));
    CHECK(verified(folder.file("two.db"))->results()[0].items == kItems);
    CHECK(verified(folder.file("two.db"))->run().host == one.run.host);
  }
  SECTION("parts that share some shards only are refused") {
    merged({shards[0], shards[1]}, folder.file("other.db"));
    CHECK_THAT(refusal(folder, {folder.file("two.db"), folder.file("other.db")}),
               ContainsSubstring("1,3/3") && ContainsSubstring("1,2/3"));
  }
}

TEST_CASE(
    "failed items: answered elsewhere they are superseded, attempts and cost added; put up with where they were") {
  const TemporaryFolder folder;
  const auto fails = [](std::int64_t order) {
    return [order](Record& record) {
      record.usd = 0.5;
      if (record.item.order != order) return;
      record = failed_record(record.result, order);
      record.usd = 0.25;
    };
  };
  Made first = shard(1, 2);
  first.change = fails(2);
  first.state = "incomplete";
  const std::string one = written(folder, "one.db", first);
  const std::string two = written(folder, "two.db", shard(2, 2));

  SECTION("an incomplete shard makes an incomplete run") {
    const MergeOutcome outcome = merged({one, two}, folder.file("merged.db"));
    CHECK(outcome.state == "incomplete");
    CHECK(outcome.failed == 1);
    CHECK(outcome.part.empty());
  }
  SECTION("one whose own run put up with the failures makes a complete one") {
    first.state = "complete";
    const std::string tolerant = written(folder, "tolerant.db", first);
    CHECK(merged({tolerant, two}, folder.file("merged.db")).state == "complete");
  }
  SECTION("another run of the shard answers it") {
    Made again = shard(1, 2);
    again.run.id = id_of(7);
    again.change = [](Record& record) { record.usd = 0.5; };
    const MergeOutcome outcome = merged({one, two, written(folder, "again.db", again)}, folder.file("merged.db"));
    CHECK(outcome.state == "complete");
    CHECK(outcome.superseded == 1);
    CHECK(outcome.repeated == 4);
    auto records = verified(folder.file("merged.db"))->find(example_record(0, 2).item.id);
    REQUIRE(records);
    REQUIRE(records->size() == 1);
    CHECK(records->front().score);
    CHECK(records->front().completion.attempts == 4);
    CHECK(records->front().usd == 0.75);
  }
  SECTION("a later copy of the same run counts once") {
    std::filesystem::copy_file(one, folder.file("copy.db"));
    auto writer = RunWriter::resume(one, first.run, first.results, Durability::kGrouped);
    REQUIRE(writer);
    Record answer = example_record(0, 2);
    answer.usd = 0.5;
    REQUIRE((*writer)->append(answer));
    REQUIRE((*writer)->finish("complete"));
    writer->reset();  // lets the run go
    const MergeOutcome outcome = merged({folder.file("copy.db"), one, two}, folder.file("merged.db"));
    CHECK(outcome.state == "complete");
    auto records = verified(folder.file("merged.db"))->find(example_record(0, 2).item.id);
    REQUIRE(records);
    CHECK(records->front().completion.attempts == 4);
    CHECK(records->front().usd == 0.75);
    CHECK(verified(folder.file("merged.db"))->sessions().size() == 3);
  }
}

TEST_CASE("two halves of an unsplit run are the whole") {
  const TemporaryFolder folder;
  Made first = whole(1);
  first.end = 6;
  first.state = "incomplete";
  Made second = whole(2);
  second.begin = 4;
  second.state = "incomplete";
  const MergeOutcome outcome =
      merged({written(folder, "a.db", first), written(folder, "b.db", second)}, folder.file("merged.db"));
  CHECK(outcome.state == "complete");
  CHECK(outcome.records == kItems);
  CHECK(outcome.repeated == 2);
}

TEST_CASE("a suite that --items left out of every shard is left out of the merge") {
  const TemporaryFolder folder;
  std::vector<std::string> shards;
  for (int i = 1; i <= 2; ++i) {
    Made part = shard(i, 2);
    part.results = {example_result(0), part.results[0]};
    part.results[0].suite = "hellaswag";
    const std::string path = folder.file("s" + std::to_string(i) + ".db");
    auto writer = RunWriter::create(path, part.run, part.results, Durability::kGrouped);
    REQUIRE(writer);
    for (std::int64_t order = part.begin; order < part.end; ++order) {
      REQUIRE((*writer)->append(example_record(1, order)));
    }
    REQUIRE((*writer)->finish("complete"));
    shards.push_back(path);
  }
  CHECK(merged(shards, folder.file("merged.db")).state == "complete");
  REQUIRE(verified(folder.file("merged.db"))->results().size() == 1);
  CHECK(lines_of(folder.file("merged.db")) == lines_of(written(folder, "whole.db", whole())));
}

TEST_CASE("runs that do not belong together are refused with the difference") {
  const TemporaryFolder folder;
  const std::string first = written(folder, "first.db", shard(1, 2));
  const auto refused = [&](const std::function<void(Made&)>& change) {
    Made other = shard(2, 2);
    change(other);
    std::filesystem::remove(folder.file("other.db"));
    return refusal(folder, {first, written(folder, "other.db", other)});
  };
  const std::string start = folder.file("other.db") + ": cannot be merged with " + first + ": ";
  CHECK(refused([](Made& made) { made.run.config_json.replace(made.run.config_json.find("7"), 1, "8"); }) ==
        start + "seed: there 7, here 8");
  CHECK(refused([](Made& made) { made.results[0].suite_version = "2"; }) ==
        start + "suites.mmlu.version: there 1, here 2");
  CHECK_THAT(refused([](Made& made) { made.results[0].data_sha256 = "ab"; }),
             StartsWith(start + "suites.mmlu.data_sha256: there "));
  CHECK_THAT(refused([](Made& made) { made.results[0].model.sha256 = "ab"; }),
             StartsWith(start + "models.llama:small.gguf.sha256: there "));
  CHECK(refused([](Made& made) { made.results[0].model.settings[0].second = "4096"; }) ==
        start + "models.llama:small.gguf.ctx: there \"2048\", here \"4096\"");
  CHECK(refused([](Made& made) { made.results[0].metrics[0].name = "exact"; }) ==
        start + "suites.mmlu: its metrics or groups, by another assay");
  CHECK(refused([](Made& made) {
          made.results[0].price = Price{};
          made.results[0].price->input_per_mtok = 3;
        }) == start + "models.llama:small.gguf.price: there none, here one");
  CHECK(refused([](Made& made) { made = shard(2, 3); }) == start + "shard: there 1/2, here 2/3");
  CHECK_THAT(refused([](Made& made) { made = shard(2, 2, 20); }), ContainsSubstring("different limits"));
}

TEST_CASE("two answers to one item that differ are refused, whatever differs") {
  const TemporaryFolder folder;
  const std::string first = written(folder, "first.db", whole(1));
  const auto refused = [&](const std::function<void(Record&)>& change) {
    Made other = whole(2);
    other.change = [&](Record& record) {
      if (record.item.order == 3) change(record);
    };
    std::filesystem::remove(folder.file("other.db"));
    return refusal(folder, {first, written(folder, "other.db", other)});
  };
  const std::string end = " each of mmlu/subject_0/3 (llama:small.gguf, sample 0)";
  CHECK_THAT(refused([](Record& record) { record.completion.continuations[0].logprob = -2.26; }),
             EndsWith("they hold another answer" + end));
  CHECK_THAT(refused([](Record& record) { record.completion.text = "B"; }), EndsWith("another answer" + end));
  CHECK_THAT(refused([](Record& record) { record.score->value = 1; }), EndsWith("another score" + end));
  CHECK_THAT(refused([](Record& record) { std::get<LoglikelihoodRequest>(record.request.body).context += " "; }),
             EndsWith("another question" + end));
  Made same = whole(3);
  same.change = [](Record& record) {
    record.completion.timings.total_ms = 1;
    record.completion.attempts = 2;
    record.completion.usage.evaluated = 7;
    record.usd = 1;
  };
  const MergeOutcome outcome = merged({first, written(folder, "same.db", same)}, folder.file("merged.db"));
  CHECK(outcome.repeated == kItems);
}

TEST_CASE("files that cannot be merged, and places where no merge can go") {
  const TemporaryFolder folder;
  const std::string one = written(folder, "one.db", whole(1));
  CHECK_THAT(refusal(folder, {one, folder.file("none.db")}), ContainsSubstring("none.db: the run file cannot be read"));
  std::filesystem::copy_file(one, folder.file("damaged.db"));
  run_sql(folder.file("damaged.db"), "UPDATE records SET score = 0.5 WHERE key = 3 << 16");
  CHECK_THAT(refusal(folder, {folder.file("damaged.db")}), ContainsSubstring("damaged.db: the run file is corrupted"));
  run_sql(folder.file("other.db"), "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  CHECK_THAT(refusal(folder, {folder.file("other.db")}), ContainsSubstring("not an assay run file"));
  CHECK_THAT(refusal(folder, {folder.path().string()}), ContainsSubstring("not a file"));

  const auto never = [] { return false; };
  CHECK_THAT(merge_runs({one}, one, never).error().message, ContainsSubstring("is one of the runs to merge"));
  std::filesystem::create_symlink(one, folder.file("link.db"));
  CHECK_THAT(merge_runs({one}, folder.file("link.db"), never).error().message, ContainsSubstring("is one of the runs"));
  CHECK_THAT(merge_runs({one}, folder.path().string(), never).error().message, ContainsSubstring("is there already"));
  CHECK_THAT(merge_runs({one}, folder.file("no/merged.db"), never).error().message,
             ContainsSubstring("the directory of the run file does not exist"));
}

TEST_CASE("a live run is not merged; a killed one is, as incomplete") {
  const TemporaryFolder folder;
  const std::string path = folder.file("live.db");
  const Made made = whole();
  {
    auto writer = RunWriter::create(path, made.run, made.results, Durability::kGrouped);
    REQUIRE(writer);
    REQUIRE((*writer)->append(example_record(0, 0)));
    REQUIRE((*writer)->commit());
    CHECK_THAT(refusal(folder, {path}), ContainsSubstring("live.db: it is being written to"));
    std::filesystem::create_symlink(path, folder.file("link.db"));
    CHECK_THAT(refusal(folder, {folder.file("link.db")}), ContainsSubstring("link.db: it is being written to"));
  }
  const MergeOutcome outcome = merged({path}, folder.file("merged.db"));
  CHECK(outcome.state == "incomplete");
  CHECK(outcome.records == 1);
  CHECK(verified(folder.file("merged.db"))->results()[0].items == kItems);
}

TEST_CASE("a stopped merge leaves nothing") {
  const TemporaryFolder folder;
  Made made = whole();
  made.end = 600;
  made.results[0].items = 600;
  const std::string path = written(folder, "one.db", made);
  const auto outcome = merge_runs({path}, folder.file("merged.db"), [] { return true; });
  REQUIRE(outcome);
  CHECK(outcome->interrupted);
  for (const char* suffix : {"", ".new", ".lock"}) {
    CHECK_FALSE(std::filesystem::exists(folder.file("merged.db") + suffix));
  }
}

}  // namespace assay
