// The spine: a oneTBB flow graph that takes items through ask, the adapter, score and store.
//
//   source ─▶ limiter ─▶ ask ─▶ queue ─▶ limiter ─▶ async adapter ─▶ score ─▶ store
//     one lane a model: memory window    requests in flight            shared by all lanes
//
// Where a model judges the answers, one goes from score to the judge's adapter and back, once for each question, and is
// stored with what came of it: also without a verdict, so that no answer that was paid for is lost.
//
// The first limiter bounds what exists at all, so that memory does not grow with the number of items; the second
// bounds what the adapter holds. The store is one serial node that commits in groups: as long as more records are on
// their way the group grows, and nothing is counted or reported before its group is durable.
#pragma once

#include <string>

#include "harness/core/stored_answers.h"
#include "harness/run/budget.h"
#include "harness/run/plan.h"
#include "harness/run/run.h"
#include "results/run_file/run_file.h"

namespace assay {

/// How a dispatch ended.
struct DispatchOutcome {
  std::int64_t asked = 0;       ///< samples taken up in this session
  std::int64_t answered = 0;    ///< of these, answered and scored
  std::int64_t failed = 0;      ///< of these, without an answer or a judge's verdict
  std::int64_t unreadable = 0;  ///< of the failed, with a judge's answer in which no verdict can be read
  std::int64_t unanswered = 0;  ///< samples of the plan that are still to do: not asked, or cancelled
  std::int64_t cut = 0;         ///< of the answered, prompts that did not fit and were cut (Completion::note)
  std::string first_failure;    ///< item and message of the first failed sample; empty: none failed
  bool interrupted = false;     ///< the user stopped it
  bool budget_exhausted = false;
  bool any_model_answered = false;
  std::string model_error;  ///< the message of the first model that ended early; empty: none did
  std::string store_error;  ///< the run file could not be written; empty: it could
};

/// Answers from an earlier run that may stand in for a model's own, one entry a model of the plan (null: none).
using ReusableAnswers = std::vector<std::shared_ptr<const StoredAnswers>>;

/// Takes everything that is to do through the graph and returns when all of it is stored, or the run ended early.
/// `writer` and `observer` are used from one thread at a time, not always the same.
[[nodiscard]] DispatchOutcome dispatch(Plan& plan, RunWriter& writer, Budget& budget, const ReusableAnswers& reusable,
                                       RunObserver& observer, const StopSignal& stop);

}  // namespace assay
