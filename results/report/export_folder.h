// The folder of an export that is several files.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "harness/core/result.h"

namespace assay::report {

/// Files of one export. Each is written under a name that says that it is not whole, and gets its own when it is.
class ExportFolder {
 public:
  explicit ExportFolder(std::string path) : path_(std::move(path)) {}

  /// Begins a file; `name` may have folders in it, which are made. One is open at a time. Errors: it cannot be made.
  [[nodiscard]] Result<void> begin(const std::string& name);

  [[nodiscard]] std::ostream& out() { return file_; }

  /// Ends the open file. Errors: not all of it could be written.
  [[nodiscard]] Result<void> end();

  /// Paths of what was ended, in order.
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

 private:
  std::string path_;
  std::string open_;
  std::ofstream file_;
  std::vector<std::string> files_;
};

/// `text` as one part of a file's name: what is neither a letter, a digit, a dot nor a dash becomes "_"; never empty,
/// never hidden, at most 100 bytes.
[[nodiscard]] std::string file_name_part(const std::string& text);

}  // namespace assay::report
