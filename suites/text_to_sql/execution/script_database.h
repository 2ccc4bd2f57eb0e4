// An SQLite database made of an SQL script (DDL and INSERTs), in memory. Runs in a worker.
#pragma once

#include <string_view>

#include "suites/worker/wire.h"

namespace assay::text_to_sql {

/// Runs the script on an empty database that can reach nothing else and writes the finished file's bytes, or the
/// first error with the statement it was in, as an answer of the worker.
void build_from_script(std::string_view script, worker::WireWriter& out);

}  // namespace assay::text_to_sql
