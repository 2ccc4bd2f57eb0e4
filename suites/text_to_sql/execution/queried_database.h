// A database that queries are run on, inside a worker, whatever its kind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/core/result.h"
#include "suites/text_to_sql/execution/query_outcome.h"
#include "suites/worker/wire.h"

namespace assay::text_to_sql {

using worker::WireWriter;

/// A connection that may be used for any number of queries: nothing of one persists for the next. Not thread-safe.
class QueriedDatabase {
 public:
  virtual ~QueriedDatabase() = default;

  /// Runs one statement and writes its outcome as the pool reads it: status, message, columns, rows.
  virtual void query(std::string_view sql, const QueryLimits& limits, WireWriter& out) = 0;

  /// The same with rows that no ORDER BY orders coming the other way round, where the database can.
  virtual void query_reversed(std::string_view sql, const QueryLimits& limits, WireWriter& out) = 0;

  /// Writes the schema: tables with columns, keys and up to `sample_rows` first rows.
  virtual void describe(std::uint32_t sample_rows, WireWriter& out) = 0;

 protected:
  QueriedDatabase() = default;
  QueriedDatabase(QueriedDatabase&&) = default;
  QueriedDatabase& operator=(QueriedDatabase&&) = default;
};

/// No query may be longer, whatever the database.
inline constexpr std::size_t kMaxSqlBytes = 1'000'000;

/// Begins an answer anew: its status and message.
void write_status(WireWriter& out, QueryStatus status, std::string_view message);

/// Writes a refusal and returns true where the text cannot be a query: NUL bytes, more than kMaxSqlBytes.
[[nodiscard]] bool refuse_text(std::string_view sql, WireWriter& out);

/// A database by where it is: a PostgreSQL URL or the path of an SQLite file. Errors: it is not there, it is not what
/// it should be, its role may do more than read.
[[nodiscard]] Result<std::unique_ptr<QueriedDatabase>> open_database(const std::string& place);

}  // namespace assay::text_to_sql
