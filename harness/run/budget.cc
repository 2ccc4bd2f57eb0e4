#include "harness/run/budget.h"

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
  return std::visit([](const auto& body) { return static_cast<double>(prompt_bytes(body)) / 3.0; }, request.body);
}

std::optional<double> estimated_usd(const Price& price, const Request& request) {
  Usage usage;
  usage.prompt = static_cast<std::int64_t>(estimated_prompt_tokens(request)) + 1;
  const auto* generate = std::get_if<GenerateRequest>(&request.body);
  usage.completion = generate != nullptr ? generate->max_tokens : 1;
  return token_cost_usd(price, usage);
}

bool Budget::reserve(double usd) {
  const std::lock_guard lock(mutex_);
  if (limit_ && spent_ + reserved_ + usd > *limit_) return false;
  reserved_ += usd;
  return true;
}

void Budget::settle(double reserved, double spent) {
  const std::lock_guard lock(mutex_);
  reserved_ -= reserved;
  spent_ += spent;
}

double Budget::spent_usd() const {
  const std::lock_guard lock(mutex_);
  return spent_;
}

}  // namespace assay
