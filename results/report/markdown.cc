#include "results/report/markdown.h"

#include <string>

#include "results/report/markdown_cell.h"
#include "results/report/text.h"

namespace assay {
namespace {

using report::markdown_cell;

std::string interval_text(const Estimate& estimate) {
  if (!estimate.ci95) return "–";
  return report::fraction_text(estimate.ci95->low) + " – " + report::fraction_text(estimate.ci95->high);
}

}  // namespace

void write_summary_markdown(std::ostream& out, const RunSummary& summary) {
  out << "**Run " << markdown_cell(summary.run.id) << "** · " << markdown_cell(summary.run.state) << " · started "
      << markdown_cell(summary.run.started) << " · assay " << markdown_cell(summary.run.assay_version) << "\n\n";
  out << "| model | suite | protocol | shots | metric | value | 95 % interval | items | scored | failed | p50 ms | "
         "p95 ms | $/task |\n";
  out << "| --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const ResultSummary& result : summary.results) {
    const ResultInfo& info = result.info;
    for (const MetricSummary& metric : result.metrics) {
      out << "| " << markdown_cell(info.model.name) << " | " << markdown_cell(info.suite)
          << (info.starter ? " (starter items)" : "") << (result.state == "complete" ? "" : " (" + result.state + ")")
          << " | " << markdown_cell(info.protocol) << " | " << info.shots << " | " << markdown_cell(metric.name)
          << " | " << report::fraction_text(metric.estimate.value) << " | " << interval_text(metric.estimate) << " | "
          << result.items << " | " << result.scored << " | " << result.failed << " | "
          << report::ms_text(result.latency.total.p50) << " | " << report::ms_text(result.latency.total.p95) << " | "
          << report::usd_text(result.cost.usd_per_task) << " |\n";
    }
  }
}

}  // namespace assay
