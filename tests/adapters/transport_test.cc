// What happens between the adapter and the server, and what it means for the item and for the run. Certificates, HTTP/2
// and the process's environment are tested with the program itself: tests/end_to_end/remote_transport.py.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>

#include "adapters/http/scored_parts.h"
#include "harness/core/clock.h"
#include "tests/adapters/remote_asking.h"

namespace assay {
namespace {

using Json = nlohmann::json;

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 200, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// A port whose accept queue is full and stays so: what knocks gets no answer at all.
class DeafPort {
 public:
  DeafPort() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(listen(listener_, 0) == 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    for (int& caller : callers_) {
      caller = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      static_cast<void>(connect(caller, reinterpret_cast<sockaddr*>(&address), length));
    }
  }
  ~DeafPort() {
    for (const int caller : callers_) close(caller);
    close(listener_);
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_ = -1;
  std::array<int, 4> callers_{};
  std::uint16_t port_ = 0;
};

TEST_CASE("a server that lets nobody in is a timeout of the connection", "[remote]") {
  const DeafPort port;
  const auto adapter = adapter_for(port.url(), "connect_timeout=200ms&max_retries=1");
  const auto start = MonotonicClock::now();
  const Completion completion = answer_of(*adapter);
  REQUIRE(completion.failure);
  CHECK(completion.failure->kind == FailureKind::kTimeout);
  CHECK_THAT(completion.failure->message, ContainsSubstring("connect_timeout"));
  CHECK(completion.attempts == 2);
  CHECK(milliseconds_since(start) >= 400);
  CHECK(milliseconds_since(start) < 3000);
}

TEST_CASE("a proxy of the environment is used, but not for this machine", "[remote]") {
  std::mutex mutex;
  std::vector<std::string> paths;
  FaultServer proxy([&](const ServerRequest& request) {
    const std::lock_guard lock(mutex);
    paths.push_back(request.path);
    return reply_with(200, chat_completion("A"));
  });
  FaultServer near(in_turn({reply_with(200, chat_completion("B"))}));
  setenv("http_proxy", proxy.url().c_str(), 1);
  const auto far = adapter_for("http://model.test/v1");
  const Completion through_proxy = answer_of(*far);
  const auto local = adapter_for(near.url());
  const Completion direct = answer_of(*local);
  unsetenv("http_proxy");
  if (through_proxy.failure) FAIL(through_proxy.failure->message);
  CHECK(through_proxy.text == "A");
  CHECK(direct.text == "B");
  CHECK(paths == std::vector<std::string>{"http://model.test/v1/chat/completions"});
}

TEST_CASE("a gzipped body is unpacked, a broken one is asked again", "[remote]") {
  std::string accepted;
  FaultServer server([&](const ServerRequest& request) {
    accepted = request.headers.count("accept-encoding") > 0 ? request.headers.at("accept-encoding") : "";
    std::string body = gzipped(chat_completion("zipped"));
    if (request.number == 0) body[body.size() / 2] = static_cast<char>(body[body.size() / 2] ^ 0x55);
    ServerReply reply = reply_with(200, body);
    reply.headers.push_back("Content-Encoding: gzip");
    return reply;
  });
  const auto adapter = adapter_for(server.url());
  const Completion completion = answer_of(*adapter);
  if (completion.failure) FAIL(completion.failure->message);
  CHECK(completion.text == "zipped");
  CHECK(completion.attempts == 2);
  CHECK_THAT(accepted, ContainsSubstring("gzip"));
}

TEST_CASE("an endless reply is broken off and not asked for again", "[remote]") {
  FaultServer server(in_turn({reply_with(200, std::string(33U << 20U, ' '))}));
  const auto adapter = adapter_for(server.url());
  const Completion completion = answer_of(*adapter);
  REQUIRE(completion.failure);
  CHECK(completion.failure->kind == FailureKind::kBadResponse);
  CHECK(completion.failure->action == FailureAction::kGiveUpItem);
  CHECK(server.counts().requests == 1);
}

TEST_CASE("hundreds in flight each have a connection, and keep it", "[remote]") {
  constexpr int kInFlight = 700;  // more than one multi handle takes
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A"), 1500); });
  const auto adapter = adapter_for(server.url());
  for (int round = 0; round < 2; ++round) {
    std::vector<std::future<Completion>> answers;
    for (int i = 0; i < kInFlight; ++i) answers.push_back(ask(*adapter, question("q" + std::to_string(i))));
    for (auto& answer : answers) CHECK_FALSE(answer.get().failure);
  }
  CHECK(server.counts().most_in_flight > 512);
  CHECK(server.counts().connections <= static_cast<std::uint64_t>(kInFlight));
  CHECK(server.counts().requests == 2 * kInFlight);
}

TEST_CASE("when a server is back, those that waited for it do not wait for their backoff", "[remote]") {
  FaultServer server([](const ServerRequest&) { return reply_with(200, chat_completion("A"), 5); });
  const auto adapter = adapter_for(server.url());
  CHECK_FALSE(answer_of(*adapter).failure);
  server.die();
  std::vector<std::future<Completion>> answers;
  for (int i = 0; i < 64; ++i) answers.push_back(ask(*adapter, question("q" + std::to_string(i))));
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));  // backoffs have grown to 8 s by now
  const auto back = MonotonicClock::now();
  server.resume();
  for (auto& answer : answers) CHECK_FALSE(answer.get().failure);
  CHECK(milliseconds_since(back) < 3000);
}

TEST_CASE("a content filter's refusal is an answer without text", "[remote]") {
  std::vector<std::string> log;
  AdapterContext context = context_with();
  context.log = [&](const std::string& line) { log.push_back(line); };
  FaultServer server(in_turn({reply_with(
      400, R"({"error":{"code":"content_filter","message":"The response was filtered due to the prompt"}})")}));
  const auto adapter = adapter_for(server.url(), "", context);
  const Completion completion = answer_of(*adapter);
  if (completion.failure) FAIL(completion.failure->message);
  CHECK(completion.text.empty());
  CHECK(completion.finish == FinishReason::kContentFilter);
  CHECK_FALSE(completion.usage.prompt);
  CHECK(server.counts().requests == 1);
  REQUIRE(log.size() == 1);
  CHECK_THAT(log.front(), ContainsSubstring("filtered due to the prompt"));
}

// The actions of the failures that `count` requests end in, one after the other.
std::vector<FailureAction> actions_of(Adapter& adapter, int count) {
  std::vector<FailureAction> actions;
  for (int i = 0; i < count; ++i) {
    const Completion completion = answer_of(adapter, "q" + std::to_string(i));
    if (completion.failure) actions.push_back(completion.failure->action);
  }
  return actions;
}

TEST_CASE("where every request is refused for good, the model is given up soon", "[remote]") {
  const std::string body = GENERATE(
      R"({"error":{"message":"Unsupported parameter"}})",
      R"({"error":{"message":"This model's maximum context length is 16 tokens","code":"context_length_exceeded"}})");
  FaultServer server(in_turn({reply_with(400, body)}));
  const auto adapter = adapter_for(server.url());
  std::vector<FailureAction> expected(15, FailureAction::kGiveUpItem);
  expected.push_back(FailureAction::kEndModel);
  CHECK(actions_of(*adapter, 16) == expected);
  CHECK(server.counts().requests == 16);
}

TEST_CASE("after an answer a refused request is its item's business", "[remote]") {
  const int status = GENERATE(400, 403, 404);
  const ServerReply good = reply_with(200, chat_completion("A"));
  const ServerReply bad = reply_with(status, R"({"error":{"message":"no"}})");
  FaultServer server(in_turn({good, bad, bad, good, bad}));
  const auto adapter = adapter_for(server.url());
  CHECK(actions_of(*adapter, 4) == std::vector<FailureAction>(2, FailureAction::kGiveUpItem));
  std::vector<FailureAction> expected(16, FailureAction::kGiveUpItem);
  if (status != 400) expected.back() = FailureAction::kEndModel;  // a key that is no longer good
  CHECK(actions_of(*adapter, 16) == expected);
}

// A model of words: each is a token with the log-probability -0.5, and " x" follows everything.
ServerReply words_reply(const ServerRequest& request) {
  const Json asked = Json::parse(request.body);
  Json choices = Json::array();
  const bool echo = asked.value("echo", false);
  const Json prompts = asked["prompt"].is_array() ? asked["prompt"] : Json::array({asked["prompt"]});
  for (const Json& prompt : prompts) {
    const std::string text = (echo ? prompt.get<std::string>() : "") + " x";
    Json tokens = Json::array();
    Json offsets = Json::array();
    Json values = Json::array();
    Json tops = Json::array();
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find(' ', begin + 1), text.size());
      const std::string token = text.substr(begin, end - begin);
      offsets.push_back(begin);
      tokens.push_back(token);
      values.push_back(begin == 0 && echo ? Json(nullptr) : Json(-0.5));
      tops.push_back(Json{{token, -0.5}});
      begin = end;
    }
    choices.push_back(
        {{"index", choices.size()},
         {"text", text},
         {"finish_reason", "length"},
         {"logprobs",
          {{"tokens", tokens}, {"token_logprobs", values}, {"text_offset", offsets}, {"top_logprobs", tops}}}});
  }
  return reply_with(200, Json{{"object", "text_completion"}, {"model", "words"}, {"choices", choices}}.dump());
}

TEST_CASE("examples are left out until a prompt has as few tokens as the protocol allows", "[remote]") {
  FaultServer server(words_reply);
  const auto adapter = adapter_for(server.url(), "loglikelihood=on");
  CHECK(adapter->capabilities().loglikelihood);
  const std::uint64_t checks = server.counts().requests;
  LoglikelihoodRequest scored;
  scored.context = "About words. one one one two two two question";  // 2 + 3 + 3 + 1 tokens, and 1 of the continuation
  scored.droppable = {{12, 24}, {24, 36}};
  scored.continuations = {" A", " B"};
  const auto answer_within = [&](int tokens) {
    scored.max_context_tokens = tokens;
    Request request;
    request.body = scored;
    return ask(*adapter, request).get();
  };
  const Completion whole = answer_within(10);
  if (whole.failure) FAIL(whole.failure->message);
  CHECK(whole.note.empty());
  CHECK(whole.continuations.size() == 2);
  CHECK(answer_within(9).note == "1 part dropped");
  CHECK(answer_within(4).note == "2 parts dropped");
  const Completion bare = answer_within(2);  // nothing is left to leave out: asked as it is
  CHECK_FALSE(bare.failure);
  CHECK(bare.note == "2 parts dropped");
  CHECK(server.counts().requests == checks + 1 + 2 + 3 + 3);
}

TEST_CASE("passages are left out until the server takes the prompt, and the record says so", "[remote]") {
  FaultServer server([](const ServerRequest& request) {
    const std::string text = Json::parse(request.body).at("messages").back().at("content");
    if (text.size() > 20) return reply_with(400, R"({"error": {"message": "maximum context length exceeded"}})");
    return reply_with(200, chat_completion(text));
  });
  const auto adapter = adapter_for(server.url());
  Request request = question("[1] one [2] two two two [3] three three What?");
  auto& body = std::get<GenerateRequest>(request.body);
  body.droppable = {{0, 8}, {8, 24}, {24, 40}};
  const Completion fitting = ask(*adapter, request).get();
  if (fitting.failure) FAIL(fitting.failure->message);
  CHECK(fitting.text == "[1] one What?");
  CHECK(fitting.note == "2 parts dropped");
  CHECK(fitting.sent == "[1] one What?");
  body.messages.back().content = "[1] one" + std::string(20, '.') + "What?";
  body.droppable = {{0, 7}};
  const Completion refused = ask(*adapter, request).get();
  REQUIRE(refused.failure);
  CHECK(refused.failure->kind == FailureKind::kContextTooLong);
}

TEST_CASE("a request that is split takes each continuation's opening along", "[remote]") {
  LoglikelihoodRequest whole{"x", {"1", "2", "3"}, {}, 0};
  whole.openings = {"a", "b", "c"};
  Request request;
  request.body = whole;
  const std::vector<Request> parts = http::parts_of(request, 2);
  REQUIRE(parts.size() == 2);
  const auto& last = std::get<LoglikelihoodRequest>(parts[1].body);
  CHECK(last.continuations == std::vector<std::string>{"3"});
  CHECK(last.openings == std::vector<std::string>{"c"});
  CHECK(std::get<LoglikelihoodRequest>(parts[0].body).openings == std::vector<std::string>{"a", "b"});
}

}  // namespace
}  // namespace assay
