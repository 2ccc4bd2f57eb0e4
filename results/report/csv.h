// CSV (RFC 4180, UTF-8, one header line): the summary, one line a metric, and the records, one line each.
// Text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a carriage return) is led by an
// apostrophe; numbers are not. What is not known is an empty field.
#pragma once

#include <ostream>

#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"

namespace assay {

/// One line per model x suite x metric, and per group with its level and name.
void write_summary_csv(std::ostream& out, const RunSummary& summary);

/// Some records, `results` being the run's: a header and a line each, as export_csv() writes them.
void write_records_csv(std::ostream& out, const std::vector<Record>& records, const std::vector<ResultInfo>& results);

/// Every record of a run, read one at a time. Errors: those of reading, or of a stream that fails.
Result<void> export_csv(std::ostream& out, const RunReader& reader);

}  // namespace assay
