// JUnit XML, which CI systems show as tests: an item is a test case, a wrong answer a failure, no answer an error.
#pragma once

#include <ostream>

#include "harness/core/result.h"
#include "results/run_file/run_file.h"

namespace assay {

/// One <testsuite> a model x suite, one <testcase> a record, read one at a time. Text that XML cannot hold (control
/// characters) is written out as in the console. Errors: those of reading, or of a stream that fails.
[[nodiscard]] Result<void> export_junit(std::ostream& out, const RunReader& reader);

}  // namespace assay
