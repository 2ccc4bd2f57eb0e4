// A suite that a command looks at without asking anybody.
#pragma once

#include <memory>
#include <string>

#include "harness/core/result.h"
#include "suites/registry.h"
#include "suites/suite.h"

namespace assay::cli {

/// A suite and its entry.
struct NamedSuite {
  std::string name;  ///< as it was said: of a user's own its file
  std::shared_ptr<const SuiteEntry> entry;
  std::unique_ptr<Suite> suite;
};

/// Makes the suite that NAME[:key=value,…] says, by its first protocol. Errors: no such suite or option; those of
/// making.
[[nodiscard]] Result<NamedSuite> make_named_suite(const std::string& flag, const std::string& data_dir, bool starter);

}  // namespace assay::cli
