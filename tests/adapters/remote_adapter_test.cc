// The remote adapter against a server that misbehaves: each class of error, limits, timeouts and stopping.
#include <atomic>
#include <mutex>

#include "adapters/http/endpoint.h"
#include "harness/core/clock.h"
#include "tests/adapters/remote_asking.h"

namespace assay {
namespace {

TEST_CASE("a remote answer carries text, counts, times and the served model", "[remote]") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("B", 12, 1), 20); });
  const auto adapter = adapter_for(server.url());
  const Completion completion = answer_of(*adapter);
  REQUIRE_FALSE(completion.failure);
  CHECK(completion.text == "B");
  CHECK(completion.usage.prompt == 12);
  CHECK(completion.usage.completion == 1);
  CHECK(completion.finish == FinishReason::kStop);
  CHECK(completion.served_model == "served-model");
  CHECK(completion.attempts == 1);
  CHECK(*completion.timings.total_ms >= 19);
  CHECK(*completion.timings.total_ms < 2000);
  CHECK_FALSE(completion.timings.first_token_ms);
  CHECK(adapter->identity().name == "openai:test");
}

TEST_CASE("transient errors are asked again", "[remote]") {
  const ServerReply good = reply_with(200, chat_completion("C"));
  const auto [name, bad] = GENERATE_COPY(table<std::string, ServerReply>({
      {"500", reply_with(500, R"({"error":{"message":"oops"}})")},
      {"503 with a page", reply_with(503, "<html><title>Service Unavailable</title></html>")},
      {"408", reply_with(408, "")},
      {"409", reply_with(409, "{}")},
      {"529", reply_with(529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})")},
      {"429 without Retry-After", reply_with(429, R"({"error":{"message":"slow down"}})")},
      {"reset before the head", broken(ReplyEnd::kReset, false)},
      {"closed before the head", broken(ReplyEnd::kClose, false)},
      {"truncated body", broken(ReplyEnd::kTruncate, true, R"({"choices":[{"mess)")},
      {"reset in the body", broken(ReplyEnd::kReset, true, R"({"choices":[{"mess)")},
      {"bad JSON", reply_with(200, R"({"choices": [)")},
      {"an HTML page", reply_with(200, "<!DOCTYPE html><html><title>Gateway</title></html>")},
      {"empty choices", reply_with(200, R"({"choices":[]})")},
      {"an empty body", reply_with(200, "")},
      {"an error object in a good reply", reply_with(200, R"({"error":{"message":"oops","code":500}})")},
  }));
  INFO(name);
  FaultServer server(in_turn({bad, good}));
  const auto adapter = adapter_for(server.url());
  const Completion completion = answer_of(*adapter);
  if (completion.failure) FAIL(completion.failure->message);
  CHECK(completion.text == "C");
  CHECK(server.counts().requests == 2);
  CHECK(completion.attempts == 2);
}

TEST_CASE("permanent errors are not asked again, and say what to do next", "[remote]") {
  struct Case {
    int status;
    std::string body;
    FailureKind kind;
    FailureAction action;
  };
  const Case c = GENERATE(values<Case>({
      {400, R"({"error":{"message":"bad parameter"}})", FailureKind::kInvalidRequest, FailureAction::kGiveUpItem},
      {422, R"({"detail":"no"})", FailureKind::kInvalidRequest, FailureAction::kGiveUpItem},
      {400,
       R"({"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}})",
       FailureKind::kContextTooLong, FailureAction::kGiveUpItem},
      {401, R"({"error":{"message":"Incorrect API key provided"}})", FailureKind::kAuthentication,
       FailureAction::kEndModel},
      {403, "forbidden", FailureKind::kAuthentication, FailureAction::kEndModel},
      {404, R"({"error":{"message":"no such model"}})", FailureKind::kNotFound, FailureAction::kEndModel},
      {301, "", FailureKind::kNotFound, FailureAction::kEndModel},
      {429, R"({"error":{"code":"insufficient_quota","message":"check your plan"}})", FailureKind::kRateLimited,
       FailureAction::kEndModel},
  }));
  INFO(c.status << " " << c.body);
  ServerReply reply = reply_with(c.status, c.body);
  if (c.status == 301) reply.headers.push_back("Location: http://127.0.0.1:1/elsewhere");
  FaultServer server(in_turn({reply}));
  const auto adapter = adapter_for(server.url());
  const Completion completion = answer_of(*adapter);
  REQUIRE(completion.failure);
  CHECK(completion.failure->kind == c.kind);
  CHECK(completion.failure->action == c.action);
  CHECK(completion.failure->message.find('\n') == std::string::npos);
  CHECK(completion.failure->message.find(std::to_string(c.status)) != std::string::npos);
  CHECK(server.counts().requests == 1);
}

TEST_CASE("a stalled request is broken off after the first-byte timeout and asked again", "[remote]") {
  FaultServer server(in_turn({broken(ReplyEnd::kStall, false), reply_with(200, chat_completion("D"))}));
  const auto adapter = adapter_for(server.url(), "first_byte_timeout=200ms");
  const Completion completion = answer_of(*adapter);
  REQUIRE_FALSE(completion.failure);
  CHECK(completion.attempts == 2);
  CHECK(*completion.timings.queue_ms >= 200);  // the stalled attempt and the backoff are not the model's time
  CHECK(*completion.timings.total_ms < 150);
}

TEST_CASE("a reply that stops coming is broken off after the idle timeout", "[remote]") {
  FaultServer server(in_turn({broken(ReplyEnd::kStall, true, "{\"choices\""), reply_with(200, chat_completion("D"))}));
  const auto adapter = adapter_for(server.url(), "idle_timeout=150ms");
  CHECK(answer_of(*adapter).attempts == 2);
}

TEST_CASE("an attempt that exceeds the whole timeout fails as a timeout when retries are used up", "[remote]") {
  FaultServer server(in_turn({broken(ReplyEnd::kStall, false)}));
  const auto adapter = adapter_for(server.url(), "timeout=100ms&max_retries=1");
  const Completion completion = answer_of(*adapter);
  REQUIRE(completion.failure);
  CHECK(completion.failure->kind == FailureKind::kTimeout);
  CHECK(completion.failure->action == FailureAction::kGiveUpItem);
  CHECK(completion.attempts == 2);
}

TEST_CASE("retries are capped", "[remote]") {
  FaultServer server(in_turn({reply_with(500, "{}")}));
  const auto adapter = adapter_for(server.url(), "max_retries=2");
  const Completion completion = answer_of(*adapter);
  REQUIRE(completion.failure);
  CHECK(completion.failure->kind == FailureKind::kServerError);
  CHECK(completion.failure->action == FailureAction::kGiveUpItem);
  CHECK_THAT(completion.failure->message, ContainsSubstring("3 attempts"));
  CHECK(server.counts().requests == 3);
}

TEST_CASE("Retry-After is kept to, and the wait is not the model's latency", "[remote]") {
  ServerReply refused = reply_with(429, "{}");
  refused.headers.push_back("Retry-After: 1");
  FaultServer server(in_turn({refused, reply_with(200, chat_completion("A"), 10)}));
  const auto adapter = adapter_for(server.url());
  const auto start = MonotonicClock::now();
  const Completion completion = answer_of(*adapter);
  REQUIRE_FALSE(completion.failure);
  CHECK(milliseconds_since(start) >= 1000);
  CHECK(milliseconds_since(start) < 3000);
  CHECK(*completion.timings.queue_ms >= 1000);
  CHECK(*completion.timings.total_ms < 500);
}

TEST_CASE("a refused request waits alone: the others go on", "[remote]") {
  FaultServer server([](const ServerRequest& request) {
    if (request.number != 0) return reply_with(200, chat_completion("A"), 5);
    ServerReply refused = reply_with(429, "{}");
    refused.headers.push_back("Retry-After: 1");
    return refused;
  });
  const auto adapter = adapter_for(server.url());
  std::future<Completion> refused = ask(*adapter, question("first"));
  const auto start = MonotonicClock::now();
  for (int i = 0; i < 20; ++i) CHECK_FALSE(answer_of(*adapter, "q" + std::to_string(i)).failure);
  CHECK(milliseconds_since(start) < 900);
  CHECK(refused.get().attempts == 2);
}

TEST_CASE("no more requests are at the server than max_in_flight says", "[remote]") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A"), 10); });
  const auto adapter = adapter_for(server.url(), "max_in_flight=3");
  CHECK(adapter->capabilities().preferred_in_flight == 3);
  std::vector<std::future<Completion>> answers;
  for (int i = 0; i < 40; ++i) answers.push_back(ask(*adapter, question("q" + std::to_string(i))));
  for (auto& answer : answers) CHECK_FALSE(answer.get().failure);
  CHECK(server.counts().most_in_flight <= 3);
}

TEST_CASE("requests per minute are spaced evenly", "[remote]") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A")); });
  const auto adapter = adapter_for(server.url(), "rpm=1200");  // one each 50 ms
  const auto start = MonotonicClock::now();
  std::vector<std::future<Completion>> answers;
  for (int i = 0; i < 11; ++i) answers.push_back(ask(*adapter, question("q" + std::to_string(i))));
  double longest_total = 0;
  for (auto& answer : answers) longest_total = std::max(longest_total, *answer.get().timings.total_ms);
  CHECK(milliseconds_since(start) >= 480);
  CHECK(longest_total < 300);  // none of the waiting is in it
}

TEST_CASE("a key is sent, and never comes back in a message or an answer", "[remote]") {
  const std::string key = "sk-test-0123456789abcdef";
  std::mutex mutex;
  std::vector<std::string> seen;
  FaultServer server([&](const ServerRequest& request) {
    const std::lock_guard lock(mutex);
    seen.push_back(request.headers.at("authorization"));
    if (request.number == 0) return reply_with(200, chat_completion("your key is " + key));
    return reply_with(401, R"({"error":{"message":"Incorrect API key provided: )" + key + R"("}})");
  });
  const auto adapter = adapter_for(server.url(), "", context_with({{"OPENAI_API_KEY", key}}));
  const Completion first = answer_of(*adapter);
  CHECK(first.text == "your key is [key]");
  const Completion second = answer_of(*adapter);
  REQUIRE(second.failure);
  CHECK(second.failure->message.find(key) == std::string::npos);
  CHECK_THAT(second.failure->message, ContainsSubstring("[key]"));
  CHECK(seen == std::vector<std::string>{"Bearer " + key, "Bearer " + key});
  for (const auto& [name, value] : adapter->identity().details) CHECK(value.find(key) == std::string::npos);
}

TEST_CASE("a key that comes back spelt otherwise, or in two pieces, is taken out all the same", "[remote]") {
  const std::string key = "sk-te/st+0123456789";
  FaultServer server([&](const ServerRequest& request) {
    ServerReply reply;
    switch (request.number) {
      case 0:
        return reply_with(200, R"({"model":"sk-te\/st\u002b0123456789","choices":[{"message":{"content":)"
                               R"("sk-te\/st\u002b0123456789"},"finish_reason":"stop"}]})");
      case 1:
        reply.status = 200;
        reply.content_type = "text/event-stream";
        reply.pieces = {
            {0, "data: {\"choices\":[{\"delta\":{\"content\":\"sk-te/st+0123\"}}]}\n\n"},
            {0, "data: {\"choices\":[{\"delta\":{\"content\":\"456789\"},\"finish_reason\":\"stop\"}]}\n\n"},
            {0, "data: [DONE]\n\n"}};
        return reply;
      default:
        reply = reply_with(307, "");
        reply.headers.push_back("Location: http://127.0.0.1:1/?key=sk-te%2Fst%2B0123456789");
        return reply;
    }
  });
  const auto adapter = adapter_for(server.url(), "stream=on", context_with({{"OPENAI_API_KEY", key}}));
  const Completion whole = answer_of(*adapter);
  CHECK(whole.text == "[key]");
  CHECK(whole.served_model == "[key]");
  CHECK(answer_of(*adapter).text == "[key]");
  const Completion redirected = answer_of(*adapter);
  REQUIRE(redirected.failure);
  CHECK_THAT(redirected.failure->message, ContainsSubstring("?key=[key]"));
}

TEST_CASE("an error body nested without end is read as any other", "[remote]") {
  const std::string deep =
      R"([{"error":{"message":"no","a":)" + std::string(300'000, '[') + std::string(300'000, ']') + "}}]";
  FaultServer server([&](const ServerRequest&) { return reply_with(400, deep); });
  const Completion completion = answer_of(*adapter_for(server.url(), ""));
  REQUIRE(completion.failure);
  CHECK_THAT(completion.failure->message, ContainsSubstring("HTTP 400: no"));
}

TEST_CASE("only addresses of this machine are loopback", "[remote]") {
  for (const char* url : {"http://127.0.0.1/v1", "http://127.3.2.1:80", "http://localhost:1", "http://[::1]:1"}) {
    CHECK(http::endpoint_of(url)->is_loopback);
  }
  for (const char* url : {"http://127.example.com/v1", "http://127.0.0.1.example.com", "http://10.0.0.1"}) {
    CHECK_FALSE(http::endpoint_of(url)->is_loopback);
  }
}

TEST_CASE("a redirect is not followed: the key stays with its host", "[remote]") {
  FaultServer other([](const ServerRequest&) { return reply_with(200, chat_completion("stolen")); });
  ServerReply redirect = reply_with(307, "");
  redirect.headers.push_back("Location: " + other.url() + "/v1/chat/completions");
  FaultServer server(in_turn({redirect}));
  const auto adapter = adapter_for(server.url(), "", context_with({{"OPENAI_API_KEY", "sk-secret"}}));
  const Completion completion = answer_of(*adapter);
  REQUIRE(completion.failure);
  CHECK(completion.failure->action == FailureAction::kEndModel);
  CHECK(other.counts().requests == 0);
}

std::string sse(const std::string& data) { return "data: " + data + "\n\n"; }

std::string delta(const std::string& text) {
  return sse(R"({"model":"m","choices":[{"index":0,"delta":{"content":")" + text + R"("},"finish_reason":null}]})");
}

ServerReply stream_of(std::vector<ServerPiece> pieces, ReplyEnd end = ReplyEnd::kKeepAlive) {
  ServerReply reply;
  reply.content_type = "text/event-stream; charset=utf-8";
  reply.chunked = true;
  reply.pieces = std::move(pieces);
  reply.end = end;
  return reply;
}

const std::string kEndOfStream = sse(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})") +
                                 sse(R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}})") +
                                 sse("[DONE]");

TEST_CASE("a stream gives the time to its first token, however it is cut", "[remote]") {
  const std::string whole = delta("Hel") + delta("lo") + kEndOfStream;
  FaultServer server([&](const ServerRequest& request) {
    if (request.number == 0) {
      return stream_of({{20, sse(R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})")},
                        {30, delta("Hel")},
                        {50, delta("lo") + kEndOfStream}});
    }
    std::vector<ServerPiece> bytes;
    for (const char c : whole) bytes.push_back({0, std::string(1, c)});
    return stream_of(std::move(bytes));
  });
  const auto adapter = adapter_for(server.url(), "stream=on");
  const Completion completion = answer_of(*adapter);
  REQUIRE_FALSE(completion.failure);
  CHECK(completion.text == "Hello");
  CHECK(completion.usage.prompt == 7);
  CHECK(completion.usage.completion == 2);
  REQUIRE(completion.timings.first_token_ms);
  CHECK(*completion.timings.first_token_ms >= 45);
  CHECK(*completion.timings.total_ms >= *completion.timings.first_token_ms + 45);
  CHECK(answer_of(*adapter).text == "Hello");
}

TEST_CASE("a stream that breaks off, or reports an error, is asked again", "[remote]") {
  const ServerReply good = stream_of({{0, delta("ok") + kEndOfStream}});
  const auto [name, bad] = GENERATE_COPY(table<std::string, ServerReply>({
      {"reset", stream_of({{0, delta("o")}}, ReplyEnd::kReset)},
      {"closed", stream_of({{0, delta("o")}}, ReplyEnd::kTruncate)},
      {"ended without an end", stream_of({{0, delta("o")}})},
      {"error event", stream_of({{0, sse(R"({"error":{"message":"overloaded","type":"overloaded_error"}})")}})},
      {"bad JSON", stream_of({{0, sse("{\"choices")}})},
      {"stalls", stream_of({{0, delta("o")}}, ReplyEnd::kStall)},
  }));
  INFO(name);
  FaultServer server(in_turn({bad, good}));
  const auto adapter = adapter_for(server.url(), "stream=on&idle_timeout=200ms");
  const Completion completion = answer_of(*adapter);
  if (completion.failure) FAIL(completion.failure->message);
  CHECK(completion.text == "ok");
  CHECK(completion.attempts == 2);
}

TEST_CASE("a server that ignores stream is understood", "[remote]") {
  FaultServer server(in_turn({reply_with(200, chat_completion("whole"))}));
  const auto adapter = adapter_for(server.url(), "stream=on");
  CHECK(answer_of(*adapter).text == "whole");
}

TEST_CASE("a stream whose connection is left open after its end is an answer", "[remote]") {
  FaultServer server(in_turn({stream_of({{0, delta("ok") + kEndOfStream}}, ReplyEnd::kStall)}));
  const auto adapter = adapter_for(server.url(), "stream=on&idle_timeout=100ms");
  const Completion completion = answer_of(*adapter);
  REQUIRE_FALSE(completion.failure);
  CHECK(completion.text == "ok");
  CHECK(completion.attempts == 1);
}

TEST_CASE("a server that dies in the middle is waited for", "[remote]") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A"), 30); });
  const auto adapter = adapter_for(server.url());
  CHECK_FALSE(answer_of(*adapter).failure);
  std::vector<std::future<Completion>> answers;
  for (int i = 0; i < 8; ++i) answers.push_back(ask(*adapter, question("q" + std::to_string(i))));
  server.die();
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  server.resume();
  for (auto& answer : answers) CHECK_FALSE(answer.get().failure);
}

TEST_CASE("a server that is not there ends the model when retries are used up", "[remote]") {
  std::string url;
  {
    const FaultServer server([](const ServerRequest&) { return reply_with(200, ""); });
    url = server.url();
  }
  const auto adapter = adapter_for(url, "max_retries=1");
  const Completion completion = answer_of(*adapter);
  REQUIRE(completion.failure);
  CHECK(completion.failure->kind == FailureKind::kConnection);
  CHECK(completion.failure->action == FailureAction::kEndModel);
  CHECK_THAT(completion.failure->message, ContainsSubstring(url));
}

TEST_CASE("cancel ends what is unanswered, drain what is not started", "[remote]") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A"), 150); });
  const auto adapter = adapter_for(server.url(), "max_in_flight=2");
  std::vector<std::future<Completion>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(ask(*adapter, question("q" + std::to_string(i))));
  while (server.counts().in_flight < 2) std::this_thread::yield();
  const bool drain = GENERATE(true, false);
  if (drain) {
    adapter->drain();
  } else {
    adapter->cancel();
  }
  int answered = 0;
  for (auto& answer : answers) {
    const Completion completion = answer.get();
    if (!completion.failure) ++answered;
    if (completion.failure) CHECK(completion.failure->kind == FailureKind::kCancelled);
  }
  CHECK(answered == (drain ? 2 : 0));
  CHECK(answer_of(*adapter).failure->kind == FailureKind::kCancelled);
}

TEST_CASE("destroying an adapter answers what it still holds", "[remote]") {
  FaultServer server(in_turn({broken(ReplyEnd::kStall, false)}));
  auto adapter = adapter_for(server.url());
  std::future<Completion> answer = ask(*adapter, question("q"));
  adapter.reset();
  CHECK(answer.get().failure->kind == FailureKind::kCancelled);
}

TEST_CASE("two thousand items survive every kind of fault, and none is asked again after a good answer", "[remote]") {
  std::mutex mutex;
  std::map<std::string, int> good;
  FaultServer server([&](const ServerRequest& request) {
    const std::uint64_t dice = (request.number * 7919) % 1000;
    if (dice < 50) {
      ServerReply refused = reply_with(429, "{}");
      refused.headers.push_back("Retry-After: 0");
      return refused;
    }
    if (dice < 70) return reply_with(500, "{}");
    if (dice < 80) return broken(ReplyEnd::kReset, false);
    if (dice < 83) return broken(ReplyEnd::kStall, false);
    if (dice < 88) return broken(ReplyEnd::kTruncate, true, "{\"choices\":");
    const std::lock_guard lock(mutex);
    ++good[request.body];
    return reply_with(200, chat_completion("A"), 1);
  });
  const auto adapter = adapter_for(server.url(), "first_byte_timeout=500ms&max_in_flight=64");
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::promise<void> all;
  constexpr int kItems = 2000;
  for (int i = 0; i < kItems; ++i) {
    adapter->answer(question("item " + std::to_string(i)), [&](const Completion& completion) {
      if (completion.failure) ++failed;
      if (++answered == kItems) all.set_value();
    });
  }
  REQUIRE(all.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
  CHECK(failed == 0);
  const std::lock_guard lock(mutex);
  CHECK(good.size() == kItems);
  for (const auto& [body, count] : good) CHECK(count == 1);
}

TEST_CASE("references that cannot be used are refused with one line", "[remote]") {
  const auto error_of = [](const std::string& text, std::map<std::string, std::string> variables = {}) {
    const Result<ModelRef> ref = parse_model_ref(text);
    REQUIRE(ref);
    const auto adapter = make_openai_adapter(*ref, context_with(std::move(variables)));
    return adapter ? std::string() : adapter.error().message;
  };
  CHECK_THAT(error_of("openai:gpt-4"), ContainsSubstring("OPENAI_API_KEY"));
  CHECK_THAT(error_of("openai:m@http://127.0.0.1?key_env=NO_SUCH"), ContainsSubstring("NO_SUCH"));
  const std::string credentials = error_of("openai:m@http://user:secret@127.0.0.1");
  CHECK_FALSE(credentials.empty());
  CHECK(credentials.find("secret") == std::string::npos);
  CHECK_THAT(error_of("openai:m@http://127.0.0.1?rpm=-1"), ContainsSubstring("rpm=-1"));
  CHECK_THAT(error_of("openai:m@http://127.0.0.1?stream=maybe"), ContainsSubstring("auto, on, off"));
  CHECK_THAT(error_of("openai:m@http://127.0.0.1?max_in_flight=1.5"), ContainsSubstring("whole number"));
  CHECK_THAT(error_of("openai:m@http://127.0.0.1", {{"OPENAI_API_KEY", "a\nb"}}), ContainsSubstring("line breaks"));
  CHECK(error_of("openai:m@http://127.0.0.1", {{"OPENAI_API_KEY", "key\n"}}).empty());
}

}  // namespace
}  // namespace assay
