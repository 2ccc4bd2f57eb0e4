// The `gate:` section of a configuration: what a candidate is judged by.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace assay {

/// What the gate does where the data decide nothing.
enum class OnUndecided { kFail, kPass };

/// The least error probability that may be asked for: below it the tails of the distributions have no digits left.
inline constexpr double kLeastAlpha = 1e-9;

/// The gate's policy, checked. Absent: not judged.
struct GateConfig {
  std::string baseline;                    ///< run file; empty: given on the command line
  double margin = 0.02;                    ///< fraction that a candidate may be worse by, 0..1
  double alpha = 0.05;                     ///< one-sided error probability, kLeastAlpha to 0.5
  std::vector<std::string> must_not_fall;  ///< suites that are judged; empty: all
  OnUndecided on_undecided = OnUndecided::kFail;
  std::optional<double> max_p95_ratio;     ///< latency against the baseline
  std::optional<double> max_usd_per_task;  ///< US dollars
  std::optional<double> max_error_rate;    ///< fraction of items without an answer, 0..1
};

}  // namespace assay
