// The row that everything else is computed from: item + request + completion + score + cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/completion.h"
#include "harness/core/item.h"
#include "harness/core/judge_answer.h"
#include "harness/core/request.h"
#include "harness/core/score.h"

namespace assay {

/// One sample of one item, answered (scored) or failed. A failed one has no score and is never counted as wrong.
struct Record {
  std::int64_t result = 0;  ///< which model x suite of the run (results/run_file.h: ResultInfo::id)
  Item item;                ///< only id, order, groups, cluster, choices and target are stored
  Request request;
  Completion completion;
  std::optional<Score> score;  ///< absent if and only if completion.failure is set
  std::optional<double> usd;   ///< all attempts together; absent where no price is known
  /// What a judge was asked about the answer, in order, where one judges the suite. What it cost is not in `usd`.
  std::vector<JudgeAnswer> judge_answers = {};
};

/// What a record's judge cost: 0 without one; absent where the cost of an answer is not known. Calls that failed cost
/// what is known of them.
[[nodiscard]] inline std::optional<double> judge_usd(const Record& record) {
  double usd = 0;
  for (const JudgeAnswer& answer : record.judge_answers) {
    if (!answer.usd && !answer.completion.failure) return std::nullopt;
    usd += answer.usd.value_or(0);
  }
  return usd;
}

/// `usd` of a record's answer and what its judge cost; absent where either is not known.
[[nodiscard]] inline std::optional<double> with_judge_usd(const Record& record, std::optional<double> usd) {
  const std::optional<double> judge = judge_usd(record);
  return usd && judge ? std::optional(*usd + *judge) : std::nullopt;
}

}  // namespace assay
