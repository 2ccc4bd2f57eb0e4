// Logs of inspect_ai (its JSON form, version 2), for its viewer and for what reads them.
// Form: https://inspect.aisi.org.uk/eval-logs.html and inspect_ai/log/_log.py.
#pragma once

#include <string>
#include <vector>

#include "harness/core/result.h"
#include "results/run_file/run_file.h"

namespace assay {

/// Writes a log per model x suite into `folder`, named as inspect_ai names them: <start>_<suite>_<id>.json. A record is
/// a sample, its number the epoch. A failed record is a sample with an error and without scores. Records are read one
/// at a time. Returns the files' paths. Errors: those of reading and of writing.
[[nodiscard]] Result<std::vector<std::string>> export_inspect(const std::string& folder, const RunReader& reader);

}  // namespace assay
