#include "results/report/gate_prometheus.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "results/report/text.h"

namespace assay {
namespace {

std::string label(const std::string& text) {
  std::string out;
  for (const char c : report::neutralised(text, report::Lines::kEscape)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

/// A metric's value of a suite, with labels beside the suite's.
struct Sample {
  std::string labels;
  std::optional<double> value;
};

void write_metric(std::ostream& out, const Comparison& comparison, const std::string& name, const char* help,
                  const std::function<std::vector<Sample>(const SuiteComparison&)>& samples) {
  out << "# HELP assay_gate_" << name << " " << help << "\n# TYPE assay_gate_" << name << " gauge\n";
  for (const SuiteComparison& suite : comparison.suites) {
    for (const Sample& sample : samples(suite)) {
      if (!sample.value) continue;
      out << "assay_gate_" << name << "{suite=\"" << label(suite_label(suite)) << "\"" << sample.labels << "} "
          << report::exact_text(*sample.value) << "\n";
    }
  }
}

}  // namespace

void write_gate_prometheus(std::ostream& out, const GateOutcome& outcome) {
  const Comparison& comparison = outcome.comparison;
  out << "# HELP assay_gate_passed 1 where the gate passed\n# TYPE assay_gate_passed gauge\nassay_gate_passed "
      << (outcome.passed() ? 1 : 0) << "\n";
  const auto sides = [](std::optional<double> baseline, std::optional<double> candidate) {
    return std::vector<Sample>{{",side=\"baseline\"", baseline}, {",side=\"candidate\"", candidate}};
  };
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  write_metric(out, comparison, "score", "the suite's metric over the items that both answered",
               [&](const SuiteComparison& suite) { return sides(suite.baseline.value, suite.candidate.value); });
  write_metric(out, comparison, "difference", "candidate minus baseline", [](const SuiteComparison& suite) {
    return std::vector<Sample>{{"", suite.difference}};
  });
  write_metric(out, comparison, "difference_lower_bound", "one-sided at 1 - alpha", [](const SuiteComparison& suite) {
    return std::vector<Sample>{{"", suite.lower_bound}};
  });
  write_metric(out, comparison, "flips", "items that one side alone has right", [&](const SuiteComparison& suite) {
    return std::vector<Sample>{{",direction=\"lost\"", number(suite.only_baseline)},
                               {",direction=\"gained\"", number(suite.only_candidate)}};
  });
  write_metric(out, comparison, "verdict", "1 for the verdict that holds", [](const SuiteComparison& suite) {
    std::vector<Sample> samples;
    for (const Verdict verdict : {Verdict::kBetter, Verdict::kNotWorse, Verdict::kWorse, Verdict::kUndecided}) {
      samples.push_back({",verdict=\"" + std::string(verdict_name(verdict)) + "\"", suite.judged == verdict ? 1 : 0});
    }
    return samples;
  });
  write_metric(out, comparison, "latency_p95_ratio", "candidate over baseline", [](const SuiteComparison& suite) {
    std::optional<double> ratio;
    if (suite.latency_p95_ratio) ratio = suite.latency_p95_ratio->value;
    return std::vector<Sample>{{"", ratio}};
  });
  write_metric(out, comparison, "usd_per_task", "US dollars", [&](const SuiteComparison& suite) {
    return sides(suite.baseline.usd_per_task, suite.candidate.usd_per_task);
  });
  write_metric(out, comparison, "unanswered_items", "of the candidate", [&](const SuiteComparison& suite) {
    return std::vector<Sample>{{"", number(suite.candidate.failed + suite.candidate.unasked)}};
  });
}

}  // namespace assay
