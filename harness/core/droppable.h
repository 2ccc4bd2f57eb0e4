// Leaving parts out of a prompt that does not fit: what GenerateRequest::droppable and its like allow.
#pragma once

#include <cstddef>
#include <string>

#include "harness/core/request.h"

namespace assay {

/// The text that a request's droppable parts are parts of: its last message, or its prompt.
[[nodiscard]] const std::string& shortened_text(const GenerateRequest& request);

/// The request without the last of its droppable parts, of which there must be one. A part that lies outside the text
/// is only forgotten.
[[nodiscard]] GenerateRequest without_last_part(GenerateRequest request);

/// What Completion::note says of parts that were left out, "2 parts dropped"; empty for none.
[[nodiscard]] std::string dropped_note(std::size_t parts);

}  // namespace assay
