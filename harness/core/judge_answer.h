// One question to a model that judges answers, and what it said.
#pragma once

#include <optional>

#include "harness/core/completion.h"
#include "harness/core/request.h"

namespace assay {

/// A judge's answer to one question about one answer; two of them where an answer is judged in both positions.
struct JudgeAnswer {
  Request request;            ///< as it was sent
  Completion completion;      ///< what came back; a failed one counts the attempts and tokens of all sessions
  std::optional<double> usd;  ///< all attempts together, apart from the judged answer's; absent where no price is known
};

}  // namespace assay
