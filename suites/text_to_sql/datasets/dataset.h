// The items of a Text-to-SQL data set with their databases.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/result.h"
#include "suites/reading/data_file.h"
#include "suites/text_to_sql/execution/database_store.h"
#include "suites/text_to_sql/prompt/schema.h"

namespace assay::text_to_sql {

/// What to do with questions whose database is not there.
enum class WithoutDatabase { kLeaveOut, kPromptOnly };

/// A data set as read: items in file order, and what was left out.
struct Dataset {
  std::vector<Item> items;
  std::size_t total = 0;                  ///< questions in the files
  std::vector<std::string> missing;       ///< databases that are not there
  std::map<std::string, Schema> schemas;  ///< of databases that are described in a file; others are asked
};

/// How the files of a data set are read. All paths are relative to the data folder.
struct DatasetSource {
  reading::DataFolder folder;
  std::string directory;  ///< the folder on disk, for databases; empty for starter items
  WithoutDatabase without_database = WithoutDatabase::kLeaveOut;
};

/// Spider's dev.json with database/<db>/*.sqlite. Groups: hardness, database.
[[nodiscard]] Result<Dataset> read_spider(const DatasetSource& source, DatabaseStore& store);

/// BIRD's mini_dev_sqlite.json with dev_databases/<db>/<db>.sqlite. Groups: difficulty, database.
[[nodiscard]] Result<Dataset> read_bird(const DatasetSource& source, DatabaseStore& store);

/// sql-eval's questions (`stems`: file names without .csv) with sqlite_ddl/<db>.sql. Groups: category, database.
[[nodiscard]] Result<Dataset> read_defog(const DatasetSource& source, const std::vector<std::string>& stems,
                                         DatabaseStore& store);

/// A user's own questions.
struct OwnFiles {
  std::string name;  ///< as in the item ids
  std::string
      questions;  ///< CSV with a header, or JSON Lines: question, query (or sql), optional category, evidence, db
  std::string database;  ///< an SQLite file, an .sql script, or a folder of <db>.sqlite for questions that name one
};

/// Reads a user's questions; the database is copied with SQLite's backup first. Groups: category where there is
/// one, database.
[[nodiscard]] Result<Dataset> read_own(const OwnFiles& files, DatabaseStore& store);

/// The database of that name: `place` itself (an SQLite file, an .sql script or a PostgreSQL URL), or a file in it
/// where it is a folder. Errors name the place.
[[nodiscard]] Result<std::string> own_database(const std::string& place, const std::string& name, DatabaseStore& store);

/// The starter items that ship with assay, on a database built from a script. Groups: category, database.
[[nodiscard]] Result<Dataset> read_starter(DatabaseStore& store);

/// The files whose hash is the data set's: questions first, then databases or the scripts they are built from.
[[nodiscard]] Result<std::vector<reading::DataFile>> dataset_files(const std::string& name, const DatasetSource& source,
                                                                   const std::vector<std::string>& stems,
                                                                   const OwnFiles& own);

}  // namespace assay::text_to_sql
