#include "results/verdict/sequential.h"

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

using statistics::Seen;

std::vector<Seen> differences(const SuiteComparison& suite) {
  std::vector<Seen> seen{{0, static_cast<double>(suite.both_right + suite.both_wrong)}};
  if (suite.binary) {
    seen.push_back({-1, static_cast<double>(suite.only_baseline)});
    seen.push_back({1, static_cast<double>(suite.only_candidate)});
    return seen;
  }
  for (const Flip& flip : suite.lost) seen.push_back({flip.candidate - flip.baseline, 1});
  for (const Flip& flip : suite.gained) seen.push_back({flip.candidate - flip.baseline, 1});
  return seen;
}

}  // namespace

Verdict sequential_verdict(const std::vector<Seen>& differences, double margin, double alpha, double worse_alpha) {
  std::vector<Seen> losses = differences;
  for (Seen& one : losses) one.value = -one.value;
  if (statistics::log_e_value(losses, 0) >= -std::log(worse_alpha)) return Verdict::kWorse;
  if (statistics::log_e_value(differences, 0) >= -std::log(alpha)) return Verdict::kBetter;
  if (statistics::log_e_value(differences, -margin) >= -std::log(alpha)) return Verdict::kNotWorse;
  return Verdict::kUndecided;
}

Verdict sequential_verdict(const Comparison& comparison) {
  const double worse_alpha = comparison.alpha / static_cast<double>(std::max<std::size_t>(comparison.suites.size(), 1));
  std::vector<Verdict> verdicts;
  for (const SuiteComparison& suite : comparison.suites) {
    verdicts.push_back(sequential_verdict(differences(suite), comparison.margin, comparison.alpha, worse_alpha));
  }
  for (const Verdict verdict : {Verdict::kWorse, Verdict::kUndecided, Verdict::kBetter}) {
    if (std::find(verdicts.begin(), verdicts.end(), verdict) != verdicts.end()) return verdict;
  }
  return verdicts.empty() ? Verdict::kUndecided : Verdict::kNotWorse;
}

}  // namespace assay
