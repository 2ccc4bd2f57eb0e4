#include "adapters/scripted/scripted_adapter.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "adapters/scripted/script.h"
#include "harness/core/clock.h"
#include "tests/adapters/answering.h"
#include "tests/catch.h"

using namespace assay;

namespace {

// A script in a file of its own, gone at the end.
class ScriptFile {
 public:
  explicit ScriptFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / ("assay_script_" + std::to_string(::getpid()) + ".jsonl")) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~ScriptFile() { std::filesystem::remove(path_); }
  ScriptFile(const ScriptFile&) = delete;
  ScriptFile& operator=(const ScriptFile&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::unique_ptr<Adapter> adapter() const {
    Result<std::unique_ptr<Adapter>> adapter = make_scripted_adapter(*parse_model_ref("scripted:" + path()));
    INFO((adapter ? "" : adapter.error().message));
    REQUIRE(adapter);
    return std::move(*adapter);
  }

 private:
  std::filesystem::path path_;
};

std::string refused_line(const std::string& line) {
  const auto script = scripted::Script::parse("{\"text\": \"x\"}\n" + line, "s.jsonl");
  REQUIRE_FALSE(script);
  CHECK(script.error().kind == ErrorKind::kUsage);
  return script.error().message;
}

}  // namespace

TEST_CASE("the first rule that matches answers, by id, sample or glob") {
  const ScriptFile file(
      "# a comment\n"
      "{\"item\": \"h/1\", \"sample\": 1, \"text\": \"second sample\"}\n"
      "\n"
      "{\"item\": \"h/1\", \"text\": \"by id\"}\n"
      "{\"item\": \"h/?\", \"text\": \"by glob\"}\n"
      "{\"item\": \"h/2\", \"text\": \"never reached\"}\n"
      "{\"text\": \"by default\"}\n");
  const auto adapter = file.adapter();
  CHECK(answered(*adapter, generating("h/1")).text == "by id");
  Request second = generating("h/1");
  second.sample = 1;
  CHECK(answered(*adapter, second).text == "second sample");
  CHECK(answered(*adapter, generating("h/2")).text == "by glob");
  CHECK(answered(*adapter, generating("other")).text == "by default");
}

TEST_CASE("answers of every kind") {
  const ScriptFile file(
      "{\"item\": \"ll\", \"logprobs\": [-1.5, -0.5, -2], \"prompt_tokens\": 9, \"evaluated_tokens\": 4}\n"
      "{\"item\": \"pick\", \"choose\": 2}\n"
      "{\"item\": \"top\", \"top_logprobs\": [[\"B\", -0.1], [\" A\", -2.5]]}\n"
      "{\"item\": \"text\", \"text\": \"long\", \"reasoning\": \"hm\", \"finish_reason\": \"length\", "
      "\"completion_tokens\": 3}\n");
  const auto adapter = file.adapter();
  CHECK(adapter->capabilities().loglikelihood);
  CHECK(adapter->capabilities().chat);
  CHECK(adapter->capabilities().top_logprobs);

  const Completion compared = answered(*adapter, comparing("ll", {"a", "b", "c"}));
  REQUIRE(compared.continuations.size() == 3);
  CHECK(compared.continuations[1].logprob == -0.5);
  CHECK(compared.usage.prompt == 9);
  CHECK(compared.usage.evaluated == 4);
  CHECK_FALSE(compared.usage.completion);

  CHECK(chosen(answered(*adapter, comparing("pick", {"a", "b", "c"}))) == 2);
  CHECK(answered(*adapter, generating("pick", {"A", "B", "C"})).text == "C");

  Request top = generating("top");
  std::get<GenerateRequest>(top.body).top_logprobs = 5;
  const Completion alternatives = answered(*adapter, top);
  REQUIRE(alternatives.top_logprobs.size() == 2);
  CHECK(alternatives.top_logprobs[1].token == " A");
  CHECK(alternatives.text == "B");

  const Completion text = answered(*adapter, generating("text"));
  CHECK(text.finish == FinishReason::kLength);
  CHECK(text.reasoning == "hm");
  CHECK(text.usage.completion == 3);
}

TEST_CASE("an episode is answered turn by turn") {
  const ScriptFile file("{\"item\": \"play\", \"texts\": [\"first\", \"second\"]}\n");
  const auto adapter = file.adapter();
  CHECK(adapter->capabilities().chat);
  CHECK_FALSE(adapter->capabilities().loglikelihood);
  Request request = generating("play");
  auto& body = std::get<GenerateRequest>(request.body);
  body.messages = {{Role::kUser, "go"}};
  CHECK(answered(*adapter, request).text == "first");
  body.messages.insert(body.messages.end(), {{Role::kAssistant, "first"}, {Role::kUser, "on"}});
  CHECK(answered(*adapter, request).text == "second");
  body.messages.insert(body.messages.end(), {{Role::kAssistant, "second"}, {Role::kUser, "on"}});
  CHECK(answered(*adapter, request).failure->message == file.path() + ":1: has 2 texts, and turn 3 is asked");
}

TEST_CASE("a request without an answer of its kind fails and says which line") {
  const ScriptFile file(
      "{\"item\": \"ll\", \"logprobs\": [-1]}\n"
      "{\"item\": \"pick\", \"choose\": 4}\n"
      "{\"item\": \"text\", \"text\": \"x\"}\n");
  const auto adapter = file.adapter();
  const auto failure = [&](Request request) { return answered(*adapter, std::move(request)).failure.value(); };
  CHECK(failure(generating("none")).kind == FailureKind::kMissingAnswer);
  CHECK(failure(generating("none")).message == file.path() + ": no rule matches none");
  CHECK(failure(generating("ll")).message == file.path() + ":1: has no text, texts or choose");
  CHECK(failure(comparing("ll", {"a", "b"})).kind == FailureKind::kBadResponse);
  CHECK(failure(comparing("ll", {"a", "b"})).message == file.path() + ":1: has 1 logprobs for 2 continuations");
  CHECK(failure(comparing("pick", {"a", "b"})).message == file.path() + ":2: chooses 4 of 2 choices (from 0)");
  CHECK(failure(comparing("text", {"a"})).message == file.path() + ":3: has no logprobs and no choose");
}

TEST_CASE("faults come as often as the rule says, for each item and sample of their own") {
  const ScriptFile file(
      "{\"item\": \"always\", \"fault\": \"invalid_request\"}\n"
      "{\"fault\": \"rate_limited\", \"retry_after_ms\": 20, \"times\": 2, \"text\": \"at last\"}\n");
  const auto adapter = file.adapter();
  for (int i = 0; i < 5; ++i) {
    CHECK(answered(*adapter, generating("always")).failure.value().action == FailureAction::kGiveUpItem);
  }
  for (const char* item : {"a", "b"}) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      const Failure failure = answered(*adapter, generating(item)).failure.value();
      CHECK(failure.kind == FailureKind::kRateLimited);
      CHECK(failure.action == FailureAction::kRetryAfter);
      CHECK(failure.retry_after_ms == 20);
    }
    CHECK(answered(*adapter, generating(item)).text == "at last");
  }
}

TEST_CASE("every kind of failure can be scripted, and says what a real one would") {
  const std::vector<std::pair<std::string, FailureAction>> kinds{{"rate_limited", FailureAction::kRetry},
                                                                 {"timeout", FailureAction::kRetry},
                                                                 {"server_error", FailureAction::kRetry},
                                                                 {"connection", FailureAction::kRetry},
                                                                 {"bad_response", FailureAction::kRetry},
                                                                 {"invalid_request", FailureAction::kGiveUpItem},
                                                                 {"context_too_long", FailureAction::kGiveUpItem},
                                                                 {"refused", FailureAction::kGiveUpItem},
                                                                 {"authentication", FailureAction::kEndModel},
                                                                 {"not_found", FailureAction::kEndModel},
                                                                 {"unsupported", FailureAction::kGiveUpItem},
                                                                 {"missing_answer", FailureAction::kGiveUpItem},
                                                                 {"model", FailureAction::kGiveUpItem},
                                                                 {"cancelled", FailureAction::kGiveUpItem}};
  for (const auto& [name, action] : kinds) {
    const ScriptFile file("{\"fault\": \"" + name + "\"}\n");
    const Failure failure = answered(*file.adapter(), generating("i")).failure.value();
    CHECK(failure_name(failure.kind) == name);
    CHECK(failure.action == action);
  }
}

TEST_CASE("a delay does not block the caller, and is what the latency says") {
  const ScriptFile file("{\"delay_ms\": 300, \"text\": \"x\"}\n");
  const auto adapter = file.adapter();
  std::vector<std::promise<Completion>> promises(50);
  const auto start = MonotonicClock::now();
  for (auto& promise : promises) {
    adapter->answer(generating("i"), [&](Completion completion) { promise.set_value(std::move(completion)); });
  }
  CHECK(milliseconds_since(start) < 250);
  for (auto& promise : promises) {
    const Completion completion = promise.get_future().get();
    CHECK(completion.text == "x");
    CHECK(completion.timings.total_ms.value() >= 300);
  }
  CHECK(milliseconds_since(start) < 5000);
}

TEST_CASE("cancelling ends what waits and what comes later") {
  const ScriptFile file("{\"delay_ms\": 60000, \"text\": \"x\"}\n");
  const auto adapter = file.adapter();
  std::promise<Completion> waiting;
  adapter->answer(generating("i"), [&](Completion completion) { waiting.set_value(std::move(completion)); });
  adapter->cancel();
  CHECK(waiting.get_future().get().failure.value().kind == FailureKind::kCancelled);
  CHECK(answered(*adapter, generating("i")).failure.value().kind == FailureKind::kCancelled);
}

TEST_CASE("draining finishes what was started and takes nothing more") {
  const ScriptFile file("{\"delay_ms\": 100, \"text\": \"x\"}\n");
  const auto adapter = file.adapter();
  std::promise<Completion> started;
  adapter->answer(generating("i"), [&](Completion completion) { started.set_value(std::move(completion)); });
  adapter->drain();
  CHECK(answered(*adapter, generating("j")).failure.value().kind == FailureKind::kCancelled);
  CHECK(started.get_future().get().text == "x");
}

TEST_CASE("the identity changes with the answers, not with faults and delays") {
  const auto hash = [](const std::string& text) { return scripted::Script::parse(text, "s")->answers_sha256(); };
  CHECK(hash("{\"text\": \"a\"}") ==
        hash("{\"item\": \"x\", \"fault\": \"timeout\"}\n{\"text\": \"a\", \"delay_ms\": 3}"));
  CHECK(hash("{\"text\": \"a\"}") != hash("{\"text\": \"b\"}"));
  CHECK(hash("{\"text\": \"a\"}") != hash("{\"item\": \"i\", \"text\": \"a\"}"));
}

TEST_CASE("what is no rule is refused with file, line and key") {
  CHECK(refused_line("[]") == "s.jsonl:2: not a JSON object; each line of a script is one rule");
  CHECK(refused_line("{\"text\": ") == "s.jsonl:2: not a JSON object; each line of a script is one rule");
  CHECK(refused_line("{\"text\": \"\xff\"}") == "s.jsonl:2: not a JSON object; each line of a script is one rule");
  CHECK(refused_line("{\"txt\": \"a\"}") == "s.jsonl:2: unknown key 'txt' (did you mean 'text'?)");
  CHECK(refused_line("{\"text\": 3}") == "s.jsonl:2: 'text' must be a string");
  CHECK(refused_line("{\"choose\": -1}") == "s.jsonl:2: 'choose' must be a whole number from 0 to 1000000");
  CHECK(refused_line("{\"logprobs\": [1, \"x\"]}") == "s.jsonl:2: 'logprobs' must be a list of numbers");
  CHECK(refused_line("{\"top_logprobs\": [[1, 2]]}") ==
        "s.jsonl:2: 'top_logprobs' must be a list of [token, logprob] pairs");
  CHECK(refused_line("{\"text\": \"a\", \"delay_ms\": -1}") ==
        "s.jsonl:2: 'delay_ms' must be a number of milliseconds from 0 to a day");
  CHECK(refused_line("{\"text\": \"a\", \"finish_reason\": \"end\"}") ==
        "s.jsonl:2: 'finish_reason' must be stop, length or content_filter");
  CHECK(refused_line("{\"fault\": \"rate_limit\"}") ==
        "s.jsonl:2: no failure is named 'rate_limit' (did you mean 'rate_limited'?)");
  CHECK(refused_line("{\"item\": \"a\"}") ==
        "s.jsonl:2: says neither an answer (text, texts, logprobs, choose, top_logprobs) nor a fault");
  CHECK(refused_line("{\"text\": \"a\", \"times\": 1}") == "s.jsonl:2: 'times' and 'retry_after_ms' need a 'fault'");
  CHECK(refused_line("{\"fault\": \"timeout\", \"times\": 1}") ==
        "s.jsonl:2: 'times' needs an answer to give after the faults");
  CHECK(scripted::Script::parse("\n# only\n", "s.jsonl").error().message ==
        "s.jsonl: holds no rule; write one JSON object a line");
  const auto missing = make_scripted_adapter(*parse_model_ref("scripted:/nonexistent/s"));
  CHECK(missing.error().message == "/nonexistent/s: cannot be read: No such file or directory");
  CHECK(make_scripted_adapter(*parse_model_ref("scripted:/tmp")).error().message ==
        "/tmp: is a directory; expected a script of JSON lines");
}
