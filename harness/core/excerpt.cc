#include "harness/core/excerpt.h"

#include "harness/core/text.h"

namespace assay {

std::string excerpt(const std::string& text, std::size_t most_bytes) {
  return text.size() <= most_bytes ? text : repaired_utf8(text.substr(0, most_bytes)) + "…";
}

}  // namespace assay
