// What an answer costs: expected before it is asked for, charged when it is there.
#pragma once

#include <atomic>
#include <optional>

#include "harness/core/completion.h"
#include "harness/core/price.h"
#include "harness/core/request.h"

namespace assay {

/// What a request is likely to cost at most, in US dollars; `mean_ms`, of this machine's time for one, is for prices
/// per hour, `thinking_tokens` (Capabilities) for those per token. 0 where the price does not tell.
[[nodiscard]] double expected_usd(const Price& price, const Request& request, int thinking_tokens,
                                  std::optional<double> mean_ms);

/// What an answer is charged: nothing where it was reused, what the provider billed where it said so, else what the
/// price makes of its tokens or of its time (`share_ms` where the model did not measure its own). Absent: not known.
[[nodiscard]] std::optional<double> charged_usd(const Completion& completion, const std::optional<Price>& price,
                                                std::optional<double> share_ms);

/// What a request takes from the budget: what its answer was charged, or all that was set aside for it where that is
/// not known and a provider may want to be paid (an answer without counts, one that we never saw whole); and as much
/// again for each earlier attempt of that kind.
[[nodiscard]] double spent_usd(const Completion& completion, std::optional<double> charged,
                               std::optional<double> reserved);

/// How far expected costs, which are a rule of thumb, have fallen short. Thread-safe.
class Underestimate {
 public:
  /// The most that an answer cost, as a multiple of what was expected; at least 1.
  [[nodiscard]] double factor() const { return factor_; }
  /// Where an answer cost more than expected, later ones may.
  void learn(double expected, std::optional<double> charged);

 private:
  std::atomic<double> factor_{1};
};

}  // namespace assay
