// Files that a command writes beside its output.
#pragma once

#include <string>

#include "harness/core/result.h"

namespace assay::cli {

/// Writes the file at once or not at all; folders on the way to it are made. Errors name the path.
[[nodiscard]] Result<void> replace_file(const std::string& path, const std::string& text);

/// Adds one line to a file that several processes may write to: whole, behind whatever is there, and on the disk when
/// this returns. A line that a killed process left unfinished is ended first. Errors name the path.
[[nodiscard]] Result<void> append_line(const std::string& path, const std::string& line);

}  // namespace assay::cli
