// The summary as a Markdown table, for CI pages and pull requests. Untrusted text cannot leave its cell.
#pragma once

#include <ostream>

#include "results/statistics/summary.h"

namespace assay {

void write_summary_markdown(std::ostream& out, const RunSummary& summary);

}  // namespace assay
