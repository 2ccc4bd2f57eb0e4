// Which files a data set's hash is made of.
#include <algorithm>
#include <filesystem>
#include <set>

#include "suites/text_to_sql/datasets/dataset.h"
#include "suites/text_to_sql/execution/postgres_database.h"

namespace assay::text_to_sql {
namespace {

namespace fs = std::filesystem;

/// Files below `folder` (relative to the data folder) whose name `wanted` likes, sorted.
std::vector<std::string> files_below(const DatasetSource& source, const std::string& folder,
                                     const std::function<bool(const fs::path&)>& wanted) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(source.directory + "/" + folder, error)) {
    if (!entry.is_regular_file(error) || !wanted(entry.path())) continue;
    names.push_back(fs::relative(entry.path(), source.directory, error).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<std::vector<reading::DataFile>> dataset_files(const std::string& name, const DatasetSource& source,
                                                     const std::vector<std::string>& stems, const OwnFiles& own) {
  std::vector<reading::DataFile> files;
  if (name == "own") {
    for (const std::string& path : {own.questions, own.database}) {
      std::error_code error;
      if (is_postgres(path) || fs::is_directory(path, error)) continue;
      Result<reading::DataFile> file = reading::file_at(path);
      if (!file) return forward_error(file);
      files.push_back(*file);
    }
    return files;
  }
  std::vector<std::string> names;
  const auto is_database = [](const fs::path& path) {
    return path.filename().string().find(".sqlite") != std::string::npos;
  };
  if (name == "spider") {
    names = files_below(source, "spider/database", is_database);
    names.insert(names.begin(), "spider/dev.json");
  } else if (name == "bird") {
    names = files_below(source, "bird/dev_databases", is_database);
    names.insert(names.begin(), "bird/mini_dev_sqlite.json");
  } else {
    names = files_below(source, "defog/sqlite_ddl", [](const fs::path& path) { return path.extension() == ".sql"; });
    for (auto stem = stems.rbegin(); stem != stems.rend(); ++stem)
      names.insert(names.begin(), "defog/" + *stem + ".csv");
  }
  for (const std::string& file_name : names) {
    Result<reading::DataFile> file = source.folder.find(file_name);
    if (!file) return forward_error(file);
    files.push_back(*file);
  }
  return files;
}

}  // namespace assay::text_to_sql
