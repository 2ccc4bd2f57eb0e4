// A run's summary for Prometheus' node exporter (its textfile collector): what a dashboard draws and an alert watches.
// Format: https://prometheus.io/docs/instrumenting/exposition_formats (text format 0.0.4).
#pragma once

#include <ostream>

#include "results/statistics/summary.h"

namespace assay {

/// Gauges by model, suite, protocol and shots: every metric with its 95 % interval (0..1), items by what became of
/// them, latencies in seconds, tokens, dollars, failed samples by kind, and when the run began. What is not known is
/// left out.
void write_summary_prometheus(std::ostream& out, const RunSummary& summary);

}  // namespace assay
