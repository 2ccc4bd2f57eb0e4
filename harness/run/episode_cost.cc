#include "harness/run/episode_cost.h"

#include <algorithm>
#include <cstdint>

namespace assay {
namespace {

template <class Number>
void add_known(std::optional<Number>& sum, const std::optional<Number>& one) {
  if (one) sum = sum.value_or(Number{}) + *one;
}

void add_usage(Usage& sum, const Usage& one) {
  add_known(sum.prompt, one.prompt);
  add_known(sum.completion, one.completion);
  add_known(sum.reasoning, one.reasoning);
  add_known(sum.cached, one.cached);
  add_known(sum.cache_write, one.cache_write);
  add_known(sum.evaluated, one.evaluated);
}

}  // namespace

void EpisodeCost::add(const Completion& turn, std::optional<double> usd) {
  if (!any_) {
    timings_.queue_ms = turn.timings.queue_ms;
    timings_.first_token_ms = turn.timings.first_token_ms;
  }
  any_ = true;
  add_usage(usage_, turn.usage);
  add_known(timings_.total_ms, turn.timings.total_ms);
  add_known(timings_.compute_ms, turn.timings.compute_ms);
  attempts_ += std::max(turn.attempts - 1, 0);
  add_known(billed_usd_, turn.billed_usd);
  if (usd_) usd_ = usd ? std::optional(*usd_ + *usd) : std::nullopt;
}

void EpisodeCost::add_to(Completion& last, std::optional<double>& usd) const {
  if (!any_) return;
  add_usage(last.usage, usage_);
  add_known(last.timings.total_ms, timings_.total_ms);
  add_known(last.timings.compute_ms, timings_.compute_ms);
  last.timings.queue_ms = timings_.queue_ms;
  last.timings.first_token_ms = timings_.first_token_ms;
  last.attempts += attempts_;
  add_known(last.billed_usd, billed_usd_);
  usd = usd && usd_ ? std::optional(*usd + *usd_) : std::nullopt;
}

}  // namespace assay
