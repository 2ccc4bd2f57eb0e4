#include "suites/text_to_sql/execution/statement_run.h"

#include <time.h>

#include <cstring>
#include <string>

#include "suites/text_to_sql/comparison/result_table.h"

namespace assay::text_to_sql {
namespace {

void write_cell(WireWriter& out, sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      out.u8(static_cast<std::uint8_t>(CellKind::kInteger));
      out.u64(static_cast<std::uint64_t>(sqlite3_column_int64(statement, column)));
      break;
    case SQLITE_FLOAT: {
      out.u8(static_cast<std::uint8_t>(CellKind::kReal));
      const double value = sqlite3_column_double(statement, column);
      out.raw(&value, sizeof value);
      break;
    }
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      const bool is_text = sqlite3_column_type(statement, column) == SQLITE_TEXT;
      out.u8(static_cast<std::uint8_t>(is_text ? CellKind::kText : CellKind::kBlob));
      const void* bytes = is_text ? sqlite3_column_text(statement, column) : sqlite3_column_blob(statement, column);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
      out.text({static_cast<const char*>(bytes), bytes == nullptr ? 0 : size});
      break;
    }
    default:
      out.u8(static_cast<std::uint8_t>(CellKind::kNull));
  }
}

}  // namespace

void guard_connection(sqlite3* database, int max_value_bytes) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, max_value_bytes);
  sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(kMaxSqlBytes));
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
  sqlite3_limit(database, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_limit(database, SQLITE_LIMIT_VDBE_OP, 1'000'000);
}

std::int64_t cpu_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

std::string action_text(int action, const char* first, const char* second) {
  const auto named = [first](const char* what) { return std::string(what) + (first ? std::string(" ") + first : ""); };
  const bool writes = action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;
  if (writes && first != nullptr && std::string_view(first).starts_with("sqlite_")) return std::string(kSchemaChange);
  switch (action) {
    case SQLITE_INSERT:
      return named("INSERT INTO");
    case SQLITE_UPDATE:
      return named("UPDATE");
    case SQLITE_DELETE:
      return named("DELETE FROM");
    case SQLITE_ATTACH:
      return "ATTACH";
    case SQLITE_DETACH:
      return "DETACH";
    case SQLITE_PRAGMA:
      return named("PRAGMA");
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return "a transaction";
    case SQLITE_FUNCTION:
      return std::string("the function ") + (second ? second : "");
    case SQLITE_ALTER_TABLE:
      return "ALTER TABLE";
    case SQLITE_REINDEX:
      return "REINDEX";
    case SQLITE_ANALYZE:
      return "ANALYZE";
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TRIGGER:
      return "CREATE TEMP";
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_VTABLE:
      return "CREATE";
    default:
      return "DROP or another change of the schema";
  }
}

bool holds_statement(std::string_view tail) {
  for (std::size_t at = 0; at < tail.size();) {
    const char c = tail[at];
    if (c == ' ' || c == '\t' || c == '\f' || c == '\n' || c == '\r') {
      ++at;
    } else if (tail.substr(at, 2) == "--") {
      const std::size_t end = tail.find('\n', at);
      if (end == std::string_view::npos) return false;
      at = end + 1;
    } else if (tail.substr(at, 2) == "/*") {
      const std::size_t end = tail.find("*/", at + 2);
      if (end == std::string_view::npos) return false;
      at = end + 2;
    } else {
      return true;
    }
  }
  return false;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

int write_rows(sqlite3_stmt* statement, const QueryLimits& limits, WireWriter& out) {
  const int columns = sqlite3_column_count(statement);
  out.u32(static_cast<std::uint32_t>(columns));
  for (int c = 0; c < columns; ++c) {
    const char* name = sqlite3_column_name(statement, c);
    out.text(name == nullptr ? "" : name);
  }
  const std::size_t count_at = out.size();
  out.u64(0);
  std::uint64_t rows = 0;
  int stepped = SQLITE_ROW;
  while ((stepped = sqlite3_step(statement)) == SQLITE_ROW) {
    if (++rows > limits.max_rows) {
      write_status(out, QueryStatus::kTooLarge, "more than " + std::to_string(limits.max_rows) + " rows");
      return SQLITE_DONE;
    }
    for (int c = 0; c < columns; ++c) write_cell(out, statement, c);
    if (out.size() > limits.max_bytes) {
      write_status(out, QueryStatus::kTooLarge, "more than " + std::to_string(limits.max_bytes) + " bytes of result");
      return SQLITE_DONE;
    }
  }
  if (stepped == SQLITE_DONE) std::memcpy(out.bytes().data() + count_at, &rows, sizeof rows);
  return stepped;
}

}  // namespace assay::text_to_sql
