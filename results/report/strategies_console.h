// The strategies of a suite side by side, on a terminal.
#pragma once

#include <iosfwd>

#include "results/report/console.h"
#include "results/statistics/summary.h"

namespace assay {

/// A table for each suite of which the run has several strategies on the same items: strategy x model with the
/// headline, its interval, latency and $/task, in the run's order. Nothing is ranked. Writes nothing where there is no
/// such suite.
void write_strategies_console(std::ostream& out, const RunSummary& summary, const ConsoleStyle& style);

}  // namespace assay
