// The local engine's own interface: token sequences in, log-probabilities or text out. The adapter above it turns
// requests into tokens and knows nothing of batches; what is below may be replaced.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/llama/local_model.h"
#include "adapters/llama/tokenizer.h"
#include "harness/core/clock.h"
#include "harness/core/completion.h"

namespace assay::llama {

/// One continuation after its context, ready for the model.
struct ScoredSequence {
  std::vector<Token> input;   ///< context and continuation without its last token; never empty
  std::vector<Token> target;  ///< the continuation; target[i] is predicted at input[input.size() - target.size() + i]
};

/// What an engine says about a score job.
struct ScoreOutcome {
  std::vector<ContinuationScore> scores;  ///< one a sequence, in order
  std::int64_t evaluated = 0;             ///< tokens really computed that are booked to this job
  Timings timings;
  std::optional<Failure> failure;
};

/// All continuations of one item.
struct ScoreJob {
  std::int64_t order = 0;  ///< a shared prefix is booked to the job of lowest order
  std::vector<ScoredSequence> sequences;
  std::function<void(ScoreOutcome)> done;
  MonotonicClock::time_point submitted = MonotonicClock::now();
};

/// What an engine says about a generate job.
struct GenerateOutcome {
  std::string text;
  std::vector<TokenAlternative> top_logprobs;
  FinishReason finish = FinishReason::kNone;
  std::int64_t tokens = 0;     ///< generated, the end-of-generation token included
  std::int64_t evaluated = 0;  ///< tokens really computed
  Timings timings;
  std::optional<Failure> failure;
};

/// One text to generate.
struct GenerateJob {
  std::int64_t order = 0;     ///< of identical jobs, the one of lowest order pays
  std::vector<Token> prompt;  ///< never empty; prompt and max_tokens fit EngineOptions::max_context
  int max_tokens = 0;         ///< > 0
  double temperature = 0;
  double top_p = 1;
  std::uint64_t seed = 0;
  std::vector<std::string> stop;
  int top_logprobs = 0;
  std::function<void(GenerateOutcome)> done;
  MonotonicClock::time_point submitted = MonotonicClock::now();
};

/// Drives a model. Thread-safe. `done` of every job is called exactly once, from the engine's own thread or, after
/// cancel(), from the caller's. The destructor cancels what is left and joins.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual void score(ScoreJob job) = 0;
  virtual void generate(GenerateJob job) = 0;
  /// Ends jobs that have not been started, those put in later too; what is being computed is finished.
  virtual void drain() = 0;
  virtual void cancel() = 0;

  /// Cancels what is left, joins, and says what was done, for a person (meter.h). Nothing may be asked afterwards.
  [[nodiscard]] virtual std::vector<std::string> close() = 0;
};

/// The engine of this build: prefix waves for scoring (scorer.h), continuous batching for generation (generator.h),
/// one thread that drives both.
[[nodiscard]] std::unique_ptr<Engine> make_engine(std::shared_ptr<const LocalModel> model);

}  // namespace assay::llama
