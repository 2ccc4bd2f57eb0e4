#include "results/verdict/gate.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "results/verdict/sentence.h"

namespace assay {
namespace {

std::string number(double value) {
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.4g", value);
  return buffer.data();
}

std::string verdict_message(const SuiteComparison& suite, const Comparison& comparison) {
  std::string text(verdict_name(suite.judged));
  text += ": " + suite.metric + " " + number(suite.baseline.value) + " -> " + number(suite.candidate.value) + " (" +
          points_text(suite.difference) + " points";
  if (suite.lower_bound && suite.upper_bound) {
    text += ", bounds " + points_text(*suite.lower_bound) + " and " + points_text(*suite.upper_bound);
  }
  text +=
      ") on " + std::to_string(suite.paired_items) + " items, margin " + number(100 * comparison.margin) + " points";
  if (suite.second) {
    const SecondAnswers& second = *suite.second;
    text += "; asked once more, " + std::to_string(second.answered) + " of its " + std::to_string(second.flips) +
            " flips came back " + std::to_string(second.lost) + " lost and " + std::to_string(second.gained) +
            " gained: the alarm " + (second.alarm_stands ? "stands" : "is taken back");
  } else if (suite.judged != suite.verdict) {
    text += "; " + std::string(verdict_name(suite.verdict)) + " by itself, but not after Holm's correction";
  }
  if (suite.items_to_decide) text += "; about " + std::to_string(*suite.items_to_decide) + " more items would decide";
  return text;
}

GateCheck verdict_check(const SuiteComparison& suite, const Comparison& comparison, const GatePolicy& policy) {
  if (suite.paired_items < 2) {
    return {suite_label(suite), GateCheckKind::kVerdict, false, true,
            "nothing to judge by: " + std::to_string(suite.paired_items) + " items that both answered"};
  }
  const bool failed =
      suite.judged == Verdict::kWorse || (suite.judged == Verdict::kUndecided && !policy.undecided_passes);
  return {suite_label(suite), GateCheckKind::kVerdict, !failed, false, verdict_message(suite, comparison)};
}

/// A figure against its limit.
GateCheck limit_check(const std::string& suite, GateCheckKind kind, const std::string& what,
                      std::optional<double> value, double limit) {
  if (!value) {
    return {suite, kind, false, false, what + " of the candidate is not known, and the limit is " + number(limit)};
  }
  const bool kept = *value <= limit;
  return {suite, kind, kept, false,
          what + " " + number(*value) + (kept ? " is within " : " is above ") + number(limit)};
}

}  // namespace

std::string_view gate_check_name(GateCheckKind kind) {
  switch (kind) {
    case GateCheckKind::kVerdict:
      return "verdict";
    case GateCheckKind::kLatency:
      return "latency_p95";
    case GateCheckKind::kCost:
      return "usd_per_task";
    case GateCheckKind::kErrors:
      break;
  }
  return "error_rate";
}

bool GateOutcome::passed() const { return exit_code() == 0; }

int GateOutcome::exit_code() const {
  const bool kept = std::all_of(checks.begin(), checks.end(), [this](const GateCheck& check) {
    return check.passed || (check.unjudged && incomplete);
  });
  if (!kept) return 1;
  return incomplete ? 3 : 0;
}

GateOutcome judge_gate(Comparison comparison, const GatePolicy& policy) {
  GateOutcome outcome;
  const auto& judged = policy.must_not_fall;
  for (const SuiteComparison& suite : comparison.suites) {
    if (judged.empty() || std::find(judged.begin(), judged.end(), suite.suite) != judged.end()) {
      outcome.checks.push_back(verdict_check(suite, comparison, policy));
    }
    if (policy.max_p95_ratio) {
      std::optional<double> ratio;
      if (suite.latency_p95_ratio) ratio = suite.latency_p95_ratio->value;
      outcome.checks.push_back(limit_check(suite_label(suite), GateCheckKind::kLatency,
                                           "latency p95 over the baseline's", ratio, *policy.max_p95_ratio));
    }
    if (policy.max_usd_per_task) {
      outcome.checks.push_back(limit_check(suite_label(suite), GateCheckKind::kCost, "$/task",
                                           suite.candidate.usd_per_task, *policy.max_usd_per_task));
    }
    const std::int64_t missing = suite.candidate.failed + suite.candidate.unasked;
    if (missing > 0 && suite.paired_items < 2) outcome.incomplete = true;
    if (policy.max_error_rate) {
      std::optional<double> rate;
      if (suite.candidate.items > 0) rate = static_cast<double>(missing) / static_cast<double>(suite.candidate.items);
      outcome.checks.push_back(limit_check(suite_label(suite), GateCheckKind::kErrors,
                                           "share of items without an answer", rate, *policy.max_error_rate));
    } else if (missing > 0) {
      outcome.incomplete = true;
    }
  }
  outcome.comparison = std::move(comparison);
  return outcome;
}

}  // namespace assay
