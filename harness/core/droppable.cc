#include "harness/core/droppable.h"

namespace assay {
namespace {

bool drop_last(std::vector<TextSpan>& parts, std::string& text) {
  if (parts.empty()) return false;
  const TextSpan span = parts.back();
  parts.pop_back();
  if (span.begin <= span.end && span.end <= text.size()) text.erase(span.begin, span.end - span.begin);
  return true;
}

}  // namespace

const std::string& shortened_text(const GenerateRequest& request) {
  return request.messages.empty() ? request.prompt : request.messages.back().content;
}

bool drop_last_part(GenerateRequest& request) {
  return drop_last(request.droppable, request.messages.empty() ? request.prompt : request.messages.back().content);
}

bool drop_last_part(LoglikelihoodRequest& request) {
  const bool dropped = drop_last(request.droppable, request.context);
  if (dropped && request.droppable.empty()) request.max_context_tokens = 0;
  return dropped;
}

std::string dropped_note(std::size_t parts) {
  if (parts == 0) return "";
  return std::to_string(parts) + (parts == 1 ? " part dropped" : " parts dropped");
}

}  // namespace assay
