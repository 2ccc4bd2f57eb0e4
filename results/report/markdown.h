// The summary as a Markdown table, for CI pages and pull requests. Untrusted text cannot leave its cell.
#pragma once

#include <ostream>
#include <string>

#include "results/statistics/summary.h"

namespace assay {

namespace report {

/// Untrusted text as it may stand in a cell of a Markdown table or in a line of it: on one line, nothing in it is
/// markup, HTML or the end of the cell.
[[nodiscard]] std::string markdown_cell(const std::string& text);

}  // namespace report

void write_summary_markdown(std::ostream& out, const RunSummary& summary);

}  // namespace assay
