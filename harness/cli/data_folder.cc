#include "harness/cli/data_folder.h"

#include <filesystem>
#include <string_view>

#include "harness/core/text.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

// Files below `folder` that match a glob whose folders are plain names.
std::size_t count_matches(const std::string& folder, const std::string& glob) {
  std::error_code ignored;
  const std::size_t slash = glob.rfind('/');
  const fs::path parent = slash == std::string::npos ? fs::path(folder) : fs::path(folder) / glob.substr(0, slash);
  const std::string pattern = slash == std::string::npos ? glob : glob.substr(slash + 1);
  std::size_t count = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    std::string name = entry.path().filename().string();
    if (name.ends_with(".gz")) name.resize(name.size() - 3);
    if (glob_match(pattern, name)) ++count;
  }
  return count;
}

// Of the first of "a or b" that there are files of.
std::size_t count_either(const std::string& folder, std::string_view globs) {
  constexpr std::string_view kOr = " or ";
  while (true) {
    const std::size_t end = globs.find(kOr);
    const std::size_t count = count_matches(folder, std::string(globs.substr(0, end)));
    if (count > 0 || end == std::string_view::npos) return count;
    globs.remove_prefix(end + kOr.size());
  }
}

}  // namespace

DataFiles find_data_files(const SuiteEntry& suite, const std::string& folder) {
  DataFiles found;
  for (const std::string& glob : suite.files) {
    const std::size_t count = count_either(folder, glob);
    found.files += count;
    if (count == 0) found.missing.push_back(glob);
  }
  return found;
}

}  // namespace assay::cli
