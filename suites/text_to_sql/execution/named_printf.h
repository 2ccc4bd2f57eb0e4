// printf() and format() of SQL that say when their text is too long.
#pragma once

struct sqlite3;

namespace assay::text_to_sql {

/// SQLite's own return NULL for a text above the cap on one value (SQLITE_LIMIT_LENGTH), as if there were none: a
/// memory bomb would pass for an empty cell. Replaces them, on this connection, by functions that give SQLite's own
/// text and fail with SQLITE_TOOBIG there. Call it after the cap is set. Returns SQLite's result code.
[[nodiscard]] int name_printf_overflow(sqlite3* database);

}  // namespace assay::text_to_sql
