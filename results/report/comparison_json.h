// The JSON of `compare` and `gate`, as contract.md binds it.
#pragma once

#include <ostream>

#include "results/verdict/comparison.h"
#include "results/verdict/gate.h"

namespace assay {

/// One indented document. Beyond the contract's keys: the runs and models of both sides, each suite's version, data,
/// protocol and shots, its own figures, `judged` (the verdict after Holm's correction), the intervals of the ratios,
/// and `flips`: the items lost and gained with both answers.
void write_comparison_json(std::ostream& out, const Comparison& comparison);

/// `{"schema": 1, "passed": …, "exit_code": …, "checks": […], "comparison": {…}}`.
void write_gate_json(std::ostream& out, const GateOutcome& outcome);

/// What a night leaves in the history file, on one line: when, both sides, the verdict, whether it passed, and of each
/// suite the values, the difference with its interval, the verdict and the latency and cost figures.
/// `time` is UTC, as utc_text().
void write_history_line(std::ostream& out, const GateOutcome& outcome, const std::string& time);

}  // namespace assay
