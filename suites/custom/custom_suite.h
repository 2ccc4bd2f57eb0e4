// Suites of a user's own: one YAML file that says what the rows of a data file ask, and how answers are judged.
// README.md has the rules; docs/your-own-tasks.md the way there.
#pragma once

#include <memory>
#include <string>

#include "harness/core/result.h"
#include "suites/registry.h"
#include "suites/suite.h"

namespace assay::custom {

/// The entry of the suite that a file describes. Reads the file; errors name file, line, column and key.
[[nodiscard]] Result<SuiteEntry> entry(const std::string& path);

/// Makes the suite: starts what renders its templates and judges its answers.
[[nodiscard]] Result<std::unique_ptr<Suite>> make(const std::string& path, const SuiteOptions& options);

}  // namespace assay::custom
