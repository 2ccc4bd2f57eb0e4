// A comparison on a terminal or in a log: 80 columns.
#pragma once

#include <cstddef>
#include <ostream>

#include "results/report/console.h"
#include "results/verdict/comparison.h"
#include "results/verdict/gate.h"

namespace assay {

/// The verdict in one sentence, then one block a suite: both values, the difference with its interval and bound, the
/// counts, the ratios; and of each suite the first `flips` items lost and gained, with both answers.
void write_comparison_console(std::ostream& out, const Comparison& comparison, std::size_t flips,
                              const ConsoleStyle& style);

/// One line a check, "ok" or "FAILED", and the outcome.
void write_checks_console(std::ostream& out, const GateOutcome& outcome, const ConsoleStyle& style);

}  // namespace assay
