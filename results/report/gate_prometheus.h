// A gate's outcome for Prometheus: a file for node_exporter's textfile collector.
#pragma once

#include <ostream>

#include "results/verdict/gate.h"

namespace assay {

/// Text exposition format 0.0.4: assay_gate_passed, and by suite assay_gate_score{side}, _difference,
/// _difference_lower_bound, _flips{direction}, _verdict{verdict} (1 for the one that holds), _latency_p95_ratio,
/// _usd_per_task{side}, _unanswered_items. What is not known is left out.
void write_gate_prometheus(std::ostream& out, const GateOutcome& outcome);

}  // namespace assay
