#include "results/verdict/comparison.h"

#include "harness/core/strategy.h"

namespace assay {

std::string suite_label(const std::string& suite, const ResultInfo& baseline, const ResultInfo& candidate) {
  const std::string before = strategy_of(baseline.options);
  const std::string after = strategy_of(candidate.options);
  if (before.empty() && after.empty()) return suite;
  return suite + " (" + before + (before == after ? "" : " → " + after) + ")";
}

std::string asked_label(const SuiteComparison& suite) {
  const auto asked = [](const ResultInfo& info) {
    return info.protocol + ", " + std::to_string(info.shots) + (info.shots == 1 ? " shot" : " shots");
  };
  const std::string before = asked(suite.baseline_info);
  const std::string after = asked(suite.candidate_info);
  return before == after ? before : before + " → " + after;
}

}  // namespace assay
