#include "results/report/comparison_markdown.h"

#include <algorithm>
#include <string>

#include "harness/core/cut_name.h"
#include "results/report/markdown_cell.h"
#include "results/report/text.h"
#include "results/verdict/sentence.h"

namespace assay {
namespace {

using report::markdown_cell;

std::string interval_text(const SuiteComparison& suite) {
  if (!suite.ci95) return "–";
  return points_text(suite.ci95->low) + " to " + points_text(suite.ci95->high);
}

std::string times_or_dash(const std::optional<statistics::Ratio>& ratio) {
  return ratio ? times_text(ratio->value) : "–";
}

void write_flips(std::ostream& out, const char* title, const SuiteComparison& suite, const std::vector<Flip>& flips,
                 std::size_t most) {
  if (flips.empty() || most == 0) return;
  out << "\n<details><summary>" << markdown_cell(suite_label(suite)) << ": " << flips.size() << " " << title
      << "</summary>\n\n| item | baseline | candidate | right |\n| --- | --- | --- | --- |\n";
  for (std::size_t i = 0; i < std::min(most, flips.size()); ++i) {
    const auto cell = [](const std::string& text) {
      return markdown_cell(report::shortened(report::neutralised(text, report::Lines::kEscape), 60));
    };
    out << "| " << cell(flips[i].item) << " | " << cell(flips[i].baseline_answer) << " | "
        << cell(flips[i].candidate_answer) << " | " << cell(flips[i].target) << " |\n";
  }
  if (flips.size() > most) out << "\nand " << flips.size() - most << " more\n";
  out << "\n</details>\n";
}

}  // namespace

void write_comparison_markdown(std::ostream& out, const Comparison& comparison, std::size_t flips) {
  out << "**" << markdown_cell(cut_name(comparison.candidate.name, kLongestNameSaid)) << "** is "
      << markdown_cell(verdict_sentence(comparison)) << "\n\n"
      << "| suite | verdict | metric | baseline | candidate | difference, points | 95 % interval | lower bound | lost "
         "| "
         "gained | items | p95 | $/task |\n"
      << "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const SuiteComparison& suite : comparison.suites) {
    out << "| " << markdown_cell(suite_label(suite) + (asked_apart(suite) ? ": " + asked_label(suite) : ""))
        << (suite.baseline_info.starter ? " (starter items)" : "") << " | "
        << markdown_cell(std::string(verdict_name(suite.judged))) << " | " << markdown_cell(suite.metric) << " | "
        << report::fraction_text(suite.baseline.value) << " | " << report::fraction_text(suite.candidate.value) << " | "
        << points_text(suite.difference) << " | " << interval_text(suite) << " | "
        << (suite.lower_bound ? points_text(*suite.lower_bound) : "–") << " | " << suite.only_baseline << " | "
        << suite.only_candidate << " | " << suite.paired_items << " | " << times_or_dash(suite.latency_p95_ratio)
        << " | " << times_or_dash(suite.usd_per_task_ratio) << " |\n";
  }
  for (const SuiteComparison& suite : comparison.suites) {
    write_flips(out, "lost", suite, suite.lost, flips);
    write_flips(out, "gained", suite, suite.gained, flips);
  }
}

void write_gate_markdown(std::ostream& out, const GateOutcome& outcome, std::size_t flips) {
  out << "### Gate "
      << (outcome.passed()           ? "passed"
          : outcome.exit_code() == 3 ? "cannot pass: incomplete run"
                                     : "failed")
      << "\n\n| check | suite | outcome | |\n| --- | --- | --- | --- |\n";
  for (const GateCheck& check : outcome.checks) {
    out << "| " << markdown_cell(std::string(gate_check_name(check.kind))) << " | " << markdown_cell(check.suite)
        << " | " << (check.passed ? "ok" : "**failed**") << " | " << markdown_cell(check.message) << " |\n";
  }
  out << '\n';
  write_comparison_markdown(out, outcome.comparison, flips);
}

}  // namespace assay
