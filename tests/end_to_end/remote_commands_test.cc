// Runs against a server on loopback, and what can be done with their answers afterwards, as a user meets it.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/end_to_end/program.h"
#include "tests/support/fault_server.h"

using namespace assay::end_to_end;
using assay::testing::chat_completion;
using assay::testing::FaultServer;
using assay::testing::reply_with;
using assay::testing::ServerReply;
using assay::testing::ServerRequest;
using Json = nlohmann::json;

namespace {

// A chat server that always says A.
ServerReply says_a(const ServerRequest&) { return reply_with(200, chat_completion("A", 1000, 10)); }

std::string model_at(const FaultServer& server, const std::string& options = "") {
  return "openai:test@" + server.url() + (options.empty() ? "" : "?" + options);
}

std::vector<std::string> run_words(const std::string& model, std::vector<std::string> more) {
  std::vector<std::string> words{"run",     "--starter", "--suite",  "mmlu", "--protocol", "generate",
                                 "--model", model,       "--format", "json", "--quiet"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Json result_of(const Outcome& outcome) {
  const Json document = Json::parse(outcome.out, nullptr, false);
  if (!document.is_object() || document["results"].empty()) FAIL(outcome.out + outcome.err);
  return document["results"][0];
}

std::string priced(const FaultServer& server, const std::string& price) {
  return "schema: 1\nstarter: true\nmodels:\n  - ref: " + model_at(server) + "\n    price: {" + price +
         "}\nsuites:\n  - mmlu: {protocol: generate}\n";
}

}  // namespace

TEST_CASE("a run against a server: limits of the configuration and of flags reach the adapter") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A"), 30); });
  const Folder folder;
  const Outcome run = run_assay(folder.path(), run_words(model_at(server), {"--run", "a.db", "--max-in-flight", "2"}));
  CHECK(run.exit_code == 0);
  CHECK(result_of(run)["scored"] == result_of(run)["items"]);
  CHECK(server.counts().most_in_flight <= 2);

  const std::string config =
      folder.file("slow.yaml", "schema: 1\nstarter: true\nmodels:\n  - ref: " + model_at(server) +
                                   "\n    max_in_flight: 1\n    timeout: 30\nsuites:\n  - mmlu: {protocol: "
                                   "generate, limit: 4}\n");
  CHECK(run_assay(folder.path(), {"run", config, "--quiet", "--run", "b.db"}).exit_code == 0);
}

TEST_CASE("--timeout reaches the adapter") {
  FaultServer server([](const ServerRequest&) {
    ServerReply reply;
    reply.send_head = false;
    reply.end = assay::testing::ReplyEnd::kStall;
    return reply;
  });
  const Folder folder;
  const Outcome run = run_assay(folder.path(), run_words(model_at(server, "max_retries=0"),
                                                         {"--run", "a.db", "--timeout", "0.2", "--limit", "2"}));
  CHECK(run.exit_code == 3);
  CHECK(run.err.find("no reply within") + run.err.find("no whole reply") != 2 * std::string::npos);
}

TEST_CASE("log-likelihoods are asked of a server only where the protocol needs them, and refused where it has none") {
  FaultServer server(says_a);
  const Folder folder;
  const Outcome refused = run_assay(folder.path(), {"run", "--starter", "--suite", "mmlu", "--protocol",
                                                    "loglikelihood", "--model", model_at(server), "--run", "a.db"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("loglikelihood cannot be used with this server") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/a.db"));
  const auto asked = server.counts().requests.load();
  CHECK(asked > 0);
  const Outcome dry = run_assay(folder.path(), {"run", "--starter", "--suite", "mmlu", "--protocol", "loglikelihood",
                                                "--model", model_at(server), "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK(server.counts().requests == asked);  // nothing is asked in a dry run
}

TEST_CASE("a budget stops before it is exceeded, and a larger one goes on") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A", 100, 10)); });
  const Folder folder;
  // 100 tokens in and 10 out of each answer: 0.00011 dollars, less than is set aside for it.
  const std::string config = folder.file("priced.yaml", priced(server, "input_per_mtok: 1, output_per_mtok: 1"));
  const Outcome all = run_assay(folder.path(), {"run", config, "--quiet", "--format", "json", "--run", "all.db"});
  REQUIRE(all.exit_code == 0);
  const int items = result_of(all)["items"];
  CHECK(result_of(all)["cost"]["usd"].get<double>() == Approx(0.00011 * items));
  const auto before = server.counts().requests.load();
  const Outcome some = run_assay(folder.path(), {"run", config, "--quiet", "--format", "json", "--run", "some.db",
                                                 "--budget", "0.002", "--max-in-flight", "1"});
  CHECK(some.exit_code == 3);
  CHECK(some.err.find("budget is used up") != std::string::npos);
  CHECK(result_of(some)["cost"]["usd"].get<double>() <= 0.002);
  CHECK(result_of(some)["scored"].get<int>() >= 2);
  const Outcome rest =
      run_assay(folder.path(), {"run", config, "--quiet", "--format", "json", "--run", "some.db", "--budget", "1"});
  CHECK(rest.exit_code == 0);
  CHECK(result_of(rest)["scored"] == items);
  CHECK(server.counts().requests - before == static_cast<std::uint64_t>(items));  // nothing is paid for twice
}

TEST_CASE("a budget for a model of unknown price is refused; its cost is null") {
  FaultServer server(says_a);
  const Folder folder;
  const Outcome refused =
      run_assay(folder.path(), run_words(model_at(server), {"--run", "a.db", "--budget", "1", "--limit", "2"}));
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("no price of") != std::string::npos);
  CHECK(server.counts().requests == 0);
  const Outcome run = run_assay(folder.path(), run_words(model_at(server), {"--run", "a.db", "--limit", "2"}));
  CHECK(run.exit_code == 0);
  CHECK(result_of(run)["cost"]["usd"].is_null());
}

TEST_CASE("a machine by the hour is paid for the time it was used, not for each request's") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A"), 200); });
  const Folder folder;
  const std::string config = folder.file("hourly.yaml", priced(server, "usd_per_hour: 3600"));  // a dollar a second
  const Outcome run = run_assay(folder.path(), {"run", config, "--quiet", "--format", "json", "--run", "a.db"});
  REQUIRE(run.exit_code == 0);
  const Json result = result_of(run);
  REQUIRE(result["items"].get<int>() > 4);
  const double seconds = result["cost"]["usd"];
  CHECK(seconds > 0.19);
  CHECK(seconds < 0.2 * result["items"].get<int>() / 2);  // they ran side by side
}

TEST_CASE("a dry run shows tokens and cost and asks nothing") {
  FaultServer server(says_a);
  const Folder folder;
  const std::string config = folder.file("priced.yaml", priced(server, "input_per_mtok: 30, output_per_mtok: 60"));
  const Outcome dry = run_assay(folder.path(), {"run", config, "--dry-run", "--format", "json"});
  CHECK(dry.exit_code == 0);
  const Json line = result_of(dry);
  CHECK(line["estimated_prompt_tokens"].get<double>() > 100);
  CHECK(line["estimated_usd"].get<double>() > 0);
  CHECK(server.counts().requests == 0);
  CHECK(run_assay(folder.path(), {"run", config, "--quiet", "--run", "a.db"}).exit_code == 0);
  const Outcome nothing_left =
      run_assay(folder.path(), {"run", config, "--dry-run", "--format", "json", "--run", "a.db"});
  CHECK(result_of(nothing_left)["estimated_usd"].get<double>() == 0);
}

TEST_CASE("prices are listed with date and source, and taken over from LiteLLM's file") {
  const Folder folder;
  const Outcome listed = run_assay(folder.path(), {"price", "list", "openai:gpt-4", "--format", "json"});
  REQUIRE(listed.exit_code == 0);
  const Json gpt4 = Json::parse(listed.out)["prices"][0];
  CHECK(gpt4["input_per_mtok"] == 30);
  CHECK(gpt4["output_per_mtok"] == 60);
  CHECK_FALSE(gpt4["as_of"].get<std::string>().empty());
  CHECK_FALSE(gpt4["source"].get<std::string>().empty());
  const std::string file = folder.file("litellm.json", R"({"sample_spec": {"litellm_provider": "openai"},
    "gpt-4": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2e-05,
              "output_cost_per_token": 4e-05, "output_cost_per_reasoning_token": 5e-05},
    "bad,name": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06}})");
  CHECK(run_assay(folder.path(), {"price", "import", file, "--as-of", "2026-13-01"}).exit_code == 2);
  CHECK(run_assay(folder.path(), {"price", "import", folder.file("no.json", "[]")}).exit_code == 2);
  const Outcome imported = run_assay(folder.path(), {"price", "import", file, "--as-of", "2026-11-01"});
  CHECK(imported.exit_code == 0);
  const Json now = Json::parse(run_assay(folder.path(), {"price", "list", "openai:gpt-4", "--format", "json"}).out);
  CHECK(now["prices"].size() == 1);
  CHECK(now["prices"][0]["input_per_mtok"] == 20);
  CHECK(now["prices"][0]["reasoning_per_mtok"] == 50);
  CHECK(now["prices"][0]["as_of"] == "2026-11-01");
  CHECK(run_assay(folder.path(), {"price", "list", "openai:gtp-4"}).exit_code == 2);
  CHECK(run_assay(folder.path(), {"price", "list"}).out.find("2023-03-14") != std::string::npos);
}

TEST_CASE("answers are scored again, replayed and reused without asking") {
  FaultServer server(says_a);
  const Folder folder;
  const Outcome first = run_assay(folder.path(), run_words(model_at(server), {"--run", "first.db"}));
  REQUIRE(first.exit_code == 0);
  const Json asked = result_of(first);
  const auto requests = server.counts().requests.load();
  CHECK(requests == asked["items"].get<std::uint64_t>());

  const Outcome rescored = run_assay(folder.path(), {"rescore", "first.db", "--format", "json"});
  CHECK(rescored.exit_code == 0);
  CHECK(result_of(rescored)["metrics"] == asked["metrics"]);
  CHECK(result_of(rescored)["latency_ms"] == asked["latency_ms"]);
  CHECK(result_of(rescored)["throughput"]["items_per_s"].is_null());
  CHECK(rescored.err.find(" 0 scores changed") != std::string::npos);
  CHECK(run_assay(folder.path(), {"rescore", "first.db"}).exit_code == 2);  // there already
  CHECK(run_assay(folder.path(), {"rescore", "first.db", "--run", "x.db", "--suite", "hellaswag"}).exit_code == 2);

  const Outcome replayed = run_assay(folder.path(), run_words("replay:first.db", {"--run", "replayed.db"}));
  CHECK(replayed.exit_code == 0);
  CHECK(result_of(replayed)["metrics"] == asked["metrics"]);
  CHECK(result_of(replayed)["reused"] == asked["items"]);

  const Outcome reused =
      run_assay(folder.path(), run_words(model_at(server), {"--run", "r.db", "--reuse", "first.db"}));
  CHECK(reused.exit_code == 0);
  CHECK(result_of(reused)["reused"] == asked["items"]);
  CHECK(result_of(reused)["latency_ms"]["total"]["p50"].is_null());
  CHECK(server.counts().requests == requests);

  // Another server under the same name is another model.
  FaultServer other(says_a);
  CHECK(run_assay(folder.path(), run_words(model_at(other), {"--run", "o.db", "--reuse", "first.db"})).exit_code == 0);
  CHECK(other.counts().requests == requests);
}

TEST_CASE("warm-up answers are scored and have no part in the latencies") {
  std::atomic<int> number{0};
  FaultServer server([&](const ServerRequest&) {
    return reply_with(200, chat_completion("A"), number++ < 2 ? 400 : 5);  // slow while it warms up
  });
  const Folder folder;
  const auto slowest = [&](const std::vector<std::string>& more) {
    number = 0;
    std::vector<std::string> words{"--max-in-flight", "1", "--run", more.empty() ? "a.db" : "b.db"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome run = run_assay(folder.path(), run_words(model_at(server), words));
    CHECK(run.exit_code == 0);
    CHECK(result_of(run)["scored"] == result_of(run)["items"]);
    return result_of(run)["latency_ms"]["total"]["max"].get<double>();
  };
  CHECK(slowest({}) >= 399);
  CHECK(slowest({"--warmup", "2"}) < 300);
}

TEST_CASE("an open loop counts latency from the intended time, a closed loop does not wait that long") {
  // One request at a time at the server's door: what arrives faster has to wait for it.
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A"), 50); });
  const Folder folder;
  const auto latency = [&](const std::string& run, const std::vector<std::string>& more) {
    std::vector<std::string> words{"--max-in-flight", "1", "--run", run};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome done = run_assay(folder.path(), run_words(model_at(server), words));
    CHECK(done.exit_code == 0);
    return result_of(done)["latency_ms"]["total"]["max"].get<double>();
  };
  const double closed = latency("closed.db", {});
  const double open = latency("open.db", {"--rate", "1000"});
  CHECK(open > 2 * closed);
}

TEST_CASE("data sets are fetched from a mirror") {
  const Folder folder;
  const Outcome missing = run_assay(folder.path(), {"data", "fetch", "humaneval", "--from", folder.path()});
  CHECK(missing.exit_code == 2);
  CHECK(missing.err.find("humaneval/HumanEval.jsonl.gz") != std::string::npos);
  CHECK(run_assay(folder.path(), {"data", "fetch", "humanevil"}).err.find("did you mean 'humaneval'") !=
        std::string::npos);
  const char* shared = std::getenv("ASSAY_SHARED_DIR");
  const std::string mirror =
      std::string(shared != nullptr ? shared : std::string(std::getenv("ASSAY_SOURCE_DIR")) + "/../shared") + "/data";
  if (!std::filesystem::exists(mirror)) {
    WARN("no ../shared/data: fetching real data sets is not tested");
    return;
  }
  const Outcome fetched = run_assay(folder.path(), {"data", "fetch", "humaneval", "mmlu", "text_to_sql", "--from",
                                                    mirror, "--data", folder.path() + "/data"});
  CHECK(fetched.exit_code == 0);
  CHECK(fetched.out.find("mmlu: 171 fetched") != std::string::npos);
  const Outcome verified =
      run_assay(folder.path(), {"data", "verify", "mmlu", "humaneval", "--data", folder.path() + "/data"});
  CHECK(verified.exit_code == 0);
  // That folder's HellaSwag is derived from another form of it: not the authors' file.
  const Outcome derived =
      run_assay(folder.path(), {"data", "fetch", "hellaswag", "--from", mirror, "--data", folder.path() + "/data"});
  CHECK(derived.exit_code == 2);
}
