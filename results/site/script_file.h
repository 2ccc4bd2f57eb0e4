// The files that the pages read their data from. They are scripts, not JSON: a page opened from a disk may run a
// script beside it, but may not read a file.
#pragma once

#include <string>
#include <string_view>

#include "harness/core/result.h"

namespace assay::site {

/// Writes `content` to `path` in one step: a reader sees the old file or the new one, never a part. Makes the folder
/// where it is missing. Errors: the folder cannot be made, the file cannot be written, the disk is full.
[[nodiscard]] Result<void> write_whole_file(const std::string& path, std::string_view content);

/// Writes `folder`/data/`name`.js, which hands `json` to the page that asked for `name`. `name` is one of ours.
[[nodiscard]] Result<void> write_script(const std::string& folder, const std::string& name, std::string_view json);

}  // namespace assay::site
