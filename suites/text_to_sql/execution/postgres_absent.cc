// In place of postgres_database.cc where libpq is not installed.
#include "suites/text_to_sql/execution/postgres_database.h"

namespace assay::text_to_sql {

Result<std::unique_ptr<QueriedDatabase>> open_postgres(const std::string&) {
  return usage_error("this assay was built without PostgreSQL: install libpq (libpq-dev) and build it again");
}

}  // namespace assay::text_to_sql
