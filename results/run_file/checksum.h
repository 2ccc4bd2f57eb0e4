// What shows damage inside a row: each one carries a checksum of its values.
//
// SQLite notices a page that is no page, but not a bit that turned over inside a value. The checksum is the CRC-32
// (as in gzip) of the row's values, each with its type: any damage of up to 32 neighbouring bits is found for certain,
// any other with all but one chance in four thousand million. It is no protection against a forger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "results/run_file/sqlite.h"

namespace assay::run_file {

/// Makes the SQL function row_checksum(value, …) known to a connection.
void add_checksum_function(Database& database);

/// How many rows a session left behind when it ended; absent while one runs, or where it was killed.
struct RowCounts {
  std::int64_t records = 0;
  std::int64_t questions = 0;
};
[[nodiscard]] std::optional<RowCounts> stored_counts(Database& database);

/// Writes the run's checksum, and its sessions' and results', after a change. Of `finished`, the row counts too.
void seal_context(Database& database, bool finished);

/// Throws unless the rows of run, sessions and results are as they were sealed. Files of schema 1 have no checksums.
void check_context(Database& database);

/// Throws unless every question and record is as it was written and none is missing. Reads the whole file.
void check_rows(Database& database);

[[noreturn]] void fail_damaged(const Database& database, const std::string& what);

}  // namespace assay::run_file
