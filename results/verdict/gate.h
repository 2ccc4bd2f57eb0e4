// A comparison judged by a policy: what a nightly job's exit code rests on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/verdict/comparison.h"

namespace assay {

/// What a candidate must keep to. Absent limits are not judged.
struct GatePolicy {
  std::vector<std::string> must_not_fall;  ///< suites whose verdicts count; empty: all
  bool undecided_passes = false;           ///< a suite that the items decide nothing about passes
  std::optional<double> max_p95_ratio;     ///< latency p95 of the candidate over the baseline's
  std::optional<double> max_usd_per_task;  ///< of the candidate, US dollars
  std::optional<double> max_error_rate;    ///< of the candidate, items without an answer over items, 0..1
};

/// What one check is about.
enum class GateCheckKind { kVerdict, kLatency, kCost, kErrors };

/// The name in JSON and JUnit: "verdict", "latency_p95", "usd_per_task", "error_rate".
[[nodiscard]] std::string_view gate_check_name(GateCheckKind kind);

/// One suite held against one part of the policy.
struct GateCheck {
  std::string suite;
  GateCheckKind kind = GateCheckKind::kVerdict;
  bool passed = true;
  bool unjudged = false;  ///< not passed for want of items that both answered
  std::string message;    ///< one line with the figures; may hold untrusted names
};

struct GateOutcome {
  Comparison comparison;
  std::vector<GateCheck> checks;  ///< by suite, in the comparison's order
  bool incomplete = false;        ///< items without an answer that no limit allows, or too many to judge the rest

  /// Whether every check passed and the run is complete.
  [[nodiscard]] bool passed() const;

  /// 0 passed, 1 a check failed, 3 none failed but the candidate's run is incomplete (contract.md).
  [[nodiscard]] int exit_code() const;
};

/// Judges. The verdict check is failed by a suite that is worse after Holm's correction over the judged suites, and by
/// one that is undecided unless the policy lets it pass, and always where fewer than two items are there to judge by;
/// limits are held against the measured figures themselves. A limit on a figure that is not known is failed: what
/// cannot be judged has not been kept. `comparison` was made with the policy's suites as ComparisonRules::judged.
[[nodiscard]] GateOutcome judge_gate(Comparison comparison, const GatePolicy& policy);

}  // namespace assay
