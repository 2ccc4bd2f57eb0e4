#include "results/run_file/run_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "results/run_file/encoding.h"
#include "results/run_file/judge_rows.h"
#include "tests/catch.h"
#include "tests/results/example_run.h"
#include "tests/results/run_file_checks.h"

namespace assay {
namespace {

using test::example_record;
using test::example_result;
using test::example_run;
using test::failed_record;
using test::opened;
using test::run_sql;
using test::TemporaryFolder;

std::unique_ptr<RunWriter> created(const std::string& path, const std::vector<ResultInfo>& results = {example_result()},
                                   Durability durability = Durability::kGrouped) {
  auto writer = RunWriter::create(path, example_run(), results, durability);
  if (!writer) FAIL(writer.error().message);
  return std::move(*writer);
}

std::unique_ptr<RunWriter> resumed(const std::string& path,
                                   const std::vector<ResultInfo>& results = {example_result()}) {
  auto writer = RunWriter::resume(path, example_run(), results, Durability::kGrouped);
  if (!writer) FAIL(writer.error().message);
  return std::move(*writer);
}

std::vector<Record> records_of(const std::string& path, bool whole = true) {
  std::vector<Record> records;
  auto done = opened(path)->for_each(whole, [&](const Record& record) {
    records.push_back(record);
    return true;
  });
  if (!done) FAIL(done.error().message);
  return records;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

void check_same(const Record& a, const Record& b) {
  CHECK(a.result == b.result);
  CHECK(a.item.id == b.item.id);
  CHECK(a.item.order == b.item.order);
  CHECK(a.item.groups == b.item.groups);
  CHECK(a.item.cluster == b.item.cluster);
  CHECK(a.item.choices == b.item.choices);
  CHECK(a.item.target == b.item.target);
  CHECK(a.item.target_index == b.item.target_index);
  CHECK(a.request.item == b.request.item);
  CHECK(a.request.sample == b.request.sample);
  REQUIRE(a.request.body.index() == b.request.body.index());
  if (const auto* first = std::get_if<LoglikelihoodRequest>(&a.request.body)) {
    const auto& second = std::get<LoglikelihoodRequest>(b.request.body);
    CHECK(first->context == second.context);
    CHECK(first->continuations == second.continuations);
    CHECK(first->droppable == second.droppable);
    CHECK(first->max_context_tokens == second.max_context_tokens);
    CHECK(first->openings == second.openings);
  } else {
    const auto& one = std::get<GenerateRequest>(a.request.body);
    const auto& two = std::get<GenerateRequest>(b.request.body);
    CHECK(one.messages == two.messages);
    CHECK(one.prompt == two.prompt);
    CHECK(one.stop == two.stop);
    CHECK(one.max_tokens == two.max_tokens);
    CHECK(one.temperature == two.temperature);
    CHECK(one.top_p == two.top_p);
    CHECK(one.seed == two.seed);
    CHECK(one.top_logprobs == two.top_logprobs);
    CHECK(one.choices == two.choices);
    CHECK(one.droppable == two.droppable);
  }
  const Completion& left = a.completion;
  const Completion& right = b.completion;
  CHECK(left.text == right.text);
  CHECK(left.reasoning == right.reasoning);
  REQUIRE(left.continuations.size() == right.continuations.size());
  for (std::size_t i = 0; i < left.continuations.size(); ++i) {
    CHECK(left.continuations[i].logprob == right.continuations[i].logprob);
    CHECK(left.continuations[i].tokens == right.continuations[i].tokens);
    CHECK(left.continuations[i].is_greedy == right.continuations[i].is_greedy);
  }
  REQUIRE(left.top_logprobs.size() == right.top_logprobs.size());
  for (std::size_t i = 0; i < left.top_logprobs.size(); ++i) {
    CHECK(left.top_logprobs[i].token == right.top_logprobs[i].token);
    CHECK(left.top_logprobs[i].logprob == right.top_logprobs[i].logprob);
  }
  CHECK(left.finish == right.finish);
  CHECK(left.usage.prompt == right.usage.prompt);
  CHECK(left.usage.completion == right.usage.completion);
  CHECK(left.usage.reasoning == right.usage.reasoning);
  CHECK(left.usage.cached == right.usage.cached);
  CHECK(left.usage.cache_write == right.usage.cache_write);
  CHECK(left.usage.evaluated == right.usage.evaluated);
  CHECK(left.timings.queue_ms == right.timings.queue_ms);
  CHECK(left.timings.first_token_ms == right.timings.first_token_ms);
  CHECK(left.timings.total_ms == right.timings.total_ms);
  CHECK(left.timings.compute_ms == right.timings.compute_ms);
  CHECK(left.attempts == right.attempts);
  CHECK(left.reused == right.reused);
  CHECK(left.sent == right.sent);
  CHECK(left.note == right.note);
  CHECK(left.served_model == right.served_model);
  CHECK(left.billed_usd == right.billed_usd);
  REQUIRE(left.failure.has_value() == right.failure.has_value());
  if (left.failure) {
    CHECK(left.failure->kind == right.failure->kind);
    CHECK(left.failure->action == right.failure->action);
    CHECK(left.failure->message == right.failure->message);
  }
  REQUIRE(a.score.has_value() == b.score.has_value());
  if (a.score) {
    CHECK(a.score->value == b.score->value);
    CHECK(a.score->values == b.score->values);
    CHECK(a.score->extracted == b.score->extracted);
    CHECK(a.score->why == b.score->why);
    CHECK(a.score->detail == b.score->detail);
  }
  CHECK(a.usd == b.usd);
}

Record chat_record(std::int64_t result, std::int64_t order, int sample) {
  Record record = example_record(result, order, sample);
  GenerateRequest body;
  body.messages = {{Role::kSystem, "be brief"}, {Role::kUser, "Grüße an \"alle\"\n\x1b[31m"}};
  body.stop = {"\n\n", "Q:"};
  body.max_tokens = 17;
  body.temperature = 0.8;
  body.top_p = 0.95;
  body.seed = 0xfedcba9876543210U + static_cast<std::uint64_t>(sample);
  body.top_logprobs = 5;
  body.choices = {"A", "B"};
  if (sample == 1) body.droppable = {{0, 3}, {3, 9}};
  record.request.body = body;
  record.completion.continuations.clear();
  record.completion.text = "antwort";
  record.completion.reasoning = "hm";
  record.completion.top_logprobs = {{" A", -0.1}, {"", -2.5}};
  record.completion.finish = FinishReason::kLength;
  record.completion.usage = {1, 2, 3, 4, 5, 6};
  record.completion.timings = {0.5, 1.5, 2.5, 3.5};
  record.completion.attempts = 2;
  record.completion.reused = sample == 1;
  record.completion.sent = "<s>be brief";
  record.completion.note = "3 parts dropped";
  record.completion.served_model = "gpt-4-0613";
  record.completion.billed_usd = 0.25;
  record.score->detail = "returned:\n1\n\ngold:\n2\n";
  record.usd = 0.125;
  return record;
}

TEST_CASE("What is appended is read back, in the order of results, items and samples") {
  const TemporaryFolder folder;
  ResultInfo chat = example_result();
  chat.protocol = "generate";
  chat.samples = 2;
  chat.price = Price{30, 60, 15, std::nullopt, std::nullopt, 0.5, std::nullopt, "price page", "2026-11-01"};
  chat.starter = true;
  chat.options = {{"subjects", "astronomy"}};
  chat.metrics[0].vote = true;
  chat.metrics.push_back({"macro", "accuracy", Aggregation::kSampleSpread, 0, "", false, true});
  std::vector<Record> expected = {example_record(0, 0), example_record(0, 7), failed_record(0, 300),
                                  chat_record(1, 3, 0), chat_record(1, 3, 1)};
  {
    auto writer = created(folder.file("run.db"), {example_result(), chat});
    for (const std::size_t i : {4U, 2U, 0U, 3U, 1U}) REQUIRE(writer->append(expected[i]));
    REQUIRE(writer->commit());
    REQUIRE(writer->finish("incomplete"));
    CHECK_FALSE(writer->append(expected[0]));
  }
  const std::vector<Record> read = records_of(folder.file("run.db"));
  REQUIRE(read.size() == expected.size());
  for (std::size_t i = 0; i < read.size(); ++i) check_same(read[i], expected[i]);

  const auto reader = opened(folder.file("run.db"));
  CHECK(reader->run().state == "incomplete");
  CHECK(reader->run().host == example_run().host);
  CHECK(reader->run().config_json == example_run().config_json);
  CHECK_FALSE(reader->run().finished.empty());
  REQUIRE(reader->results().size() == 2);
  const ResultInfo& second = reader->results()[1];
  CHECK(second.id == 1);
  CHECK(second.price == chat.price);
  CHECK(second.metrics == chat.metrics);
  CHECK(second.options == chat.options);
  CHECK(second.group_levels == chat.group_levels);
  CHECK(second.starter);
  CHECK(second.model.settings == chat.model.settings);
  CHECK(second.model.sha256 == chat.model.sha256);
  CHECK_FALSE(reader->results()[0].price);
  REQUIRE(reader->sessions().size() == 1);
  CHECK(reader->sessions()[0].state == "incomplete");

  const auto found = reader->find(expected[3].item.id);
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  check_same((*found)[1], expected[4]);
  CHECK(reader->find("mmlu/nowhere/1")->empty());

  const std::vector<Record> brief = records_of(folder.file("run.db"), false);
  REQUIRE(brief.size() == 5);
  CHECK(brief[3].score->value == expected[3].score->value);
  CHECK(brief[3].item.target == "B");
  CHECK(brief[3].completion.text.empty());
  CHECK_FALSE(std::filesystem::exists(folder.file("run.db-wal")));
  CHECK_FALSE(std::filesystem::exists(folder.file("run.db.lock")));
}

TEST_CASE(
    "What stands before each continuation, unscored, is kept; requests without it have the bytes they always had") {
  const TemporaryFolder folder;
  Record opened_one = example_record(0, 2);
  std::get<LoglikelihoodRequest>(opened_one.request.body).openings = {"Ann", "Bob", "", "Ö"};
  {
    auto writer = created(folder.file("run.db"), {example_result()});
    REQUIRE(writer->append(example_record(0, 1)));
    REQUIRE(writer->append(opened_one));
    REQUIRE(writer->commit());
  }
  const std::vector<Record> read = records_of(folder.file("run.db"));
  REQUIRE(read.size() == 2);
  check_same(read[0], example_record(0, 1));
  check_same(read[1], opened_one);
  std::string bytes;
  run_file::encode_request(example_record(0, 1).request, bytes);
  CHECK(bytes == std::string("\x01\x04\x02 A\x02 B\x02 C\x02 D\x00\x00", 16));
}

TEST_CASE("A sample that is asked otherwise than its question keeps its own request") {
  const TemporaryFolder folder;
  Record other = example_record(1, 0);
  std::get<LoglikelihoodRequest>(other.request.body).context += " (asked otherwise)";
  Record again = example_record(1, 1);
  {
    auto writer = created(folder.file("run.db"), {example_result(), example_result()});
    REQUIRE(writer->append(example_record(0, 0)));
    REQUIRE(writer->append(other));
    REQUIRE(writer->append(example_record(0, 1)));
    REQUIRE(writer->commit());
  }
  {
    auto writer = resumed(folder.file("run.db"), {example_result(), example_result()});
    REQUIRE(writer->append(again));
    REQUIRE(writer->commit());
  }
  const std::vector<Record> read = records_of(folder.file("run.db"));
  REQUIRE(read.size() == 4);
  check_same(read[0], example_record(0, 0));
  check_same(read[2], other);
  check_same(read[3], again);
}

TEST_CASE("A failed sample is asked again and replaced; attempts and cost add up") {
  const TemporaryFolder folder;
  Record failed = failed_record(0, 5);
  failed.usd = 0.25;
  Record answered = example_record(0, 5);
  answered.usd = 0.5;
  {
    auto writer = created(folder.file("run.db"));
    REQUIRE(writer->append(failed));
    REQUIRE(writer->append(example_record(0, 6)));
    REQUIRE(writer->commit());
  }
  auto writer = resumed(folder.file("run.db"));
  std::vector<SampleKey> seen;
  REQUIRE(writer->for_each_answered([&](const SampleKey& key) { seen.push_back(key); }));
  CHECK(seen == std::vector<SampleKey>{{0, 6, 0}});
  CHECK(writer->spent_usd().value() == 0.25);
  REQUIRE(writer->append(answered));
  REQUIRE(writer->commit());
  CHECK(writer->spent_usd().value() == 0.75);
  const auto twice = writer->append(example_record(0, 6));
  REQUIRE_FALSE(twice);
  CHECK(twice.error().kind == ErrorKind::kInternal);
  CHECK_FALSE(writer->commit());
  const std::vector<Record> read = records_of(folder.file("run.db"));
  REQUIRE(read.size() == 2);
  CHECK(read[0].completion.attempts == 4);
  CHECK(read[0].usd == 0.75);
  CHECK(read[0].score);
  CHECK_FALSE(read[0].completion.failure);
}

TEST_CASE("What stands in the way of a run's lock or draft is somebody's, and stays") {
  const TemporaryFolder folder;
  const auto contents = [&](const std::string& name) {
    std::ifstream file(folder.file(name));
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  for (const std::string beside : {"run.db.lock", "run.db.new"}) {
    for (const bool is_link : {false, true}) {
      INFO(beside << (is_link ? " a link" : ""));
      const std::string victim = is_link ? "victim" : beside;
      std::ofstream(folder.file(victim)) << "precious";
      if (is_link) std::filesystem::create_symlink(folder.file(victim), folder.file(beside));
      const auto writer =
          RunWriter::create(folder.file("run.db"), example_run(), {example_result()}, Durability::kGrouped);
      REQUIRE_FALSE(writer);
      CHECK(writer.error().kind == ErrorKind::kUsage);
      CHECK_THAT(writer.error().message, ContainsSubstring("is in the way of"));
      CHECK(contents(victim) == "precious");
      CHECK_FALSE(std::filesystem::exists(folder.file("run.db")));
      std::filesystem::remove(folder.file(victim));
      std::filesystem::remove(folder.file(beside));
    }
  }
  std::ofstream(folder.file("run.db.lock")) << "12345\n";  // of a killed process
  std::ofstream(folder.file("run.db.new")) << "SQLite";
  CHECK(created(folder.file("run.db")));
}

TEST_CASE("A live run is locked and can be read; a run whose process is gone reads as incomplete") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  auto writer = created(path);
  REQUIRE(writer->append(example_record(0, 0)));
  CHECK(records_of(path).empty());
  REQUIRE(writer->commit());
  CHECK(records_of(path).size() == 1);
  CHECK(opened(path)->run().state == "running");
  const auto second = RunWriter::resume(path, example_run(), {example_result()}, Durability::kGrouped);
  REQUIRE_FALSE(second);
  CHECK(second.error().message ==
        path + ": process " + std::to_string(getpid()) + " is running it; wait until it is done, or stop it first");
  REQUIRE(writer->append(example_record(0, 1)));
  REQUIRE(writer->commit());
  writer.reset();
  CHECK(opened(path)->run().state == "incomplete");
  CHECK(records_of(path).size() == 2);
}

TEST_CASE("A resumed run must have been begun alike; otherwise each difference is named and nothing changes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  {
    auto writer = created(path);
    REQUIRE(writer->append(example_record(0, 0)));
    REQUIRE(writer->finish("incomplete"));
  }
  RunInfo run = example_run();
  // what nobody named is the suite's own, which the results say
  run.config_json = R"({"seed":7,"suites":{"mmlu":{"protocol":null,"shots":null}}})";
  CHECK(RunWriter::resume(path, run, {example_result()}, Durability::kGrouped));
  const std::string before = bytes_of(path);
  const auto message = [&](const RunInfo& other, const ResultInfo& result) {
    auto writer = RunWriter::resume(path, other, {result}, Durability::kGrouped);
    REQUIRE_FALSE(writer);
    CHECK(writer.error().kind == ErrorKind::kUsage);
    CHECK(bytes_of(path) == before);
    return writer.error().message;
  };
  run.config_json = R"({"seed":8,"suites":{"mmlu":{"protocol":"loglikelihood","shots":0}}})";
  CHECK(message(run, example_result()) ==
        path +
            ": this run was begun differently: seed: stored 7, now 8; suites.mmlu.shots: stored 5, now 0; run it as "
            "it was, or choose another file with --run");
  ResultInfo result = example_result();
  result.model.sha256 = sha256_hex("another model");
  CHECK_THAT(message(example_run(), result), ContainsSubstring("models.llama:small.gguf.sha256: stored " +
                                                               sha256_hex("model") + ", now " + *result.model.sha256));
  result = example_result();
  result.model.settings[0].second = "4096";
  CHECK_THAT(message(example_run(), result),
             ContainsSubstring("models.llama:small.gguf.ctx: stored \"2048\", now \"4096\""));
  result = example_result();
  result.suite_version = "2";
  CHECK_THAT(message(example_run(), result), ContainsSubstring("suites.mmlu.version: stored 1, now 2"));
  result = example_result();
  result.data_sha256 = "";
  CHECK_THAT(message(example_run(), result), ContainsSubstring("suites.mmlu.data_sha256: stored "));
  result = example_result(99);
  CHECK_THAT(message(example_run(), result), ContainsSubstring("suites.mmlu.items: stored 100, now 99"));

  CHECK(opened(path)->results()[0].items == 100);
  REQUIRE(resumed(path, {example_result(200)})->finish("complete"));
  const auto reader = opened(path);
  CHECK(reader->results()[0].items == 200);
  CHECK(reader->run().state == "complete");
  CHECK(reader->sessions().size() == 3);
}

TEST_CASE("What is not a usable run file gets one clear line") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  const auto refused = [&](const std::string& what) {
    const auto reader = RunReader::open(path);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().kind == ErrorKind::kUsage);
    CHECK_THAT(reader.error().message, StartsWith(path) && ContainsSubstring(what));
    CHECK(reader.error().message.find('\n') == std::string::npos);
    const auto writer = RunWriter::resume(path, example_run(), {example_result()}, Durability::kGrouped);
    REQUIRE_FALSE(writer);
    CHECK_THAT(writer.error().message, StartsWith(path));
    CHECK_FALSE(std::filesystem::exists(path + ".lock"));
  };
  refused("No such file");
  write_bytes(path, "");
  refused("the file is empty, not an assay run file; remove it, or name another");
  write_bytes(path, "{\"this\": \"is JSON\"}");
  refused("not an assay run file");
  write_bytes(path, "");
  run_sql(path, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  refused("an SQLite database of another program");
  std::filesystem::remove(path);
  REQUIRE(created(path)->finish("complete"));
  const std::string good = bytes_of(path);
  run_sql(path, "PRAGMA user_version = 99");
  refused("the run file has schema 99, this assay knows up to 3; use a newer assay");
  write_bytes(path, good.substr(0, 4096));
  refused("corrupted");
  write_bytes(path, good);
  CHECK(opened(path)->run().state == "complete");

  const auto exists = RunWriter::create(path, example_run(), {example_result()}, Durability::kGrouped);
  REQUIRE_FALSE(exists);
  CHECK_THAT(exists.error().message, ContainsSubstring("the file exists"));
  CHECK(bytes_of(path) == good);
  const auto nowhere =
      RunWriter::create(folder.file("no/run.db"), example_run(), {example_result()}, Durability::kGrouped);
  REQUIRE_FALSE(nowhere);
  CHECK_THAT(nowhere.error().message, ContainsSubstring("the directory of the run file does not exist"));
  const auto directory = RunReader::open(folder.path().string());
  REQUIRE_FALSE(directory);
  CHECK_THAT(directory.error().message, ContainsSubstring("not a file"));
}

/// All that a run file says, as text; the one line of the error where it is refused.
std::string told(const std::string& path) {
  auto reader = RunReader::open(path);
  if (!reader) return reader.error().message;
  std::string text = (*reader)->run().state + (*reader)->run().config_json + (*reader)->run().finished;
  for (const auto& [key, value] : (*reader)->run().host) text += key + value;
  for (const ResultInfo& result : (*reader)->results()) {
    text += result.model.name + result.suite + result.protocol + std::to_string(result.shots) + result.data_sha256 +
            std::to_string(result.items) + result.metrics.front().name;
  }
  for (const SessionInfo& session : (*reader)->sessions()) text += session.started + session.state + session.program;
  auto read = (*reader)->for_each(true, [&](const Record& record) {
    text += record.item.id + record.item.target + record.completion.text + record.completion.note;
    for (const Group& group : record.item.groups) text += group.level + group.name;
    for (const std::string& choice : record.item.choices) text += choice;
    for (const auto& one : record.completion.continuations) text += std::to_string(one.logprob);
    if (record.score) text += std::to_string(record.score->value) + record.score->extracted + record.score->why;
    if (record.completion.failure) text += record.completion.failure->message;
    if (record.usd) text += std::to_string(*record.usd);
    text +=
        std::to_string(record.completion.timings.total_ms.value_or(-1)) + std::to_string(record.completion.attempts);
    if (const auto* asked = std::get_if<LoglikelihoodRequest>(&record.request.body)) text += asked->context;
    return true;
  });
  if (!read) return read.error().message;
  if (auto whole = (*reader)->verify(); !whole) return whole.error().message;
  const auto item =
      (*reader)->results().empty() ? Result<std::vector<Record>>() : (*reader)->find(example_record(0, 3).item.id);
  if (!item) return item.error().message;
  return text + std::to_string(item->size());
}

TEST_CASE("Bits that turned over in a run file are noticed, wherever they are") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  {
    auto writer = created(path);
    for (std::int64_t i = 0; i < 40; ++i) REQUIRE(writer->append(example_record(0, i)));
    REQUIRE(writer->append(failed_record(0, 40)));
    REQUIRE(writer->finish("incomplete"));
    writer.reset();
    writer = resumed(path);
    REQUIRE(writer->append(example_record(0, 40)));  // a replaced row is sealed anew
    REQUIRE(writer->finish("complete"));
  }
  const std::string good = bytes_of(path);
  const std::string said = told(path);
  REQUIRE_THAT(said, ContainsSubstring("complete"));
  REQUIRE(opened(path)->verify());
  std::uint64_t random = 20261121;
  int noticed = 0;
  for (int round = 0; round < 900; ++round) {
    std::string bytes = good;
    const int flips = round % 3 == 0 ? 3 : 1;
    for (int i = 0; i < flips; ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      bytes[(random >> 20U) % bytes.size()] ^= static_cast<char>(1U << (random >> 60U & 7U));
    }
    write_bytes(path, bytes);
    const std::string now = told(path);
    if (now == said) continue;
    ++noticed;
    INFO("round " << round);
    REQUIRE_THAT(now, StartsWith(path + ": "));
    REQUIRE(now.find('\n') == std::string::npos);
    // What is noticed when reading is noticed before anything is added.
    if (round % 10 == 0) {
      auto writer = RunWriter::resume(path, example_run(), {example_result()}, Durability::kGrouped);
      CHECK_FALSE(writer);
    }
  }
  CHECK(noticed > 300);
}

TEST_CASE("A value that was changed, and a row that is gone, are named") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  const auto refused_after = [&](const std::string& sql) {
    std::filesystem::remove(path);
    auto writer = created(path);
    for (std::int64_t i = 0; i < 3; ++i) REQUIRE(writer->append(example_record(0, i)));
    REQUIRE(writer->finish("complete"));
    writer.reset();
    run_sql(path, sql);
    return told(path);
  };
  CHECK_THAT(refused_after("UPDATE records SET score = 1 - score WHERE key = 65536"),
             ContainsSubstring(example_record(0, 1).item.id + ": its record is not what was written"));
  CHECK_THAT(refused_after("UPDATE questions SET target = 'D' WHERE key = 2"),
             ContainsSubstring(example_record(0, 2).item.id + ": its question is not what was written"));
  CHECK_THAT(refused_after("DELETE FROM records WHERE key = 65536"), ContainsSubstring("the number of its records"));
  CHECK_THAT(refused_after("DELETE FROM questions WHERE key = 1"), ContainsSubstring("item number 1: its question"));
  CHECK_THAT(refused_after("UPDATE results SET shots = 0"), ContainsSubstring("its table \"results\""));
  CHECK_THAT(refused_after("UPDATE run SET config_json = '{}'"), ContainsSubstring("its table \"run\""));
}

TEST_CASE("A run file of schema 1 is read as it is, and gets its checksums when it is gone on with") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  {
    auto writer = created(path);
    for (std::int64_t i = 0; i < 3; ++i) REQUIRE(writer->append(example_record(0, i)));
    REQUIRE(writer->finish("incomplete"));
  }
  for (const std::string table : {"run", "sessions", "results", "questions", "records"}) {
    run_sql(path, "ALTER TABLE " + table + " DROP COLUMN checksum");
  }
  run_sql(path, "DROP TABLE judges; DROP TABLE judge_answers");
  run_sql(path, "ALTER TABLE run DROP COLUMN records; ALTER TABLE run DROP COLUMN questions; PRAGMA user_version = 1");
  CHECK(records_of(path).size() == 3);
  CHECK(opened(path)->verify());
  CHECK(opened(path)->find(example_record(0, 1).item.id)->size() == 1);
  {
    auto writer = resumed(path);
    REQUIRE(writer->append(example_record(0, 3)));
    REQUIRE(writer->finish("complete"));
  }
  const auto records = records_of(path);
  REQUIRE(records.size() == 4);
  for (std::int64_t i = 0; i < 4; ++i) check_same(records[static_cast<std::size_t>(i)], example_record(0, i));
  CHECK(opened(path)->verify());
  run_sql(path, "UPDATE records SET why = 'x' WHERE key = 0");
  CHECK_THAT(told(path), ContainsSubstring("is not what was written"));
}

namespace {

ResultInfo judged_result() {
  ResultInfo result = example_result();
  JudgeInfo judge;
  judge.model.name = "openai:judge";
  judge.model.settings = {{"temperature", "0"}};
  judge.model.details = {{"url", "http://localhost/v1"}};
  judge.model_ref = "openai:judge@http://localhost/v1";
  judge.rubric_sha256 = sha256_hex("rubric");
  judge.price.emplace();
  judge.price->input_per_mtok = 2.5;
  judge.price->source = "a page";
  result.judge = judge;
  return result;
}

JudgeAnswer example_judge_answer(int number) {
  JudgeAnswer answer;
  answer.request.item = example_record(0, 1).item.id;
  answer.request.sample = number;
  GenerateRequest body;
  body.messages = {{Role::kSystem, "strict"}, {Role::kUser, "Is it right?\n" + std::to_string(number)}};
  body.max_tokens = 64;
  body.seed = 0xfedcba9876543210;
  answer.request.body = body;
  answer.completion.text = "Yes\n4";
  answer.completion.reasoning = "hm";
  answer.completion.finish = FinishReason::kStop;
  answer.completion.usage.prompt = 120;
  answer.completion.usage.completion = 3;
  answer.completion.timings.total_ms = 31.5;
  answer.completion.attempts = 2;
  answer.completion.served_model = "judge-2026";
  answer.usd = 0.25;
  return answer;
}

}  // namespace

TEST_CASE("What a judge was asked and said is kept with its record, and its money with the run's") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  Record judged = example_record(0, 1);
  judged.judge_answers = {example_judge_answer(0), example_judge_answer(1)};
  judged.judge_answers[1].usd.reset();
  judged.judge_answers[1].completion.failure =
      Failure{FailureKind::kTimeout, FailureAction::kRetry, "no byte in 60 s", 0};
  Record unjudged = failed_record(0, 2);
  unjudged.completion.failure->kind = FailureKind::kNotJudged;
  unjudged.completion.text = "an answer";
  unjudged.judge_answers = {example_judge_answer(0)};
  const auto writer = created(path, {judged_result(), example_result()});
  REQUIRE(writer->append(example_record(0, 0)));
  REQUIRE(writer->append(judged));
  REQUIRE(writer->append(unjudged));
  REQUIRE(writer->commit());
  const double answers = example_record(0, 0).usd.value_or(0) + judged.usd.value_or(0) + unjudged.usd.value_or(0);
  CHECK(writer->spent_usd().value() == Approx(answers + 0.5));

  const auto reader = opened(path);
  REQUIRE(reader->results().size() == 2);
  CHECK_FALSE(reader->results()[1].judge);
  REQUIRE(reader->results()[0].judge);
  const JudgeInfo& judge = *reader->results()[0].judge;
  CHECK(judge.model.name == "openai:judge");
  CHECK_FALSE(judge.model.sha256);
  CHECK(judge.model.settings == judged_result().judge->model.settings);
  CHECK(judge.model.details == judged_result().judge->model.details);
  CHECK(judge.model_ref == "openai:judge@http://localhost/v1");
  CHECK(judge.rubric_sha256 == sha256_hex("rubric"));
  CHECK(judge.price == judged_result().judge->price);
  for (const bool whole : {false, true}) {
    const std::vector<Record> records = records_of(path, whole);
    REQUIRE(records.size() == 3);
    CHECK(records[0].judge_answers.empty());
    REQUIRE(records[1].judge_answers.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      const JudgeAnswer& was = judged.judge_answers[i];
      const JudgeAnswer& is = records[1].judge_answers[i];
      CHECK(is.request.body == was.request.body);
      CHECK(is.request.item == was.request.item);
      CHECK(is.request.sample == was.request.sample);
      CHECK(is.completion.text == was.completion.text);
      CHECK(is.completion.reasoning == was.completion.reasoning);
      CHECK(is.completion.finish == was.completion.finish);
      CHECK(is.completion.usage.prompt == was.completion.usage.prompt);
      CHECK(is.completion.usage.completion == was.completion.usage.completion);
      CHECK_FALSE(is.completion.usage.cached);
      CHECK(is.completion.timings.total_ms == was.completion.timings.total_ms);
      CHECK_FALSE(is.completion.timings.queue_ms);
      CHECK(is.completion.attempts == 2);
      CHECK(is.completion.served_model == "judge-2026");
      CHECK(is.usd == was.usd);
      REQUIRE(is.completion.failure.has_value() == was.completion.failure.has_value());
    }
    CHECK(records[1].judge_answers[1].completion.failure->kind == FailureKind::kTimeout);
    CHECK(records[1].judge_answers[1].completion.failure->message == "no byte in 60 s");
    CHECK(lacks_verdict_only(records[2].completion));
    CHECK(records[2].judge_answers.size() == 1);
  }
}

TEST_CASE("A judge's later answers take the place of earlier ones, and damage to them is noticed") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  {
    auto writer = created(path, {judged_result()});
    Record first = failed_record(0, 1);
    first.completion.failure->kind = FailureKind::kNotJudged;
    first.judge_answers = {example_judge_answer(0)};
    REQUIRE(writer->append(first));
    Record second = example_record(0, 1);
    second.judge_answers = {example_judge_answer(0), example_judge_answer(1)};
    REQUIRE(writer->append(second));
    REQUIRE(writer->finish("complete"));
  }
  CHECK(records_of(path)[0].judge_answers.size() == 2);
  CHECK(opened(path)->verify());
  const std::string whole = bytes_of(path);
  run_sql(path, "UPDATE judge_answers SET usd = 0");
  CHECK_THAT(told(path), ContainsSubstring("its judge's answer is not what was written"));
  CHECK_FALSE(opened(path)->verify());
  write_bytes(path, whole);
  run_sql(path, "UPDATE judges SET model = 'another'");
  CHECK_THAT(told(path), ContainsSubstring("its table \"judges\""));
}

TEST_CASE("A judge's answers whose bytes are cut short are refused") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  {
    auto writer = created(path, {judged_result()});
    Record record = example_record(0, 1);
    record.judge_answers = {example_judge_answer(0)};
    REQUIRE(writer->append(record));
    REQUIRE(writer->finish("complete"));
  }
  std::string bytes;
  {
    run_file::Database database(path, run_file::Database::Mode::kRead);
    run_file::Statement row(database, "SELECT answers FROM judge_answers");
    REQUIRE(row.step());
    bytes = std::string(row.bytes(0));
  }
  CHECK(run_file::decode_judge_answers(bytes, "i").size() == 1);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO(size);
    CHECK_THROWS_AS(run_file::decode_judge_answers(std::string_view(bytes).substr(0, size), "i"),
                    run_file::StorageFailure);
  }
  CHECK_THROWS_AS(run_file::decode_judge_answers(bytes + "x", "i"), run_file::StorageFailure);
}

TEST_CASE("A run file of schema 2 is read as it is, and can be gone on with") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  {
    auto writer = created(path);
    for (std::int64_t i = 0; i < 3; ++i) REQUIRE(writer->append(example_record(0, i)));
    REQUIRE(writer->finish("incomplete"));
  }
  run_sql(path, "DROP TABLE judges; DROP TABLE judge_answers; PRAGMA user_version = 2");
  CHECK(records_of(path).size() == 3);
  CHECK(records_of(path, false).size() == 3);
  CHECK(opened(path)->verify());
  {
    auto writer = resumed(path);
    CHECK(writer->spent_usd());
    REQUIRE(writer->append(example_record(0, 3)));
    REQUIRE(writer->finish("complete"));
  }
  CHECK(records_of(path).size() == 4);
  CHECK(opened(path)->verify());
}

TEST_CASE("Every commit can be forced to the disk; nothing is left of a writer that is gone") {
  const TemporaryFolder folder;
  auto writer = created(folder.file("run.db"), {example_result()}, Durability::kEveryCommit);
  for (std::int64_t i = 0; i < 10; ++i) {
    REQUIRE(writer->append(example_record(0, i)));
    REQUIRE(writer->commit());
  }
  REQUIRE(writer->finish("complete"));
  CHECK(records_of(folder.file("run.db")).size() == 10);
  const auto files = std::distance(std::filesystem::directory_iterator(folder.path()), {});
  writer.reset();
  CHECK(files <= 2);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

}  // namespace
}  // namespace assay
