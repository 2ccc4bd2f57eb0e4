#include "results/site/site.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/core/text.h"
#include "results/site/gate_history.h"
#include "results/site/item_scores.h"
#include "results/site/json_text.h"
#include "results/site/live_site.h"
#include "results/site/log_histogram.h"
#include "results/site/question_store.h"
#include "tests/catch.h"
#include "tests/results/example_run.h"
#include "tests/site/example_runs.h"

namespace assay {
namespace {

using nlohmann::json;
using site::ItemScores;
using site::JsonText;
using site::Order;
using site::order_of;

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The JSON that a data script hands to its page.
json script(const test::TemporaryFolder& folder, const std::string& name) {
  const std::string text = content(folder.file("site/data/" + name + ".js"));
  const std::string begin = "assay.put(\"" + name + "\",";
  REQUIRE(text.starts_with(begin));
  REQUIRE(text.ends_with(");\n"));
  return json::parse(text.substr(begin.size(), text.size() - begin.size() - 3));
}

Estimate estimate_of(const ItemScores& scores) {
  double sum = 0;
  for (const float value : scores.values) sum += static_cast<double>(value);
  const auto n = static_cast<double>(scores.values.size());
  const double mean = sum / n;
  Estimate estimate;
  estimate.value = mean;
  estimate.standard_error = std::sqrt(mean * (1 - mean) / (n - 1));
  return estimate;
}

Order order(const ItemScores& a, const ItemScores& b) { return order_of(a, estimate_of(a), b, estimate_of(b)); }

/// `n` items, each of its own cluster, of which the first `right` are right.
ItemScores scores(std::int64_t n, std::int64_t right, const std::string& cluster = "") {
  ItemScores out;
  for (std::int64_t i = 0; i < n; ++i) out.add(i, i < right ? 1 : 0, cluster);
  return out;
}

TEST_CASE("JSON for scripts reads back and cannot end a script") {
  JsonText out;
  const std::string hostile = "</script><!-- & \xe2\x80\xa8\xe2\x80\xa9 \"\\\n\t\x01 \xff \xe2\x82\xac";
  out.begin_object().key(hostile).begin_array().text(hostile).integer(std::int64_t{-7}).number(0.1).null();
  out.rounded(1.23456, 2).boolean(true).begin_object().end_object().end_array().key("b").text("").end_object();
  CHECK(out.str().find_first_of("<>&\n\x01") == std::string::npos);
  CHECK_THAT(out.str(), ContainsSubstring("\\u2028\\u2029"));
  CHECK(invalid_utf8_at(out.str()) == std::string::npos);
  const json back = json::parse(out.str());
  const std::string repaired = repaired_utf8(hostile);
  CHECK(back[repaired] == json::array({repaired, -7, 0.1, nullptr, 1.23, true, json::object()}));
  CHECK(back["b"] == "");
}

TEST_CASE("What prompts share is counted as JavaScript counts, and cut at characters") {
  using site::shared_beginning;
  CHECK(shared_beginning("abc", "abd").bytes == 2);
  CHECK(shared_beginning("a\xc3\xa4", "a\xc3\xb6").bytes == 1);  // ä and ö share their first byte
  const auto emoji = shared_beginning("\xf0\x9f\x98\x80x", "\xf0\x9f\x98\x80y");
  CHECK(emoji.bytes == 4);
  CHECK(emoji.utf16_units == 2);
  CHECK(shared_beginning("", "x").bytes == 0);
  CHECK(shared_beginning("same", "same").bytes == 4);
  CHECK(site::snippet_of("Shots.\n\nQuestion: which of the four?\nA. one\nAnswer:") ==
        "Question: which of the four? A. one Answer:");
  CHECK(site::snippet_of("A long enough paragraph here\n\nSELECT") == "A long enough paragraph here  SELECT");
  CHECK(site::snippet_of("").empty());
  CHECK(site::snippet_of(std::string(300, 'x')).size() == 140);
}

TEST_CASE("Models are told apart only where the items do it") {
  CHECK(order(scores(100, 60), scores(100, 60)) == Order::kTied);
  // Six flips one way: the exact test gives 2 x 0.5^6 = 0.031; five give 0.0625, though a normal interval excludes 0.
  CHECK(order(scores(100, 66), scores(100, 60)) == Order::kFirstBetter);
  CHECK(order(scores(100, 60), scores(100, 66)) == Order::kSecondBetter);
  CHECK(order(scores(100, 65), scores(100, 60)) == Order::kTied);
  // The same six flips in one cluster of alike items say no more than one item would.
  ItemScores a;
  ItemScores b;
  for (std::int64_t i = 0; i < 100; ++i) {
    const std::string cluster = i < 20 ? "passage" : "";
    a.add(i, i < 6 || i >= 50 ? 1 : 0, cluster);
    b.add(i, i >= 50 ? 1 : 0, cluster);
  }
  CHECK(order(a, b) == Order::kTied);
  // Fewer than half in common: the estimates decide. 60 % against 50 % of 100 each does not.
  ItemScores other;
  for (std::int64_t i = 0; i < 100; ++i) other.add(1000 + i, i < 50 ? 1 : 0, "");
  CHECK(order(scores(100, 60), other) == Order::kTied);
  CHECK(order(scores(100, 70), other) == Order::kFirstBetter);
  // A mean of means is not judged by its items.
  ItemScores macro = scores(100, 66);
  macro.mean_over_items = false;
  CHECK(order(macro, scores(100, 60)) == Order::kTied);
}

TEST_CASE("Ranks are ranges") {
  const std::vector<ItemScores> models{scores(200, 150), scores(200, 146), scores(200, 120), scores(200, 20)};
  std::vector<const ItemScores*> pointers;
  std::vector<Estimate> estimates;
  for (const ItemScores& one : models) {
    pointers.push_back(&one);
    estimates.push_back(estimate_of(one));
  }
  const auto found = site::ranks(pointers, estimates);
  CHECK(found[0] == site::RankRange{1, 2});
  CHECK(found[1] == site::RankRange{1, 2});
  CHECK(found[2] == site::RankRange{3, 3});
  CHECK(found[3] == site::RankRange{4, 4});
}

TEST_CASE("Times fall into the classes that the pages draw") {
  site::LogHistogram histogram;
  for (const double ms : {0.0, 0.01, 0.02, 1e9, -1.0}) histogram.add(ms);
  CHECK(histogram.counts()[0] == 2);
  CHECK(histogram.counts()[4] == 1);
  CHECK(histogram.counts()[site::LogHistogram::kClasses - 1] == 1);
}

TEST_CASE("A site of several runs says what the run files say") {
  const test::TemporaryFolder folder;
  const auto runs = test::write_demo_runs(folder.path().string());
  REQUIRE(site::write_site({runs, {}, {}}, folder.file("site")));
  const json board = json::parse(content(folder.file("site/leaderboard.json")));
  CHECK(board == script(folder, "board"));
  CHECK(board["schema"] == 1);
  CHECK(board["runs"].size() == runs.size());
  CHECK(board["models"].size() == 6);
  CHECK(board["suites"].size() == 4);
  std::map<std::pair<int, int>, int> cells;
  for (const json& result : board["results"]) {
    if (!result["shown"]) {
      CHECK(result["rank"].is_null());
      continue;
    }
    ++cells[{result["suite"].get<int>(), result["model"].get<int>()}];
    CHECK(result["rank"].is_null() == !result["unranked"].is_null());
    const json& suite = board["suites"][result["suite"].get<std::size_t>()];
    CHECK((result["unranked"] == "starter items") == suite["starter"].get<bool>());
  }
  CHECK(cells.size() == 15);
  for (const auto& [place, count] : cells) CHECK(count == 1);
  // The fine-tuned model's cell is its latest night.
  const auto shown = std::find_if(board["results"].begin(), board["results"].end(), [&](const json& result) {
    return result["shown"] && result["suite"] == 0 &&
           board["models"][result["model"].get<std::size_t>()] == "llama:ours-ft.Q4_K_M.gguf";
  });
  REQUIRE(shown != board["results"].end());
  CHECK(board["runs"][(*shown)["run"].get<std::size_t>()]["started"] == "2026-11-19T08:00:00Z");

  const auto reader = RunReader::open(runs.front());
  REQUIRE(reader);
  const auto summary = summarize(**reader);
  REQUIRE(summary);
  const json& first = board["results"][0];
  const Estimate& estimate = summary->results[0].metrics[0].estimate;
  CHECK(first["metrics"]["accuracy"]["value"] == *estimate.value);
  CHECK(first["metrics"]["accuracy"]["ci95"] == json::array({estimate.ci95->low, estimate.ci95->high}));
  CHECK(first["cost"]["usd_per_task"] == *summary->results[0].cost.usd_per_task);
  CHECK(first["latency_ms"]["total"]["p95"] == *summary->results[0].latency.total.p95);
  CHECK(first["groups"].size() == summary->results[0].groups.size());

  // Every record of the run is found where the indexes say, and its prompt once for all models.
  const std::string answers = first["data"];
  const json index = script(folder, answers + "/index");
  const json questions = script(folder, "q0/index");
  CHECK(index["orders"].size() == 560);
  CHECK(questions["ids"].size() == 560);
  std::vector<json> samples;
  for (std::size_t chunk = 0; chunk < index["chunks"].size(); ++chunk) {
    for (const json& item : script(folder, answers + "/" + std::to_string(chunk))) samples.push_back(item);
  }
  std::vector<std::string> prompts;
  for (std::size_t chunk = 0; chunk < questions["chunks"].size(); ++chunk) {
    std::string previous;
    for (const json& question : script(folder, "q0/" + std::to_string(chunk))) {
      previous =
          previous.substr(0, question["prompt"][0].get<std::size_t>()) + question["prompt"][1].get<std::string>();
      prompts.push_back(previous);
    }
  }
  REQUIRE(samples.size() == 560);
  REQUIRE(prompts.size() == 560);
  std::size_t at = 0;
  REQUIRE((*reader)->for_each(true, [&](const Record& record) {
    if (record.result != 0) return false;
    const json& sample = samples[at][0];
    const std::string& content_sent = std::get<GenerateRequest>(record.request.body).messages[1].content;
    const bool alike = sample["completion"] == record.completion.text && sample["why"] == record.score->why &&
                       index["values"][at] == record.score->value && questions["ids"][at] == record.item.id &&
                       prompts[at].ends_with(content_sent) && !sample.contains("prompt") &&
                       sample["sent"][0].get<std::string>() + prompts[at].substr(sample["sent"][1].get<std::size_t>()) +
                               sample["sent"][2].get<std::string>() ==
                           record.completion.sent;
    INFO(record.item.id);
    if (!alike) CHECK(alike);
    ++at;
    return true;
  }));
  CHECK(at == 560);
}

TEST_CASE("A run that stopped once a verdict stood is marked, and has no rank") {
  const test::TemporaryFolder folder;
  const auto write = [&](const char* file, const char* model, const char* started, bool early) {
    RunInfo run = test::example_run();
    run.id = file;
    run.started = started;
    if (early) run.host.emplace_back(kDecidedAgainst, "nights/base.db");
    ResultInfo result = test::example_result(4);
    result.model.name = model;
    auto writer = RunWriter::create(folder.file(file), run, {result}, Durability::kGrouped);
    REQUIRE(writer);
    for (std::int64_t i = 0; i < 4; ++i) REQUIRE((*writer)->append(test::example_record(0, i)));
    REQUIRE((*writer)->finish("complete"));
    return folder.file(file);
  };
  const std::vector<std::string> runs{write("full", "a", "2026-11-01T00:00:00Z", false),
                                      write("early", "a", "2026-11-02T00:00:00Z", true),
                                      write("alone", "b", "2026-11-02T00:00:00Z", true)};
  REQUIRE(site::write_site({runs, {}, {}}, folder.file("site")));
  const json results = json::parse(content(folder.file("site/leaderboard.json")))["results"];
  // The model's cell is the run that can be ranked, older as it is.
  CHECK(results[0]["shown"] == true);
  CHECK(results[0]["rank"] == json::array({1, 1}));
  CHECK(results[1]["shown"] == false);
  CHECK(results[2]["shown"] == true);
  CHECK(results[2]["rank"].is_null());
  CHECK(results[2]["unranked"] == "stopped early: decided against base.db");
  CHECK_THAT(content(folder.file("site/leaderboard.md")), ContainsSubstring("stopped early: decided against base.db"));
}

TEST_CASE("A new site replaces an old one, and nothing else") {
  const test::TemporaryFolder folder;
  const auto runs = test::write_large_runs(folder.path().string(), 20, 2);
  const std::string target = folder.file("site");
  std::filesystem::create_directory(target);
  std::ofstream(target + "/CNAME") << "example.org";
  REQUIRE(site::write_site({{runs[0]}, {}, {}}, target));
  REQUIRE(site::write_site({runs, {}, {}}, target));
  CHECK(json::parse(content(target + "/leaderboard.json"))["runs"].size() == 2);
  CHECK(content(target + "/CNAME") == "example.org");
  CHECK_FALSE(std::filesystem::exists(target + "/.being-made"));

  const auto failed = site::write_site({{runs[0], folder.file("missing.db")}, {}, {}}, target);
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, ContainsSubstring("missing.db"));
  CHECK(json::parse(content(target + "/leaderboard.json"))["runs"].size() == 2);
  std::filesystem::copy_file(runs[0], folder.file("copy.db"));
  const auto same = site::write_site({{runs[0], folder.file("copy.db")}, {}, {}}, target);
  REQUIRE_FALSE(same);
  CHECK_THAT(same.error().message, ContainsSubstring("is the same run as"));

  const std::string strange = folder.file("strange");
  std::filesystem::create_directories(strange + "/data");
  const auto refused = site::write_site({runs, {}, {}}, strange);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("'data'"));
}

TEST_CASE("A live site follows its folder") {
  const test::TemporaryFolder folder;
  const std::string runs = folder.file("runs");
  std::filesystem::create_directory(runs);
  site::LiveSite live(runs, folder.file("site"));
  const auto refresh = [&] {
    auto problems = live.refresh();
    REQUIRE(problems);
    return *problems;
  };
  CHECK(refresh().empty());
  CHECK(script(folder, "board")["live"] == true);
  const auto paths = test::write_large_runs(runs, 10, 2);
  std::ofstream(runs + "/broken.db") << "no run";
  CHECK(refresh().size() == 1);
  CHECK(refresh().empty());  // said once
  CHECK(script(folder, "board")["runs"].size() == 2);
  std::filesystem::remove(paths[0]);
  refresh();
  CHECK(script(folder, "board")["runs"].size() == 1);

  // A run in progress: what it has by now.
  auto writer =
      RunWriter::create(runs + "/running.db", test::example_run(), {test::example_result(4)}, Durability::kGrouped);
  REQUIRE(writer);
  REQUIRE((*writer)->append(test::example_record(0, 0)));
  REQUIRE((*writer)->commit());
  refresh();
  const auto running = [&] {
    json result = script(folder, "board")["results"].back();
    CHECK(result["state"] == "running");
    return result["scored"].get<int>();
  };
  CHECK(running() == 1);
  for (std::int64_t i = 1; i < 3; ++i) REQUIRE((*writer)->append(test::example_record(0, i)));
  REQUIRE((*writer)->commit());
  refresh();
  CHECK(running() == 3);
}

TEST_CASE("Nights of a gate are read, and what is none is named") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("nights.jsonl");
  const std::string night =
      R"({"schema":1,"time":"2026-11-21T02:00:00Z","passed":false,"verdict":"worse","margin":0.02,"alpha":0.05,)"
      R"("baseline":{"run":"a","model":"m"},"candidate":{"run":"b","model":"m"},"suites":[{"suite":"mmlu",)"
      R"("metric":"accuracy","paired_items":500,"baseline":{"value":0.6},"candidate":{"value":0.5},)"
      R"("difference":-0.1,"ci95":[-0.14,-0.06],"verdict":"worse"}]})";
  std::ofstream(path) << night << "\n" << night << "\n" << night.substr(0, 40);  // the last one is being written
  const auto nights = site::read_gate_history(path);
  REQUIRE(nights);
  REQUIRE(nights->size() == 2);
  CHECK_FALSE(nights->front().passed);
  CHECK(nights->front().suites[0].ci95->low == -0.14);
  CHECK(json::parse(site::gate_history_json(*nights))[1]["suites"][0]["candidate"] == 0.5);
  std::ofstream(path) << night << "\n{\"time\":1}\n";
  const auto broken = site::read_gate_history(path);
  REQUIRE_FALSE(broken);
  CHECK_THAT(broken.error().message, ContainsSubstring("nights.jsonl:2: no line that"));
  CHECK_FALSE(site::read_gate_history(folder.file("missing")));
}

TEST_CASE("No text of a hostile run is markup in any file of its site") {
  const test::TemporaryFolder folder;
  REQUIRE(site::write_site({{test::write_hostile_run(folder.path().string())}, {}, {}}, folder.file("site")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.file("site"))) {
    if (!entry.is_regular_file()) continue;
    const std::string text = content(entry.path().string());
    CHECK(invalid_utf8_at(text) == std::string::npos);
    if (entry.path().string().find("/data/") != std::string::npos || entry.path().extension() == ".json") {
      INFO(entry.path().string());
      CHECK(text.find_first_of("<>&") == std::string::npos);
    }
    if (entry.path().extension() == ".md") CHECK(text.find("<script") == std::string::npos);
  }
}

}  // namespace
}  // namespace assay
