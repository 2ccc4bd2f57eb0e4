// Opening and altering a run file, as several tests of run files do.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <utility>

#include "results/run_file/run_file.h"
#include "tests/catch.h"

namespace assay::test {

inline std::unique_ptr<RunReader> opened(const std::string& path) {
  auto reader = RunReader::open(path);
  if (!reader) FAIL(reader.error().message);
  return std::move(*reader);
}

/// Past the library of run files, as a tool of others would.
inline void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

}  // namespace assay::test
