// Running one prepared statement to its end, its rows written as the pool reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "suites/text_to_sql/execution/queried_database.h"
#include "suites/text_to_sql/execution/query_outcome.h"
#include "suites/text_to_sql/execution/sqlite_handle.h"

namespace assay::text_to_sql {

/// What every connection to a database gets that statements of unknown origin run on: SQLite's own defences, no
/// triggers, no extensions, nothing attached, and no text or blob above `max_value_bytes`.
void guard_connection(sqlite3* database, int max_value_bytes);

/// CPU time of this process.
[[nodiscard]] std::int64_t cpu_time_ns();

/// The text after the first statement holds another one, as Python's sqlite3 judges: anything but blanks and
/// comments, a lone semicolon included.
[[nodiscard]] bool holds_statement(std::string_view tail);

/// What action_text() calls a write to the schema's own tables.
inline constexpr std::string_view kSchemaChange = "a change of the schema";

/// What an authorizer action is called in a record: "ATTACH", "INSERT INTO x".
[[nodiscard]] std::string action_text(int action, const char* first, const char* second);

/// A name as SQL has it, in double quotes.
[[nodiscard]] std::string quoted(std::string_view name);

/// Steps through `statement` and writes columns and rows after a status that write_status() has written. Returns
/// SQLITE_DONE, or the code of the step that failed; where a cap was exceeded the answer is begun anew with that, and
/// the code is SQLITE_DONE too.
[[nodiscard]] int write_rows(sqlite3_stmt* statement, const QueryLimits& limits, WireWriter& out);

}  // namespace assay::text_to_sql
