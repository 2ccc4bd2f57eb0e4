// The summary as a Markdown table, and one record, for CI pages, issues and pull requests. Untrusted text cannot leave
// its cell or its block.
#pragma once

#include <ostream>

#include "results/statistics/summary.h"

namespace assay {

void write_summary_markdown(std::ostream& out, const RunSummary& summary);

/// One record whole: a heading, prompt and answer as fenced blocks, a table of what was read out of it and measured.
void write_record_markdown(std::ostream& out, const Record& record, const ResultInfo& info);

}  // namespace assay
