#include "adapters/http/retry.h"

#include <algorithm>
#include <cmath>

namespace assay::http {
namespace {

constexpr double kFirstBackoffMs = 500;
constexpr double kLongestBackoffMs = 30'000;
// A reply that cannot be read is most often a server that is not what it was taken for: few tries are enough.
constexpr int kBadResponseRetries = 4;

}  // namespace

std::optional<double> RetryPolicy::wait_ms(const Failure& failure, int attempts, double elapsed_ms) {
  if (failure.action != FailureAction::kRetry && failure.action != FailureAction::kRetryAfter) return std::nullopt;
  const int retries = failure.kind == FailureKind::kBadResponse ? std::min(limits_.max_retries, kBadResponseRetries)
                                                                : limits_.max_retries;
  if (attempts > retries) return std::nullopt;
  double wait = 0;
  if (failure.action == FailureAction::kRetryAfter) {
    wait = failure.retry_after_ms * (1 + 0.05 * random_.unit());
  }
  // "At once", or a date that a slow clock has put into the past, must not use up all retries at once.
  if (failure.action != FailureAction::kRetryAfter || failure.retry_after_ms < kFirstBackoffMs) {
    const double longest = std::min(kLongestBackoffMs, kFirstBackoffMs * std::exp2(std::min(attempts - 1, 16)));
    wait = std::max(wait, random_.unit() * longest);
  }
  if (elapsed_ms + wait > limits_.max_retry_time_s * 1000) return std::nullopt;
  return wait;
}

}  // namespace assay::http
