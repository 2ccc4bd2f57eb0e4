// One SQLite database, opened so that no query can change anything or reach anything else. Lives in a worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/core/result.h"
#include "suites/text_to_sql/execution/queried_database.h"
#include "suites/text_to_sql/execution/sqlite_handle.h"

namespace assay::text_to_sql {

/// The file is opened read-only and immutable (no locks, no journal, no shared memory). Defensive mode is on, the
/// schema is not trusted, triggers, extensions and ATTACH are off, temporary tables are kept in memory, and an
/// authorizer allows reading, functions and recursion and nothing else. Not thread-safe.
class ReadOnlyDatabase final : public QueriedDatabase {
 public:
  /// Errors: no such file, not a database.
  static Result<ReadOnlyDatabase> open(const std::string& path);

  void query(std::string_view sql, const QueryLimits& limits, WireWriter& out) override;
  void query_reversed(std::string_view sql, const QueryLimits& limits, WireWriter& out) override;
  void describe(std::uint32_t sample_rows, WireWriter& out) override;

 private:
  /// What the callbacks of a running statement need; at a fixed address.
  struct Guard {
    std::int64_t deadline_ns = 0;  ///< of the process's CPU time; 0: none
    bool timed_out = false;
    bool trusted = false;  ///< our own statements: no authorizer
    std::string refused;   ///< the first thing that was not allowed
  };

  ReadOnlyDatabase(SqliteHandle handle, std::unique_ptr<Guard> guard)
      : guard_(std::move(guard)), handle_(std::move(handle)) {}

  /// Virtual tables are declared by statements of SQLite's own when they are first used: used here, once, before the
  /// authorizer is there to deny it.
  void declare_virtual_tables();

  static int authorize(void* guard, int action, const char* first, const char* second, const char* database,
                       const char* trigger);
  static int on_progress(void* guard);

  std::unique_ptr<Guard> guard_;
  SqliteHandle handle_;
};

}  // namespace assay::text_to_sql
