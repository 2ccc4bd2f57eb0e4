#include "suites/text_to_sql/execution/read_only_database.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "suites/text_to_sql/execution/named_printf.h"
#include "suites/text_to_sql/execution/statement_run.h"

namespace assay::text_to_sql {
namespace {

constexpr int kProgressSteps = 2000;              // virtual machine steps between looks at the clock
constexpr int kMaxValueBytes = 32 * 1024 * 1024;  // one text or blob

/// PRAGMAs that only read the schema.
constexpr std::array<std::string_view, 6> kSchemaPragmas = {"table_info", "table_xinfo", "foreign_key_list",
                                                            "index_list", "index_info",  "index_xinfo"};
constexpr std::string_view kOwnPragma = "data_version";  // full-text tables ask it whether the file has changed

bool reads_schema(std::string_view pragma) {
  std::string name(pragma);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name == kOwnPragma || std::find(kSchemaPragmas.begin(), kSchemaPragmas.end(), name) != kSchemaPragmas.end();
}

/// The table function that a query wants SQLite to make for it: "pragma_database_list"; or what it is.
std::string wanted_table_function(std::string_view sql) {
  std::string text(sql);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto is_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (const std::string_view prefix :
       {"pragma_", "dbstat", "sqlite_dbpage", "sqlite_stmt", "bytecode", "tables_used"}) {
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
      if (at > 0 && is_name(text[at - 1])) continue;
      std::size_t end = at;
      while (end < text.size() && is_name(text[end])) ++end;
      const std::string name = text.substr(at, end - at);
      const bool known = prefix == "pragma_" && reads_schema(std::string_view(name).substr(prefix.size()));
      if (!known) return "the table " + name.substr(0, 60);
    }
  }
  return "a table function that SQLite would make";
}

/// Whether a statement reads, by its first word.
bool begins_reading(std::string_view sql) {
  const std::size_t begin = sql.find_first_not_of(" \t\f\n\r(");
  if (begin == std::string_view::npos) return false;
  return sqlite3_strnicmp(sql.data() + begin, "select", 6) == 0 || sqlite3_strnicmp(sql.data() + begin, "with", 4) == 0;
}

SqliteStatement prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  return SqliteStatement(raw);
}

std::string column_text(const SqliteStatement& statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), column));
  return text == nullptr ? std::string()
                         : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), column)));
}

}  // namespace

std::string_view status_name(QueryStatus status) {
  switch (status) {
    case QueryStatus::kRows:
      return "rows";
    case QueryStatus::kError:
      return "error";
    case QueryStatus::kRefused:
      return "refused";
    case QueryStatus::kTimeout:
      return "timeout";
    case QueryStatus::kTooLarge:
      return "too large";
    case QueryStatus::kMemory:
      return "memory";
    case QueryStatus::kCrash:
      return "crash";
    case QueryStatus::kUnavailable:
      return "unavailable";
  }
  return "";
}

std::string sqlite_uri(const std::string& path, const std::string& query) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else if (c == '%') {
      uri += "%25";
    } else {
      uri += c;
    }
  }
  return uri + query;
}

int ReadOnlyDatabase::authorize(void* guard, int action, const char* first, const char* second, const char*,
                                const char*) {
  auto& state = *static_cast<Guard*>(guard);
  if (state.trusted) return SQLITE_OK;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      if (second != nullptr && sqlite3_stricmp(second, "load_extension") != 0 &&
          sqlite3_stricmp(second, "fts3_tokenizer") != 0) {
        return SQLITE_OK;
      }
      break;
    case SQLITE_PRAGMA:
      if (first != nullptr && reads_schema(first)) return SQLITE_OK;
      break;
    default:
      break;
  }
  if (state.refused.empty()) state.refused = action_text(action, first, second);
  return SQLITE_DENY;
}

int ReadOnlyDatabase::on_progress(void* guard) {
  auto& state = *static_cast<Guard*>(guard);
  if (state.deadline_ns != 0 && cpu_time_ns() > state.deadline_ns) state.timed_out = true;
  return state.timed_out ? 1 : 0;
}

Result<ReadOnlyDatabase> ReadOnlyDatabase::open(const std::string& path) {
  sqlite3* raw = nullptr;
  const std::string uri = sqlite_uri(path, "?mode=ro&immutable=1");
  const int opened =
      sqlite3_open_v2(uri.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteHandle handle(raw);
  if (opened != SQLITE_OK) {
    return usage_error("database " + path + ": " + (raw ? sqlite3_errmsg(raw) : "out of memory"));
  }
  guard_connection(raw, kMaxValueBytes);
  if (name_printf_overflow(raw) != SQLITE_OK) return usage_error("database " + path + ": " + sqlite3_errmsg(raw));
  char* message = nullptr;
  const int checked = sqlite3_exec(raw,
                                   "PRAGMA temp_store = MEMORY; PRAGMA query_only = 1; PRAGMA cell_size_check = 1;"
                                   "SELECT count(*) FROM sqlite_schema",
                                   nullptr, nullptr, &message);
  if (checked != SQLITE_OK) {
    const std::string why = message ? message : "cannot be read";
    sqlite3_free(message);
    return usage_error("database " + path + ": " + why);
  }
  auto guard = std::make_unique<Guard>();
  sqlite3_progress_handler(raw, kProgressSteps, &on_progress, guard.get());
  ReadOnlyDatabase database(std::move(handle), std::move(guard));
  database.declare_virtual_tables();
  sqlite3_set_authorizer(raw, &authorize, database.guard_.get());
  return database;
}

void ReadOnlyDatabase::declare_virtual_tables() {
  guard_->deadline_ns = cpu_time_ns() + 10'000'000'000;
  std::vector<std::string> names = {"json_each", "json_tree"};
  for (const std::string_view pragma : kSchemaPragmas) names.push_back("pragma_" + std::string(pragma));
  const SqliteStatement own =
      prepare(handle_.get(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'");
  while (own && sqlite3_step(own.get()) == SQLITE_ROW) names.push_back(quoted(column_text(own, 0)));
  for (const std::string& name : names) prepare(handle_.get(), "SELECT 1 FROM " + name);
}

void ReadOnlyDatabase::query_reversed(std::string_view sql, const QueryLimits& limits, WireWriter& out) {
  const auto set = [this](const char* pragma) {
    guard_->trusted = true;
    sqlite3_exec(handle_.get(), pragma, nullptr, nullptr, nullptr);
    guard_->trusted = false;
  };
  *guard_ = Guard{};
  set("PRAGMA reverse_unordered_selects = 1");
  query(sql, limits, out);
  *guard_ = Guard{};
  set("PRAGMA reverse_unordered_selects = 0");
}

void ReadOnlyDatabase::query(std::string_view sql, const QueryLimits& limits, WireWriter& out) {
  *guard_ = Guard{};
  guard_->deadline_ns = cpu_time_ns() + static_cast<std::int64_t>(limits.timeout_ms) * 1'000'000;
  if (refuse_text(sql, out)) return;
  const auto failure = [&](int code) {
    const std::string message = sqlite3_errmsg(handle_.get());
    if (guard_->timed_out) {
      return write_status(out, QueryStatus::kTimeout,
                          "stopped after " + std::to_string(limits.timeout_ms) + " ms of CPU time");
    }
    if (!guard_->refused.empty()) {
      const bool made = guard_->refused == kSchemaChange && begins_reading(sql);
      return write_status(out, QueryStatus::kRefused,
                          (made ? wanted_table_function(sql) : guard_->refused) + " is not allowed here");
    }
    if ((code & 0xFF) == SQLITE_NOMEM) return write_status(out, QueryStatus::kMemory, "used up the memory cap");
    if ((code & 0xFF) == SQLITE_READONLY) return write_status(out, QueryStatus::kRefused, message);
    if ((code & 0xFF) == SQLITE_TOOBIG) return write_status(out, QueryStatus::kMemory, message);
    write_status(out, QueryStatus::kError, message);
  };
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  // the copy ends in a NUL byte, which spares SQLite making one
  const std::string text(sql);
  const int prepared = sqlite3_prepare_v2(handle_.get(), text.c_str(), static_cast<int>(text.size()) + 1, &raw, &tail);
  const SqliteStatement statement(raw);
  if (prepared != SQLITE_OK) return failure(prepared);
  if (tail != nullptr && holds_statement({tail, text.size() - static_cast<std::size_t>(tail - text.data())})) {
    return write_status(out, QueryStatus::kRefused, "several statements");
  }
  write_status(out, QueryStatus::kRows, "");
  if (raw == nullptr) {  // nothing but blanks and comments: no columns, no rows
    out.u32(0);
    out.u64(0);
    return;
  }
  if (sqlite3_stmt_readonly(raw) == 0) return write_status(out, QueryStatus::kRefused, "not a query");
  if (const int stepped = write_rows(raw, limits, out); stepped != SQLITE_DONE) failure(stepped);
}

void ReadOnlyDatabase::describe(std::uint32_t sample_rows, WireWriter& out) {
  *guard_ = Guard{};
  guard_->deadline_ns = cpu_time_ns() + 10'000'000'000;
  guard_->trusted = true;
  struct Table {
    std::string name;
    std::string sql;
  };
  std::vector<Table> tables;
  {
    const SqliteStatement list =
        prepare(handle_.get(),
                "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                " ORDER BY rowid");
    while (list && sqlite3_step(list.get()) == SQLITE_ROW) {
      tables.push_back({column_text(list, 0), column_text(list, 1)});
    }
  }
  write_status(out, QueryStatus::kRows, "");
  out.u32(static_cast<std::uint32_t>(tables.size()));
  for (const Table& table : tables) {
    out.text(table.name);
    out.text(table.sql);
    // name, type, not null, default, position in the primary key
    std::vector<std::array<std::string, 5>> columns;
    const SqliteStatement info = prepare(handle_.get(), "PRAGMA table_info(" + quoted(table.name) + ")");
    while (info && sqlite3_step(info.get()) == SQLITE_ROW) {
      columns.push_back({column_text(info, 1), column_text(info, 2), column_text(info, 3), column_text(info, 4),
                         column_text(info, 5)});
    }
    out.u32(static_cast<std::uint32_t>(columns.size()));
    for (const auto& column : columns) {
      for (const std::string& field : column) out.text(field);
    }
    // id, table, from, to
    std::vector<std::array<std::string, 4>> keys;
    const SqliteStatement foreign = prepare(handle_.get(), "PRAGMA foreign_key_list(" + quoted(table.name) + ")");
    while (foreign && sqlite3_step(foreign.get()) == SQLITE_ROW) {
      keys.push_back(
          {column_text(foreign, 0), column_text(foreign, 2), column_text(foreign, 3), column_text(foreign, 4)});
    }
    std::reverse(keys.begin(), keys.end());  // SQLite lists the last first
    out.u32(static_cast<std::uint32_t>(keys.size()));
    for (const auto& key : keys) {
      for (const std::string& field : key) out.text(field);
    }
    std::vector<std::vector<std::string>> samples;
    if (sample_rows > 0 && !columns.empty()) {
      const SqliteStatement rows =
          prepare(handle_.get(), "SELECT * FROM " + quoted(table.name) + " LIMIT " + std::to_string(sample_rows));
      while (rows && sqlite3_step(rows.get()) == SQLITE_ROW) {
        std::vector<std::string>& row = samples.emplace_back();
        for (int c = 0; c < sqlite3_column_count(rows.get()); ++c) {
          row.push_back(sqlite3_column_type(rows.get(), c) == SQLITE_NULL ? "NULL"
                                                                          : column_text(rows, c).substr(0, 100));
        }
      }
    }
    out.u32(static_cast<std::uint32_t>(samples.size()));
    for (const auto& row : samples) {
      out.u32(static_cast<std::uint32_t>(row.size()));
      for (const std::string& value : row) out.text(value);
    }
  }
  guard_->trusted = false;
}

}  // namespace assay::text_to_sql
