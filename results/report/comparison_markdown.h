// A comparison and a gate's outcome as Markdown, for CI job pages and pull requests. Untrusted text cannot leave its
// cell.
#pragma once

#include <cstddef>
#include <ostream>

#include "results/verdict/comparison.h"
#include "results/verdict/gate.h"

namespace assay {

/// The sentence, a table with one row a suite, and of each suite the first `flips` items lost and gained.
void write_comparison_markdown(std::ostream& out, const Comparison& comparison, std::size_t flips);

/// The outcome and its checks, then the comparison.
void write_gate_markdown(std::ostream& out, const GateOutcome& outcome, std::size_t flips);

}  // namespace assay
