// Evaluates every model of a configuration on every suite of it, into a run file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/registry.h"
#include "harness/config/run_config.h"
#include "harness/core/result.h"

namespace assay {

/// Set by a signal handler: 0 go on, 1 stop sending and finish what is in flight, 2 stop at once.
struct StopSignal {
  std::atomic<int> level{0};
};

/// What is about to be asked.
struct RunPlanSummary {
  /// One model x suite.
  struct Line {
    std::string model;
    std::string suite;
    std::string protocol;
    std::string strategy;  ///< empty: none was asked for
    int shots = 0;
    bool starter = false;
    std::string judge;                                  ///< the model that judges; empty: none
    std::int64_t items = 0;                             ///< chosen, of this shard
    std::int64_t samples = 0;                           ///< items x samples per item
    std::int64_t already_done = 0;                      ///< of `samples`, answered in earlier sessions
    std::optional<double> estimated_prompt_tokens;      ///< dry run only
    std::optional<double> estimated_completion_tokens;  ///< dry run only; at most
    std::optional<double> estimated_usd;                ///< dry run only; absent where no price is known
    std::optional<double> estimated_judge_usd;          ///< dry run only; beside estimated_usd, likewise
  };
  std::string run_path;  ///< empty in a dry run
  bool resumed = false;
  std::vector<Line> lines;
};

/// Where one line of the plan stands, told after each group of records became durable.
struct RunProgress {
  std::size_t line = 0;
  std::int64_t done = 0;    ///< samples answered, earlier sessions included
  std::int64_t failed = 0;  ///< samples without an answer, of this session
  std::int64_t total = 0;
  std::optional<double> headline;  ///< mean of the headline metric over this session's samples
  double elapsed_s = 0;            ///< since this line's first item was taken up
  std::optional<double> eta_s;
  std::optional<double> usd;  ///< spent on this line in this session
};

/// Told what happens; called from one thread at a time.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void on_plan(const RunPlanSummary&) {}
  virtual void on_progress(const RunProgress&) {}
  virtual void on_message(const std::string&) {}
};

/// What a run came to.
struct RunOutcome {
  std::string run_path;  ///< empty in a dry run
  std::string state;     ///< "complete", "incomplete"; "planned" in a dry run
  int exit_code = 0;     ///< contract.md: 0, 2, 3, 4 or 130
  std::string message;   ///< one line: why not 0
};

/// Plans, asks, scores and stores. A usage error means that nothing was asked of any model.
[[nodiscard]] Result<RunOutcome> run(const RunConfig& config, const AdapterContext& context, RunObserver& observer,
                                     const StopSignal& stop);

}  // namespace assay
