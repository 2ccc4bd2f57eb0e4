// What an adapter gives back for a request: text or log-probabilities, counts, timings, or a typed failure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/usage.h"

namespace assay {

/// What went wrong with an attempt; also the keys of `errors` in the JSON summary.
enum class FailureKind {
  kRateLimited,     ///< 429
  kTimeout,         ///< connect, first byte, idle or total time used up
  kServerError,     ///< 5xx, 408, 409
  kConnection,      ///< refused, reset, truncated body, TLS, name resolution
  kBadResponse,     ///< an answer that cannot be read: not JSON, keys missing, wrong count
  kInvalidRequest,  ///< 400 and its like: this item can never be answered so
  kContextTooLong,  ///< the prompt does not fit the model
  kRefused,         ///< a content filter or a safety refusal by the API
  kAuthentication,  ///< 401, 403: no other item will fare better
  kNotFound,        ///< 404: unknown model or URL; no other item will fare better
  kUnsupported,     ///< the model cannot do this kind of request
  kMissingAnswer,   ///< replay and scripted: no such answer in the file
  kModel,           ///< a local model failed to evaluate (out of memory, defective file)
  kNotJudged,       ///< there is an answer, but none of the judge to it: only the judge is asked again
  /// There is an answer and the judge's to it, in which no verdict can be read: nobody is asked again.
  kUnreadableVerdict,
  kCancelled,  ///< the run was stopped before an answer came
};

/// What the caller should do next.
enum class FailureAction {
  kRetry,       ///< transient: ask again after a backoff
  kRetryAfter,  ///< transient: ask again, not before Failure::retry_after_ms
  kGiveUpItem,  ///< this item has no answer; go on with the others
  kEndModel,    ///< nothing else can be answered by this model either
};

/// The name of a kind in JSON and in messages, e.g. "rate_limited".
[[nodiscard]] std::string_view failure_name(FailureKind kind);

/// The kind that a name stands for, where there is one.
[[nodiscard]] std::optional<FailureKind> failure_from_name(std::string_view name);

/// Why there is no answer.
struct Failure {
  FailureKind kind = FailureKind::kModel;
  FailureAction action = FailureAction::kGiveUpItem;
  std::string message;        ///< one line for a person; never holds a key
  double retry_after_ms = 0;  ///< with kRetryAfter
};

/// One scored continuation.
struct ContinuationScore {
  double logprob = 0;      ///< summed natural logarithms over the continuation's tokens
  int tokens = 0;          ///< tokens of the continuation
  bool is_greedy = false;  ///< each token was the model's first choice
};

/// An alternative for the first generated token.
struct TokenAlternative {
  std::string token;   ///< its text, leading blanks kept
  double logprob = 0;  ///< natural logarithm
};

/// Whether a provider may have answered, and want to be paid, though nobody saw the answer whole.
[[nodiscard]] inline bool is_unseen_answer(const Failure& failure) {
  return failure.kind == FailureKind::kTimeout || failure.kind == FailureKind::kBadResponse ||
         failure.kind == FailureKind::kConnection;
}

struct Completion;
/// Whether the model has answered and it is the judge that has not, or not readably.
[[nodiscard]] bool lacks_verdict_only(const Completion& completion);

enum class FinishReason { kNone, kStop, kLength, kContentFilter };

/// The name in records: "stop", "length", "content_filter"; empty for kNone.
[[nodiscard]] std::string_view finish_reason_name(FinishReason reason);
[[nodiscard]] FinishReason finish_reason_from_name(std::string_view name);

/// Monotonic-clock milliseconds of the final attempt; our own waiting for limits and backoff is left out.
struct Timings {
  std::optional<double> queue_ms;        ///< ready to be sent until really started
  std::optional<double> first_token_ms;  ///< start until the first token of the answer
  std::optional<double> total_ms;        ///< start until the last; wall time
  std::optional<double> compute_ms;      ///< local models: this item's own share of the batches it was in
};

/// The answer to a Request, or why there is none.
struct Completion {
  std::string text;                              ///< generate: the answer, stop text cut, reasoning removed
  std::string reasoning;                         ///< generate: what the model thought before, where it says
  std::vector<ContinuationScore> continuations;  ///< loglikelihood: one a continuation, in order
  std::vector<TokenAlternative> top_logprobs;    ///< where asked for, best first
  FinishReason finish = FinishReason::kNone;
  Usage usage;
  Timings timings;
  int attempts = 1;                  ///< requests made for this answer, failed ones included
  int unseen_attempts = 0;           ///< of those before the last: ended as is_unseen_answer() says
  bool reused = false;               ///< taken from an earlier run or computed once with an identical request
  std::string sent;                  ///< the prompt as the model saw it, where it differs from the request's text
  std::string note;                  ///< what was done to make it fit: "left-truncated 120 tokens", "3 parts dropped"
  std::string served_model;          ///< the model name that a server reported
  std::optional<double> billed_usd;  ///< cost where the provider reports it
  std::optional<Failure> failure;    ///< set: there is no answer, and the fields above say only what is known
};

}  // namespace assay
