// A task of lm-evaluation-harness as a custom suite: the part of its YAML format that is data and means here what it
// means there. README.md lists it. Whatever else a task has is named, and nothing is made of it.
#pragma once

#include <string>

#include "harness/core/result.h"

namespace assay::custom {

/// The text of the suite's file that asks and scores as the task in `path` does, to be written into `folder` (data
/// files are named relative to it). The error names every key that is not supported, with its line.
[[nodiscard]] Result<std::string> import_lm_eval_task(const std::string& path, const std::string& folder);

}  // namespace assay::custom
