// Untrusted text in XML.
#pragma once

#include <string>

namespace assay::report {

/// `text` for an attribute or for content: markup escaped, control characters written out (neutralised()), and U+FFFE
/// and U+FFFF, which are no XML characters, as U+FFFD.
[[nodiscard]] std::string xml_text(const std::string& text);

}  // namespace assay::report
