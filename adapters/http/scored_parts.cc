#include "adapters/http/scored_parts.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace assay::http {

void JoinedParts::take(std::size_t index, Completion part) {
  {
    const std::lock_guard lock(mutex_);
    parts_[index] = std::move(part);
    if (--missing_ > 0) return;
  }
  done_(joined());
}

Completion JoinedParts::joined() {
  Completion whole = std::move(parts_.front());
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    Completion& part = parts_[i];
    whole.attempts += part.attempts;
    if (whole.failure) continue;
    if (part.failure) whole.failure = std::move(part.failure);
    if (part.finish == FinishReason::kContentFilter) whole.finish = part.finish;
    std::move(part.continuations.begin(), part.continuations.end(), std::back_inserter(whole.continuations));
    if (whole.usage.prompt && part.usage.prompt) *whole.usage.prompt += *part.usage.prompt;
    if (whole.usage.completion && part.usage.completion) *whole.usage.completion += *part.usage.completion;
    if (whole.usage.cached && part.usage.cached) *whole.usage.cached += *part.usage.cached;
    if (part.timings.total_ms > whole.timings.total_ms) whole.timings = part.timings;
  }
  if (whole.failure || whole.finish == FinishReason::kContentFilter) whole.continuations.clear();
  return whole;
}

std::vector<Request> parts_of(const Request& request, std::size_t per_call) {
  const auto& whole = std::get<LoglikelihoodRequest>(request.body);
  std::vector<Request> parts;
  for (std::size_t begin = 0; begin < whole.continuations.size(); begin += per_call) {
    const std::size_t end = std::min(whole.continuations.size(), begin + per_call);
    const auto slice = [begin, end](const std::vector<std::string>& all) {
      return std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                      all.begin() + static_cast<std::ptrdiff_t>(end));
    };
    parts.push_back(request);
    auto& part = std::get<LoglikelihoodRequest>(parts.back().body);
    part.continuations = slice(whole.continuations);
    if (!whole.openings.empty()) part.openings = slice(whole.openings);
  }
  return parts;
}

}  // namespace assay::http
