// What answers: the one interface between a suite's questions and a model, local or remote.
#pragma once

#include <functional>

#include "harness/core/completion.h"
#include "harness/core/model_identity.h"
#include "harness/core/request.h"

namespace assay {

/// What an adapter can do; a suite's protocol is picked from this before a run starts.
struct Capabilities {
  bool loglikelihood = false;  ///< log-probabilities of given continuations
  bool generate = false;       ///< text from a raw prompt
  bool chat = false;           ///< text from messages with roles, through the model's own template
  bool top_logprobs = false;   ///< alternatives of the first generated token
  int thinking_tokens = 0;     ///< that an answer may have beside a request's max_tokens, and that cost as these do
  int max_context_tokens = 0;  ///< prompt + completion; 0 where it is not known
  /// How many requests the harness should keep handed over at once, unless the user says otherwise.
  int preferred_in_flight = 1;
  /// Uses this machine's cores or memory to the full: two such models are run one after the other.
  bool occupies_machine = false;
};

/// Answers requests. Thread-safe; one instance serves one model for a whole run.
class Adapter {
 public:
  virtual ~Adapter() = default;
  [[nodiscard]] virtual Capabilities capabilities() const = 0;

  /// What is recorded as the model: name, file hash or served model id, settings that change answers.
  [[nodiscard]] virtual ModelIdentity identity() const = 0;

  /// Starts answering and returns at once; `done` is called exactly once, from any thread, also on failure
  /// and on cancellation, and possibly before answer() returns. A failure is a Completion whose `failure` says
  /// what to do next, never an exception. Latencies inside are monotonic-clock milliseconds and leave out our
  /// own waiting for rate limits.
  virtual void answer(Request request, std::function<void(Completion)> done) = 0;

  /// Ends every request that has not been started as kCancelled, soon; those being answered are finished. Later
  /// requests are cancelled at once.
  virtual void drain() = 0;

  /// Ends every unanswered request as kCancelled, soon. Later requests are cancelled at once.
  virtual void cancel() = 0;
};

}  // namespace assay
