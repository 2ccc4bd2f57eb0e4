#include "results/report/comparison_console.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "harness/core/cut_name.h"
#include "results/report/ink.h"
#include "results/report/text.h"
#include "results/verdict/sentence.h"

namespace assay {
namespace {

using report::fraction_text;
using report::Ink;
using report::inked;
using report::plain;
using report::shortened;

Ink ink_of(Verdict verdict) {
  if (verdict == Verdict::kWorse) return Ink::kError;
  return verdict == Verdict::kUndecided ? Ink::kWarning : Ink::kGood;
}

std::string count(std::int64_t value, const char* what) { return std::to_string(value) + " " + what; }

std::string p_text(const std::optional<double>& p) {
  if (!p) return "–";
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), *p < 0.001 ? "%.1e" : "%.3f", *p);
  return buffer.data();
}

std::string points(const std::optional<double>& value) { return value ? points_text(*value) : "–"; }

std::string ratio_text(const std::optional<statistics::Ratio>& ratio) {
  if (!ratio) return "–";
  std::string text = times_text(ratio->value);
  if (ratio->ci95) text += " (" + times_text(ratio->ci95->low) + " – " + times_text(ratio->ci95->high) + ")";
  return text;
}

void write_flips(std::ostream& out, const char* title, const std::vector<Flip>& flips, std::size_t most,
                 const ConsoleStyle& style) {
  for (std::size_t i = 0; i < std::min(most, flips.size()); ++i) {
    const Flip& flip = flips[i];
    std::string line = "    " + std::string(title) + " " + plain(flip.item);
    if (!flip.baseline_answer.empty() || !flip.candidate_answer.empty()) {
      const auto answer = [](const std::string& text) {
        return text.empty() ? std::string("(nothing)") : shortened(plain(text), 18);
      };
      line += ": " + answer(flip.baseline_answer) + " → " + answer(flip.candidate_answer);
      if (!flip.target.empty()) line += ", right is " + answer(flip.target);
    }
    out << inked(shortened(line, style.columns), Ink::kDim, style) << '\n';
  }
  if (flips.size() > most && most > 0) {
    out << inked("    … " + count(static_cast<std::int64_t>(flips.size() - most), "more ") + title, Ink::kDim, style)
        << '\n';
  }
}

void write_suite(std::ostream& out, const SuiteComparison& suite, std::size_t flips, const ConsoleStyle& style) {
  std::string head = plain(suite.metric) + " · " + (asked_apart(suite) ? "" : plain(asked_label(suite)) + " · ") +
                     count(suite.paired_items, "items");
  if (suite.paired_items < std::max(suite.baseline.items, suite.candidate.items)) {
    head += " in both of " + std::to_string(suite.baseline.items) + " and " + std::to_string(suite.candidate.items);
  }
  if (suite.clusters > 0) head += " in " + count(suite.clusters, "clusters");
  const std::string name = plain(suite_label(suite));
  out << '\n'
      << inked(name, Ink::kBold, style) << "  "
      << shortened(head, std::max<std::size_t>(style.columns - name.size() - 2, 20)) << '\n';
  if (suite.baseline_info.starter) {
    out << inked("  starter items: they show that things work, they rank nothing", Ink::kWarning, style) << '\n';
  }
  if (asked_apart(suite)) out << "  asked       " << plain(asked_label(suite)) << '\n';
  std::string verdict(verdict_name(suite.judged));
  if (suite.second && !suite.second->alarm_stands) {
    verdict += " (" + std::string(verdict_name(suite.verdict)) + " by the first answers, not by second ones)";
  } else if (suite.judged != suite.verdict) {
    verdict += " (" + std::string(verdict_name(suite.verdict)) + " by itself, not after Holm's correction)";
  }
  if (suite.items_to_decide) {
    verdict += " (about " + count(*suite.items_to_decide, "more items would decide") + ")";
  }
  out << "  verdict     " << inked(verdict, ink_of(suite.judged), style) << '\n';
  out << "  values      " << fraction_text(suite.baseline.value) << " → " << fraction_text(suite.candidate.value)
      << "  difference " << points_text(suite.difference) << " points";
  if (suite.ci95) out << " (95 % CI " << points_text(suite.ci95->low) << " to " << points_text(suite.ci95->high) << ")";
  out << '\n';
  out << "  bounds      " << points(suite.lower_bound) << " and " << points(suite.upper_bound) << ", each one-sided; p "
      << p_text(suite.p_value) << " (" << suite.test << ")\n";
  out << "  items       " << count(suite.both_right, "both right, ") << count(suite.only_baseline, "lost, ")
      << count(suite.only_candidate, "gained, ") << count(suite.both_wrong, "both wrong") << '\n';
  if (suite.latency_p50_ratio || suite.latency_p95_ratio) {
    out << "  latency     p50 " << ratio_text(suite.latency_p50_ratio) << ", p95 "
        << ratio_text(suite.latency_p95_ratio) << '\n';
  }
  if (suite.baseline.usd_per_task || suite.candidate.usd_per_task) {
    out << "  $/task      " << report::usd_text(suite.baseline.usd_per_task) << " → "
        << report::usd_text(suite.candidate.usd_per_task);
    if (suite.usd_per_task_ratio) out << ", " << ratio_text(suite.usd_per_task_ratio);
    out << '\n';
  }
  if (suite.baseline.judge_usd_per_task || suite.candidate.judge_usd_per_task) {
    out << "  the judge   " << report::usd_text(suite.baseline.judge_usd_per_task) << " → "
        << report::usd_text(suite.candidate.judge_usd_per_task) << " of the $/task\n";
  }
  for (const auto& [who, side] : {std::pair("baseline", &suite.baseline), std::pair("candidate", &suite.candidate)}) {
    if (side->failed + side->unasked == 0) continue;
    out << inked("  incomplete  " + std::string(who) + ": " + count(side->failed, "items failed, ") +
                     count(side->unasked, "not asked"),
                 Ink::kWarning, style)
        << '\n';
  }
  write_flips(out, "lost", suite.lost, flips, style);
  write_flips(out, "gained", suite.gained, flips, style);
}

void write_left_out(std::ostream& out, const char* title, const std::vector<std::string>& suites,
                    const ConsoleStyle& style) {
  if (suites.empty()) return;
  std::string names;
  for (const std::string& suite : suites) names += (names.empty() ? "" : ", ") + plain(suite);
  out << inked(std::string(title) + names, Ink::kWarning, style) << '\n';
}

}  // namespace

void write_comparison_console(std::ostream& out, const Comparison& comparison, std::size_t flips,
                              const ConsoleStyle& style) {
  out << inked(plain(cut_name(comparison.candidate.name, kLongestNameSaid)), Ink::kBold, style) << " is\n"
      << inked(plain(verdict_sentence(comparison)), ink_of(comparison.verdict), style) << '\n';
  for (const SuiteComparison& suite : comparison.suites) write_suite(out, suite, flips, style);
  write_left_out(out, "\nonly in the baseline's run, not compared: ", comparison.only_baseline, style);
  write_left_out(out, "\nonly in the candidate's run, not compared: ", comparison.only_candidate, style);
}

void write_checks_console(std::ostream& out, const GateOutcome& outcome, const ConsoleStyle& style) {
  out << '\n';
  for (const GateCheck& check : outcome.checks) {
    out << (check.passed ? inked("ok     ", Ink::kGood, style) : inked("FAILED ", Ink::kError, style))
        << plain(check.suite) << " " << gate_check_name(check.kind) << ": " << plain(check.message) << '\n';
  }
  if (outcome.exit_code() == 3) {
    out << inked("the candidate's run is incomplete: go on with it, or allow it with max_error_rate", Ink::kError,
                 style)
        << '\n';
  } else if (outcome.passed()) {
    out << inked("gate passed", Ink::kGood, style) << '\n';
  } else {
    out << inked("gate failed", Ink::kError, style) << '\n';
  }
}

}  // namespace assay
