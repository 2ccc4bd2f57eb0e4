// Names that are too long for where they are shown.
#pragma once

#include <cstddef>
#include <string>

namespace assay {

/// A name of at most `most` code points (40 or more): of a longer one its two ends, and between them "…", eight hex
/// digits of its SHA-256 and "…", so that names that differ stay different.
[[nodiscard]] std::string cut_name(const std::string& name, std::size_t most);

}  // namespace assay
