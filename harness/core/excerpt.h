// What messages show of a text that may be as long as a file.
#pragma once

#include <cstddef>
#include <string>

namespace assay {

/// `text` where it has at most so many bytes; else so many of them as well-formed UTF-8, and "…".
[[nodiscard]] std::string excerpt(const std::string& text, std::size_t most_bytes);

}  // namespace assay
