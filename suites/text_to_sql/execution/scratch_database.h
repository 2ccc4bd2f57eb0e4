// A database of one table that statements may change, made for them in a worker's memory and gone afterwards.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "suites/text_to_sql/execution/queried_database.h"
#include "suites/text_to_sql/execution/query_outcome.h"

namespace assay::text_to_sql {

/// The table; every column holds text. A cell is a text, or null where `is_null` says so.
struct ScratchTable {
  struct Value {
    std::string text;
    bool is_null = false;
  };
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;  ///< each as long as `columns`
};

/// Writes a table and statements as run_on_scratch() reads them, after the request's task and subject.
void write_scratch_request(const ScratchTable& table, const std::vector<std::string>& statements,
                           const QueryLimits& limits, WireWriter& out);

/// In a worker: makes the table, runs the statements one after the other and writes the outcome of the last. Reading
/// and changing rows is allowed, also in transactions; nothing else is. A statement that fails or is refused changes
/// nothing and the next one runs. `limits` hold for each statement; the database may grow to 64 MiB.
void run_on_scratch(std::string_view name, worker::WireReader& request, WireWriter& out);

}  // namespace assay::text_to_sql
