// A PostgreSQL database, reached as a role that can only read. Needs libpq: a build without it says so.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/core/result.h"
#include "suites/text_to_sql/execution/queried_database.h"

namespace assay::text_to_sql {

/// "postgresql://…" or "postgres://…", and no path of a file.
[[nodiscard]] inline bool is_postgres(std::string_view place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

/// Connects. What a query may do is decided by the role's rights alone, so they are looked at first; the error names
/// what the role can do beyond reading (scripts/postgres-role makes one that cannot), or why there is no connection.
///
/// Each query is one statement by protocol (extended query), is run only where it returns columns, in a read-only
/// transaction that is always rolled back, with the session discarded afterwards. The deadline is kept on this side:
/// when it passes the server is asked to cancel, and the connection is dropped where that does not help. Rows come
/// one at a time, so that the caps hold before a result is in memory. Integers and booleans become integers, floats
/// and numerics with a point reals, bytea blobs, everything else PostgreSQL's text.
[[nodiscard]] Result<std::unique_ptr<QueriedDatabase>> open_postgres(const std::string& url);

}  // namespace assay::text_to_sql
