// Leaving parts out of a prompt that does not fit: what a request's `droppable` allows.
#pragma once

#include <cstddef>
#include <string>

#include "harness/core/request.h"

namespace assay {

/// The text that a request's droppable parts are parts of: its last message, or its prompt.
[[nodiscard]] const std::string& shortened_text(const GenerateRequest& request);

/// Takes the last of a request's droppable parts out of its text, and says whether there was one. A part that lies
/// outside the text is only forgotten.
bool drop_last_part(GenerateRequest& request);

/// The same for a context. With the last part gone it is asked whatever its length, as the reference does.
bool drop_last_part(LoglikelihoodRequest& request);

/// What Completion::note says of parts that were left out, "2 parts dropped"; empty for none.
[[nodiscard]] std::string dropped_note(std::size_t parts);

}  // namespace assay
