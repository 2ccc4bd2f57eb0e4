// Where a run's questions to a judge are asked: budget, price, what is stored already, and the judge's own failures.
//
// A judge is a model like the others and is asked through its adapter, which keeps its limits on rate and on requests
// at once. What it is asked is about answers that are there and paid for: nothing here may lose one, so that a question
// without an answer is a JudgeAnswer with a failure, which is stored beside the answer and asked again by a later
// session of the run.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "harness/core/judge_answer.h"
#include "harness/core/request.h"
#include "harness/run/billing.h"
#include "harness/run/budget.h"
#include "harness/run/machine_share.h"
#include "harness/run/plan.h"

namespace assay {

/// What a desk tells the run; called from any thread.
struct JudgeEvents {
  std::function<void(const std::string& message)> on_end;  ///< the judge will answer nothing more; called once
  std::function<void()> on_budget;                         ///< a question could not be paid for
};

/// One judge of a run. Thread-safe.
class JudgeDesk {
 public:
  /// `judge` and `budget` outlive it.
  JudgeDesk(PlannedJudge& judge, Budget& budget, JudgeEvents events)
      : judge_(judge), budget_(budget), events_(std::move(events)) {}

  /// Asks, or takes the stored answer to this very question. `done` is called once, from any thread, possibly before
  /// ask() returns.
  void ask(Request question, std::function<void(JudgeAnswer)> done);

  /// Whether the judge has ended (a key that is refused, a model that is not there).
  [[nodiscard]] bool has_ended() const { return ended_; }

  /// As Adapter::drain() and cancel().
  void drain() { judge_.adapter->drain(); }
  void cancel() { judge_.adapter->cancel(); }

 private:
  void send(Request question, std::optional<double> reserved, std::function<void(JudgeAnswer)> done);
  void settle(JudgeAnswer& answer, double estimated, std::optional<double> reserved, double share_ms);
  [[nodiscard]] double estimate(const Request& question) const;

  PlannedJudge& judge_;
  Budget& budget_;
  JudgeEvents events_;
  MachineShare machine_;
  Underestimate underestimate_;
  std::atomic<bool> ended_{false};
};

}  // namespace assay
