// Untrusted text in Markdown.
#pragma once

#include <string>

namespace assay::report {

/// `text` on one line, with everything escaped that Markdown or HTML would take for more than text: it cannot leave a
/// table's cell.
[[nodiscard]] std::string markdown_cell(const std::string& text);

}  // namespace assay::report
