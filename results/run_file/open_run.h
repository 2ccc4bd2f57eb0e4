// A run file opened for reading, by a reader or by a merge.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "results/run_file/run_file.h"
#include "results/run_file/sqlite.h"

namespace assay::run_file {

/// What is read of a run file before its records.
struct OpenRun {
  std::unique_ptr<Database> database;
  std::int64_t version = 0;  ///< of the file's schema
  RunInfo run;               ///< "incomplete" where its process is gone
  std::vector<ResultInfo> results;
  std::vector<SessionInfo> sessions;
};

/// Opens a run file and tries it. Throws StorageFailure: no such file, no run file, a newer schema.
[[nodiscard]] std::unique_ptr<Database> open_database(const std::string& path);

/// Reads and checks the rest. `live`: whether a process was writing to it before it was opened.
[[nodiscard]] OpenRun read_context(std::unique_ptr<Database> database, bool live);

/// What the exception that is being handled means to the reader of that file; names the file.
[[nodiscard]] Error reading_failure(const std::string& path);

}  // namespace assay::run_file
