// The leaderboard as Markdown, for a README or a pull request.
#pragma once

#include <ostream>
#include <vector>

#include "results/site/board.h"

namespace assay::site {

/// A table a suite as it was asked, the best model first; what is not ranked stands below and says why.
void write_board_markdown(std::ostream& out, const std::vector<SiteRun>& runs, const Board& board);

}  // namespace assay::site
