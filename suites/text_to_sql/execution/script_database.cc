#include "suites/text_to_sql/execution/script_database.h"

#include <string>

#include "suites/text_to_sql/execution/query_outcome.h"
#include "suites/text_to_sql/execution/sqlite_handle.h"

namespace assay::text_to_sql {

using worker::WireWriter;

namespace {

/// A script may fill its own database and nothing else.
int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  if (action == SQLITE_ATTACH || action == SQLITE_DETACH || action == SQLITE_CREATE_VTABLE) return SQLITE_DENY;
  if (action == SQLITE_FUNCTION && second != nullptr && sqlite3_stricmp(second, "load_extension") == 0) {
    return SQLITE_DENY;
  }
  if (action == SQLITE_PRAGMA && first != nullptr && sqlite3_stricmp(first, "foreign_keys") != 0 &&
      sqlite3_stricmp(first, "user_version") != 0) {
    return SQLITE_DENY;
  }
  return SQLITE_OK;
}

void answer(WireWriter& out, QueryStatus status, std::string_view text) {
  out.u8(static_cast<std::uint8_t>(status));
  out.text(text);
}

}  // namespace

void build_from_script(std::string_view script, WireWriter& out) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  const SqliteHandle handle(raw);
  if (opened != SQLITE_OK) return answer(out, QueryStatus::kMemory, "out of memory");
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_set_authorizer(raw, &authorize, nullptr);
  const std::string text(script);
  // one transaction: a script of many INSERTs is otherwise slow; a script's own BEGIN and COMMIT still work
  const char* rest = text.c_str();
  int line = 1;
  const char* counted = rest;
  while (*rest != '\0') {
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    int code = sqlite3_prepare_v2(raw, rest, -1, &statement, &tail);
    const SqliteStatement owner(statement);
    if (code == SQLITE_OK && statement != nullptr) {
      do {
        code = sqlite3_step(statement);
      } while (code == SQLITE_ROW);
    }
    if (code != SQLITE_OK && code != SQLITE_DONE) {
      for (; counted < rest; ++counted) line += *counted == '\n' ? 1 : 0;
      return answer(out, QueryStatus::kError,
                    "the statement after line " + std::to_string(line) + ": " + sqlite3_errmsg(raw));
    }
    if (tail == rest) break;
    rest = tail;
  }
  sqlite3_set_authorizer(raw, nullptr, nullptr);  // serializing asks a PRAGMA
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(raw, "main", &size, 0);
  if (bytes == nullptr) return answer(out, QueryStatus::kMemory, "the database does not fit the memory cap");
  answer(out, QueryStatus::kRows, {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  sqlite3_free(bytes);
}

}  // namespace assay::text_to_sql
