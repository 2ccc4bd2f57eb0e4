#include "harness/core/droppable.h"

namespace assay {

const std::string& shortened_text(const GenerateRequest& request) {
  return request.messages.empty() ? request.prompt : request.messages.back().content;
}

GenerateRequest without_last_part(GenerateRequest request) {
  const TextSpan span = request.droppable.back();
  request.droppable.pop_back();
  std::string& text = request.messages.empty() ? request.prompt : request.messages.back().content;
  if (span.begin <= span.end && span.end <= text.size()) text.erase(span.begin, span.end - span.begin);
  return request;
}

std::string dropped_note(std::size_t parts) {
  if (parts == 0) return "";
  return std::to_string(parts) + (parts == 1 ? " part dropped" : " parts dropped");
}

}  // namespace assay
