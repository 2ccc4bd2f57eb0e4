#include "harness/core/completion.h"

#include <array>
#include <utility>

namespace assay {
namespace {

constexpr std::array<std::pair<FailureKind, std::string_view>, 16> kFailureNames{{
    {FailureKind::kRateLimited, "rate_limited"},
    {FailureKind::kTimeout, "timeout"},
    {FailureKind::kServerError, "server_error"},
    {FailureKind::kConnection, "connection"},
    {FailureKind::kBadResponse, "bad_response"},
    {FailureKind::kInvalidRequest, "invalid_request"},
    {FailureKind::kContextTooLong, "context_too_long"},
    {FailureKind::kRefused, "refused"},
    {FailureKind::kAuthentication, "authentication"},
    {FailureKind::kNotFound, "not_found"},
    {FailureKind::kUnsupported, "unsupported"},
    {FailureKind::kMissingAnswer, "missing_answer"},
    {FailureKind::kModel, "model"},
    {FailureKind::kNotJudged, "not_judged"},
    {FailureKind::kUnreadableVerdict, "unreadable_verdict"},
    {FailureKind::kCancelled, "cancelled"},
}};

constexpr std::array<std::pair<FinishReason, std::string_view>, 3> kFinishNames{{
    {FinishReason::kStop, "stop"},
    {FinishReason::kLength, "length"},
    {FinishReason::kContentFilter, "content_filter"},
}};

}  // namespace

std::string_view failure_name(FailureKind kind) {
  for (const auto& [value, name] : kFailureNames) {
    if (value == kind) return name;
  }
  return "unknown";
}

std::optional<FailureKind> failure_from_name(std::string_view name) {
  for (const auto& [value, text] : kFailureNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

bool lacks_verdict_only(const Completion& completion) {
  if (!completion.failure) return false;
  const FailureKind kind = completion.failure->kind;
  return kind == FailureKind::kNotJudged || kind == FailureKind::kUnreadableVerdict;
}

std::string_view finish_reason_name(FinishReason reason) {
  for (const auto& [value, name] : kFinishNames) {
    if (value == reason) return name;
  }
  return "";
}

FinishReason finish_reason_from_name(std::string_view name) {
  for (const auto& [value, text] : kFinishNames) {
    if (text == name) return value;
  }
  return FinishReason::kNone;
}

}  // namespace assay
