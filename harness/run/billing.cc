#include "harness/run/billing.h"

#include "harness/run/budget.h"

namespace assay {

double expected_usd(const Price& price, const Request& request, int thinking_tokens, std::optional<double> mean_ms) {
  return (price.usd_per_hour ? time_cost_usd(price, mean_ms) : estimated_usd(price, request, thinking_tokens))
      .value_or(0);
}

std::optional<double> charged_usd(const Completion& completion, const std::optional<Price>& price,
                                  std::optional<double> share_ms) {
  if (completion.reused) return 0;
  if (completion.billed_usd) return completion.billed_usd;
  if (!price) return std::nullopt;
  if (!price->usd_per_hour) return token_cost_usd(*price, completion.usage);
  const std::optional<double>& own = completion.timings.compute_ms;
  return time_cost_usd(*price, own ? own : share_ms);
}

double spent_usd(const Completion& completion, std::optional<double> charged, std::optional<double> reserved) {
  const bool may_be_billed = !completion.failure || is_unseen_answer(*completion.failure);
  const double last = charged.value_or(may_be_billed ? reserved.value_or(0) : 0);
  return last + completion.unseen_attempts * reserved.value_or(0);
}

void Underestimate::learn(double expected, std::optional<double> charged) {
  if (expected <= 0 || !charged) return;
  const double ratio = *charged / expected;
  double known = factor_;
  while (ratio > known && !factor_.compare_exchange_weak(known, ratio)) {
  }
}

}  // namespace assay
