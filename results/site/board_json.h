// The leaderboard as JSON: leaderboard.json, and the script that the pages read.
#pragma once

#include <string>
#include <vector>

#include "results/site/board.h"

namespace assay::site {

/// One document, on one line; docs/leaderboard.md names its keys. What is not known is null.
[[nodiscard]] std::string board_json(const std::vector<SiteRun>& runs, const Board& board);

}  // namespace assay::site
