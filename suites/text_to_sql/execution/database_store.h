// Where the SQLite files of a data set's databases are; those given as SQL scripts are built, once.
#pragma once

#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/text_to_sql/execution/worker_pool.h"

namespace assay::text_to_sql {

/// Finds or makes SQLite files. What it makes lies in the user's cache, named after the hash of what it is made of,
/// and is put there by renaming a finished file: several processes may do so at once.
class DatabaseStore {
 public:
  /// `cache_dir` empty: $XDG_CACHE_HOME/assay/text_to_sql, or ~/.cache/assay/text_to_sql.
  explicit DatabaseStore(WorkerPool& pool, std::string cache_dir = "");

  /// The databases in a folder as Spider and BIRD lay them out: every file with ".sqlite" in its name, sorted by
  /// name; where there is none, one built from a script (.sql) that has rows to insert. Empty: the folder or its
  /// databases are not there. Errors: a script that does not run.
  [[nodiscard]] Result<std::vector<std::string>> in_folder(const std::string& folder);

  /// The file built from a script. A script that speaks of the current time is built anew each day.
  [[nodiscard]] Result<std::string> from_script(std::string_view script, const std::string& name);

  /// A copy of a live SQLite file, made with SQLite's backup so that it is whole while others write; a file in log mode
  /// that nobody has open is copied as it is, so that nothing is left beside it. Taken anew where the file has changed
  /// since. Errors: not a database, busy for more than 30 s.
  [[nodiscard]] Result<std::string> copy_of(const std::string& path);

 private:
  Result<std::string> cache_file(const std::string& name, const std::string& extension);

  WorkerPool& pool_;
  std::string cache_dir_;
};

}  // namespace assay::text_to_sql
