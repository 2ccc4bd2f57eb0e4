// A wire format: how one kind of API is asked, and how its replies read. Pure functions, no network: tests/cases/wire
// holds the exact requests and replies.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/adapter.h"

namespace assay::http {

/// Whether replies are asked for as a stream.
enum class StreamMode {
  kAuto,  ///< where an answer may be long enough for the time to its first token to mean something
  kOn,
  kOff,
};

/// Whether a reply of up to `max_tokens` is asked for as a stream.
[[nodiscard]] constexpr bool wants_stream(StreamMode mode, int max_tokens) {
  return mode == StreamMode::kOn || (mode == StreamMode::kAuto && max_tokens >= 32);
}

/// What a reply is read against; the request itself is not kept while it waits.
struct Expected {
  std::vector<std::string> stop;
  int top_logprobs = 0;
  bool raw_prompt = false;  ///< completion form: text is taken as it is
  /// Log-likelihood: characters of the context and of context + continuation, one pair a continuation.
  std::vector<std::pair<std::size_t, std::size_t>> boundaries;
  int max_context_tokens = 0;  ///< log-likelihood: more of context + continuation is kContextTooLong; 0: no matter
};

/// One HTTP request, complete but for what all requests of the adapter share.
struct WireCall {
  std::string path;             ///< appended to the base URL, "/chat/completions"
  std::string body;             ///< JSON
  double estimated_tokens = 0;  ///< prompt and completion, for tokens per minute
  bool stream = false;          ///< a stream was asked for; the server may answer whole all the same
  Expected expected;
};

/// Reads one streamed reply, event by event.
class StreamReader {
 public:
  virtual ~StreamReader() = default;

  /// Takes one event in; true where it brought text, of the answer or of reasoning (the first one is the first token).
  virtual bool on_event(std::string_view type, std::string_view data) = 0;

  /// Whether the event that ends the stream has come; what follows is not read.
  [[nodiscard]] virtual bool ended() const = 0;

  /// Whether all of the answer has come, though the stream may go on or break off before its end.
  [[nodiscard]] virtual bool complete() const { return ended(); }

  /// The answer, or the failure that the stream reported, or kBadResponse for one that broke off.
  [[nodiscard]] virtual Completion finish() = 0;
};

/// One kind of API, for one model with its settings. Thread-safe; untrusted replies give failures, never exceptions.
class WireFormat {
 public:
  virtual ~WireFormat() = default;

  /// What can be asked in this format, of this model. preferred_in_flight is set by the adapter.
  [[nodiscard]] virtual Capabilities capabilities() const = 0;

  /// Header lines that every request carries, without keys: "anthropic-version: 2023-06-01".
  [[nodiscard]] virtual std::vector<std::string> header_lines() const { return {}; }

  /// Settings that change answers, in a fixed order (ModelIdentity::settings).
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> settings() const { return {}; }

  /// The HTTP request, or why there can be none.
  [[nodiscard]] virtual std::variant<WireCall, Failure> encode(const Request& request) const = 0;

  /// Reads a whole reply of status 200. Failures carry what to do next; an error object inside is one of them.
  [[nodiscard]] virtual Completion decode(const Expected& expected, std::string_view body) const = 0;

  /// A reader for a streamed reply of status 200.
  [[nodiscard]] virtual std::unique_ptr<StreamReader> stream_reader(const Expected& expected) const = 0;

  /// Most continuations of a log-likelihood request that one call takes; the adapter splits what is more.
  [[nodiscard]] virtual std::size_t continuations_per_call() const { return 1; }
};

/// A Completion that is nothing but a failure.
[[nodiscard]] inline Completion failed_completion(Failure failure) {
  Completion completion;
  completion.failure = std::move(failure);
  return completion;
}

}  // namespace assay::http
