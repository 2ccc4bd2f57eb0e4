#include "suites/text_to_sql/execution/scratch_database.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "suites/text_to_sql/execution/queried_database.h"
#include "suites/text_to_sql/execution/sqlite_handle.h"
#include "suites/text_to_sql/execution/statement_run.h"

namespace assay::text_to_sql {
namespace {

constexpr int kProgressSteps = 2000;             // virtual machine steps between looks at the clock
constexpr int kMaxValueBytes = 8 * 1024 * 1024;  // one text
constexpr const char* kSetUp =
    "PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY; PRAGMA max_page_count = 16384";  // of 4 KiB

/// What the callbacks of a running statement need.
struct Guard {
  std::int64_t deadline_ns = 0;  // of the process's CPU time
  bool timed_out = false;
  std::string refused;  // the first thing that was not allowed
};

int authorize(void* guard, int action, const char* first, const char* second, const char*, const char*) {
  auto& state = *static_cast<Guard*>(guard);
  const bool is_schema = first != nullptr && std::string_view(first).starts_with("sqlite_");
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      if (!is_schema) return SQLITE_OK;
      break;
    case SQLITE_FUNCTION:
      if (second != nullptr && sqlite3_stricmp(second, "load_extension") != 0 &&
          sqlite3_stricmp(second, "fts3_tokenizer") != 0) {
        return SQLITE_OK;
      }
      break;
    default:
      break;
  }
  if (state.refused.empty()) state.refused = action_text(action, first, second);
  return SQLITE_DENY;
}

int on_progress(void* guard) {
  auto& state = *static_cast<Guard*>(guard);
  if (cpu_time_ns() > state.deadline_ns) state.timed_out = true;
  return state.timed_out ? 1 : 0;
}

SqliteHandle open_in_memory() {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(
      ":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteHandle handle(raw);
  if (opened != SQLITE_OK) return nullptr;
  guard_connection(raw, kMaxValueBytes);
  return sqlite3_exec(raw, kSetUp, nullptr, nullptr, nullptr) == SQLITE_OK ? std::move(handle) : nullptr;
}

// Makes the table that the request describes; the reason where that fails.
std::optional<std::string> fill(sqlite3* database, std::string_view name, worker::WireReader& request) {
  const std::uint32_t columns = request.u32();
  std::string create = "CREATE TABLE " + quoted(name) + " (";
  std::string insert = "INSERT INTO " + quoted(name) + " VALUES (";
  for (std::uint32_t c = 0; c < columns && !request.failed(); ++c) {
    create += (c > 0 ? ", " : "") + quoted(request.text()) + " TEXT";
    insert += c > 0 ? ", ?" : "?";
  }
  const auto failed = [database] { return std::optional<std::string>(sqlite3_errmsg(database)); };
  if (sqlite3_exec(database, (create + ")").c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  sqlite3_stmt* raw = nullptr;
  insert += ")";
  sqlite3_prepare_v2(database, insert.c_str(), static_cast<int>(insert.size()) + 1, &raw, nullptr);
  const SqliteStatement statement(raw);
  if (!statement) return failed();
  sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
  for (std::uint64_t rows = request.u64(); rows > 0 && !request.failed(); --rows) {
    for (std::uint32_t c = 0; c < columns; ++c) {
      const bool is_null = request.u8() != 0;
      const std::string_view text = request.text();
      const int at = static_cast<int>(c) + 1;
      if (is_null) {
        sqlite3_bind_null(raw, at);
      } else {
        sqlite3_bind_text(raw, at, text.data() == nullptr ? "" : text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT);
      }
    }
    if (sqlite3_step(raw) != SQLITE_DONE) return failed();
    sqlite3_reset(raw);
  }
  if (sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  return std::nullopt;
}

void run(sqlite3* database, Guard& guard, std::string_view sql, const QueryLimits& limits, WireWriter& out) {
  guard = Guard{};
  guard.deadline_ns = cpu_time_ns() + static_cast<std::int64_t>(limits.timeout_ms) * 1'000'000;
  if (refuse_text(sql, out)) return;
  const auto failure = [&](int code) {
    const std::string message = sqlite3_errmsg(database);
    if (guard.timed_out) {
      return write_status(out, QueryStatus::kTimeout,
                          "stopped after " + std::to_string(limits.timeout_ms) + " ms of CPU time");
    }
    if (!guard.refused.empty()) {
      return write_status(out, QueryStatus::kRefused, guard.refused + " is not allowed here");
    }
    if ((code & 0xFF) == SQLITE_NOMEM) return write_status(out, QueryStatus::kMemory, "used up the memory cap");
    write_status(out, QueryStatus::kError, message);
  };
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const std::string text(sql);
  const int prepared = sqlite3_prepare_v2(database, text.c_str(), static_cast<int>(text.size()) + 1, &raw, &tail);
  const SqliteStatement statement(raw);
  if (prepared != SQLITE_OK) return failure(prepared);
  const std::string_view rest(tail, text.size() - static_cast<std::size_t>(tail - text.data()));
  // "…; ;" is a statement and an empty one: what models write, and MySQL takes.
  if (holds_statement(rest.substr(std::min(rest.find_first_not_of("; \t\r\n"), rest.size())))) {
    return write_status(out, QueryStatus::kRefused, "several statements");
  }
  write_status(out, QueryStatus::kRows, "");
  if (raw == nullptr) {
    out.u32(0);
    out.u64(0);
    return;
  }
  if (const int stepped = write_rows(raw, limits, out); stepped != SQLITE_DONE) failure(stepped);
}

}  // namespace

void write_scratch_request(const ScratchTable& table, const std::vector<std::string>& statements,
                           const QueryLimits& limits, WireWriter& out) {
  out.u32(static_cast<std::uint32_t>(table.columns.size()));
  for (const std::string& column : table.columns) out.text(column);
  out.u64(table.rows.size());
  for (const auto& row : table.rows) {
    for (const ScratchTable::Value& value : row) {
      out.u8(value.is_null ? 1 : 0);
      out.text(value.text);
    }
  }
  out.u32(limits.timeout_ms);
  out.u64(limits.max_rows);
  out.u64(limits.max_bytes);
  out.u32(static_cast<std::uint32_t>(statements.size()));
  for (const std::string& statement : statements) out.text(statement);
}

void run_on_scratch(std::string_view name, worker::WireReader& request, WireWriter& out) {
  const SqliteHandle database = open_in_memory();
  if (!database) return write_status(out, QueryStatus::kUnavailable, "no database can be made in memory");
  if (const auto problem = fill(database.get(), name, request)) {
    return write_status(out, QueryStatus::kUnavailable, "the table cannot be made: " + *problem);
  }
  Guard guard;
  sqlite3_progress_handler(database.get(), kProgressSteps, &on_progress, &guard);
  sqlite3_set_authorizer(database.get(), &authorize, &guard);
  QueryLimits limits;
  limits.timeout_ms = request.u32();
  limits.max_rows = request.u64();
  limits.max_bytes = request.u64();
  write_status(out, QueryStatus::kUnavailable, "no statement");
  for (std::uint32_t statements = request.u32(); statements > 0 && !request.failed(); --statements) {
    run(database.get(), guard, request.text(), limits, out);
  }
}

}  // namespace assay::text_to_sql
