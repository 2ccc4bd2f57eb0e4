#include "suites/text_to_sql/execution/queried_database.h"

#include <utility>

#include "suites/text_to_sql/execution/postgres_database.h"
#include "suites/text_to_sql/execution/read_only_database.h"

namespace assay::text_to_sql {

void write_status(WireWriter& out, QueryStatus status, std::string_view message) {
  out.bytes().clear();
  out.u8(static_cast<std::uint8_t>(status));
  out.text(message.substr(0, 2000));
}

bool refuse_text(std::string_view sql, WireWriter& out) {
  if (sql.find('\0') != std::string_view::npos) {
    write_status(out, QueryStatus::kRefused, "the query contains a NUL byte");
    return true;
  }
  if (sql.size() > kMaxSqlBytes) {
    write_status(out, QueryStatus::kRefused, "the query is longer than 1,000,000 bytes");
    return true;
  }
  return false;
}

Result<std::unique_ptr<QueriedDatabase>> open_database(const std::string& place) {
  if (is_postgres(place)) return open_postgres(place);
  Result<ReadOnlyDatabase> opened = ReadOnlyDatabase::open(place);
  if (!opened) return forward_error(opened);
  return std::unique_ptr<QueriedDatabase>(std::make_unique<ReadOnlyDatabase>(std::move(*opened)));
}

}  // namespace assay::text_to_sql
