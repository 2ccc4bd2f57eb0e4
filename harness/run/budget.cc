#include "harness/run/budget.h"

#include <utility>
#include <variant>

namespace assay {
namespace {

std::size_t prompt_bytes(const GenerateRequest& request) {
  std::size_t bytes = request.prompt.size();
  for (const Message& message : request.messages) bytes += message.content.size() + 12;  // 4 tokens of role markup
  return bytes;
}

std::size_t prompt_bytes(const LoglikelihoodRequest& request) {
  // A remote model is sent the context once for each continuation.
  std::size_t bytes = 0;
  for (const std::string& continuation : request.continuations) bytes += request.context.size() + continuation.size();
  for (const std::string& opening : request.openings) bytes += opening.size();
  return bytes;
}

}  // namespace

double estimated_prompt_tokens(const Request& request) {
  return std::visit([](const auto& body) { return static_cast<double>(prompt_bytes(body)) / kBytesPerToken; },
                    request.body);
}

std::optional<double> estimated_usd(const Price& price, const Request& request, int thinking_tokens) {
  Usage usage;
  usage.prompt = static_cast<std::int64_t>(estimated_prompt_tokens(request)) + 1;
  const auto* generate = std::get_if<GenerateRequest>(&request.body);
  usage.completion = generate != nullptr ? std::int64_t{generate->max_tokens} + thinking_tokens : 1;
  return token_cost_usd(price, usage);
}

void Budget::reserve(double usd, std::function<void(bool)> decide) {
  std::unique_lock lock(mutex_);
  waiting_.push_back({usd, std::move(decide)});
  decide_waiting(std::move(lock));
}

void Budget::settle(std::optional<double> reserved, double spent) {
  std::unique_lock lock(mutex_);
  if (reserved) {
    --in_flight_;
    reserved_ = in_flight_ == 0 ? 0 : reserved_ - *reserved;  // sums of fractions leave crumbs
  }
  spent_ += spent;
  decide_waiting(std::move(lock));
}

void Budget::decide_waiting(std::unique_lock<std::mutex> lock) {
  if (deciding_) return;
  deciding_ = true;
  while (!waiting_.empty()) {
    const double usd = waiting_.front().usd;
    const bool fits = !limit_ || spent_ + reserved_ + usd <= *limit_;
    if (!fits && in_flight_ > 0) break;
    const std::function<void(bool)> decide = std::move(waiting_.front().decide);
    waiting_.pop_front();
    if (fits) {
      reserved_ += usd;
      ++in_flight_;
    }
    lock.unlock();
    decide(fits);
    lock.lock();
  }
  deciding_ = false;
}

double Budget::spent_usd() const {
  const std::lock_guard lock(mutex_);
  return spent_;
}

}  // namespace assay
