// fault_server: a model server on loopback with fault rates, for benchmarks and side-by-side runs.
//
// Answers chat completions, completions, messages and generateContent alike with one letter, whatever is asked. A
// prompt always gets the same letter. GET /counts gives its own numbers as JSON; GET /reset starts them again.

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <unordered_map>

#include "tests/support/fault_server.h"

namespace {

using assay::testing::ReplyEnd;
using assay::testing::ServerReply;
using assay::testing::ServerRequest;

struct Rates {
  double latency_ms = 0;
  double refuse = 0;  // 429
  double retry_after = 1;
  double fail = 0;      // 500
  double drop = 0;      // connection closed without a reply
  double stall = 0;     // never ends
  double truncate = 0;  // body cut short
  std::uint64_t seed = 1;
};

// Counts of what was asked and answered, by the hash of the body: shows what was asked again after a good answer.
struct Ledger {
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::uint64_t repeated = 0;  // asked again after a good answer
  std::unordered_map<std::size_t, int> good;
  std::chrono::steady_clock::time_point first{};
  std::chrono::steady_clock::time_point last{};
};

std::string completion(const ServerRequest& request, char letter) {
  const std::string text = std::string("\"") + letter + "\"";
  if (request.path.find("/messages") != std::string::npos) {
    return R"({"type":"message","model":"served-model","content":[{"type":"text","text":)" + text +
           R"(}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":1}})";
  }
  if (request.path.find(":generateContent") != std::string::npos) {
    return R"({"candidates":[{"content":{"parts":[{"text":)" + text +
           R"(}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,)"
           R"("candidatesTokenCount":1},"modelVersion":"served-model"})";
  }
  if (request.path.find("/chat/") == std::string::npos) {
    return R"({"object":"text_completion","model":"served-model","choices":[{"index":0,"text":)" + text +
           R"(,"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11}})";
  }
  return assay::testing::chat_completion(std::string(1, letter));
}

}  // namespace

int main(int argc, char** argv) {
  Rates rates;
  std::uint16_t port = 0;
  CLI::App app("A model server on loopback that misbehaves at given rates");
  app.add_option("--port", port, "0 takes a free one; the first line of output names it");
  app.add_option("--latency-ms", rates.latency_ms, "before each answer");
  app.add_option("--refuse", rates.refuse, "share of 429 with Retry-After");
  app.add_option("--retry-after", rates.retry_after, "seconds");
  app.add_option("--fail", rates.fail, "share of 500");
  app.add_option("--drop", rates.drop, "share of dropped connections");
  app.add_option("--stall", rates.stall, "share of requests that never end");
  app.add_option("--truncate", rates.truncate, "share of truncated bodies");
  app.add_option("--seed", rates.seed, "of the faults");
  CLI11_PARSE(app, argc, argv);

  std::mt19937_64 random(rates.seed);
  Ledger ledger;
  std::atomic<const assay::testing::ServerCounts*> known_counts = nullptr;  // a client may know the address of old
  const auto handle = [&](const ServerRequest& request) {
    if (request.method == "GET") {
      const assay::testing::ServerCounts* counts = known_counts;
      if (counts == nullptr) return assay::testing::reply_with(503, "{}");
      if (request.path == "/reset") ledger = {};
      const double seconds = std::chrono::duration<double>(ledger.last - ledger.first).count();
      return assay::testing::reply_with(
          200, "{\"requests\":" + std::to_string(ledger.requests) + ",\"answered\":" + std::to_string(ledger.answered) +
                   ",\"distinct\":" + std::to_string(ledger.good.size()) + ",\"repeated\":" +
                   std::to_string(ledger.repeated) + ",\"first_to_last_s\":" + std::to_string(seconds) +
                   ",\"most_in_flight\":" + std::to_string(counts->most_in_flight.load()) +
                   ",\"connections\":" + std::to_string(counts->connections.load()) + "}\n");
    }
    const auto now = std::chrono::steady_clock::now();
    if (ledger.requests++ == 0) ledger.first = now;
    ledger.last = now + std::chrono::microseconds(static_cast<std::int64_t>(rates.latency_ms * 1000));
    const std::size_t hash = std::hash<std::string>()(request.body);
    if (ledger.good.contains(hash)) ++ledger.repeated;
    double draw = std::uniform_real_distribution<double>()(random);
    const auto falls = [&](double share) {
      const bool hit = draw >= 0 && draw < share;
      draw -= share;
      return hit;
    };
    if (falls(rates.refuse)) {
      ServerReply reply = assay::testing::reply_with(429, R"({"error":{"message":"slow down","type":"rate_limit"}})");
      reply.headers.push_back("Retry-After: " + std::to_string(static_cast<int>(rates.retry_after)));
      return reply;
    }
    if (falls(rates.fail)) return assay::testing::reply_with(500, R"({"error":{"message":"internal"}})");
    ServerReply reply =
        assay::testing::reply_with(200, completion(request, static_cast<char>('A' + hash % 4)), rates.latency_ms);
    if (falls(rates.drop)) {
      reply = ServerReply();
      reply.send_head = false;
      reply.end = ReplyEnd::kReset;
      return reply;
    }
    if (falls(rates.stall)) {
      reply = ServerReply();
      reply.send_head = false;
      reply.end = ReplyEnd::kStall;
      return reply;
    }
    if (falls(rates.truncate)) {
      reply.pieces[0].bytes.resize(reply.pieces[0].bytes.size() / 2);
      reply.end = ReplyEnd::kTruncate;
      return reply;
    }
    ++ledger.answered;
    ++ledger.good[hash];
    return reply;
  };

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    const assay::testing::FaultServer server(handle, port);
    known_counts = &server.counts();
    std::cout << server.url() << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
  } catch (const std::exception& error) {
    std::cerr << "fault_server: " << error.what() << '\n';
    return 2;
  }
  return 0;
}
