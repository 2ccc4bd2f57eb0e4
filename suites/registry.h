// Which suites there are, and how one is made.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/suite.h"

namespace assay {

/// One suite of this build.
struct SuiteEntry {
  std::string name;
  std::string help;                  ///< one line for lists and help
  std::vector<Protocol> protocols;   ///< all it knows, the default order first
  std::vector<std::string> options;  ///< its own option keys
  int default_shots = 0;
  int max_shots = 0;
  /// What `--data DIR` must hold, as globs relative to it; "a or b" where either will do.
  std::vector<std::string> files;

  /// Makes the suite; checks options and that the data files are there, reads no items yet.
  std::function<Result<std::unique_ptr<Suite>>(const SuiteOptions&)> make;

  std::vector<std::string> item_ids = {};  ///< the forms that its items' ids have, "mmlu/SUBJECT/ROW"; for help
  bool retrieves = false;                  ///< it has documents, whose passages can stand before a question
};

/// All suites of this build, in the order in which help shows them.
[[nodiscard]] const std::vector<SuiteEntry>& builtin_suites();

/// Whether a suite is named by the file that describes it: it ends in .yaml or .yml, or holds a '/'.
[[nodiscard]] bool is_suite_file(const std::string& name);

/// The suite of that name, or the custom suite that such a file describes (read anew). The error suggests the nearest,
/// or names the place in the file.
[[nodiscard]] Result<std::shared_ptr<const SuiteEntry>> find_suite(const std::string& name);

}  // namespace assay
