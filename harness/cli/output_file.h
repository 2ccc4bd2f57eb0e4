// Files that a command writes beside its output.
#pragma once

#include <string>

#include "harness/core/result.h"

namespace assay::cli {

/// Whether a path may be written to later: not a folder, and not a database (run files are not written over).
[[nodiscard]] Result<void> check_output(const std::string& path);

/// Writes the file at once or not at all; folders on the way to it are made. A link's target is replaced, a device or a
/// pipe written to. Errors name the path: those of check_output(), not to be written.
[[nodiscard]] Result<void> replace_file(const std::string& path, const std::string& text);

/// Adds one line to a file that several processes may write to: whole, behind whatever is there, and on the disk when
/// this returns. A line that a killed process left unfinished is ended first. Errors as replace_file().
[[nodiscard]] Result<void> append_line(const std::string& path, const std::string& line);

}  // namespace assay::cli
