#include "results/verdict/judge.h"

#include <algorithm>
#include <cmath>

#include "results/statistics/holm.h"

namespace assay {
namespace {

using statistics::PairedSample;

constexpr double kMostItems = 1e7;

Verdict with_factor(const PairedSample& sample, double margin, double alpha, double factor) {
  const auto bounds = sample.bounds(alpha, factor);
  return bounds ? verdict_of(bounds->low, bounds->high, margin) : Verdict::kUndecided;
}

}  // namespace

Verdict judge_suite(const PairedSample& sample, double margin, double alpha) {
  return with_factor(sample, margin, alpha, 1);
}

Judgement judge(const std::vector<const PairedSample*>& samples, double margin, double alpha) {
  Judgement judgement;
  // Holm rejects nothing whose own p-value is above alpha, so what is above it need not be known.
  std::vector<double> worse(samples.size(), 1.0);
  std::vector<double> better(samples.size(), 1.0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Verdict verdict = judge_suite(*samples[i], margin, alpha);
    judgement.suites.push_back({verdict, verdict});
    if (samples.size() == 1) continue;
    const auto bounds = samples[i]->bounds(alpha);
    if (!bounds || (bounds->low <= 0 && bounds->high >= 0)) continue;
    const PairedSample::OneSided p = samples[i]->one_sided_p();
    if (bounds->high < 0) worse[i] = p.worse;
    if (bounds->low > 0) better[i] = p.better;
  }
  if (samples.size() > 1) {
    worse = statistics::holm_adjusted(worse);
    better = statistics::holm_adjusted(better);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      Verdict& judged = judgement.suites[i].judged;
      if (judged == Verdict::kWorse && worse[i] > alpha) judged = Verdict::kUndecided;
      if (judged == Verdict::kBetter && better[i] > alpha) judged = Verdict::kNotWorse;
    }
  }
  std::vector<Verdict> judged;
  for (const SuiteJudgement& suite : judgement.suites) judged.push_back(suite.judged);
  judgement.verdict = overall_verdict(judged);
  return judgement;
}

Verdict overall_verdict(const std::vector<Verdict>& judged) {
  if (judged.empty()) return Verdict::kUndecided;
  for (const Verdict verdict : {Verdict::kWorse, Verdict::kUndecided, Verdict::kBetter}) {
    if (std::find(judged.begin(), judged.end(), verdict) != judged.end()) return verdict;
  }
  return Verdict::kNotWorse;
}

std::optional<std::int64_t> items_to_decide(const PairedSample& sample, double margin, double alpha) {
  const auto items = static_cast<double>(sample.items());
  if (sample.items() < 2 || judge_suite(sample, margin, alpha) != Verdict::kUndecided) return std::nullopt;
  const auto decided = [&](double count) {
    return with_factor(sample, margin, alpha, count / items) != Verdict::kUndecided;
  };
  double low = items;
  double high = items;
  while (!decided(high)) {
    if (high >= kMostItems) return std::nullopt;
    low = high;
    high = std::min(2 * high, kMostItems);
  }
  while (high - low > 1) {
    const double middle = std::floor((low + high) / 2);
    (decided(middle) ? high : low) = middle;
  }
  return static_cast<std::int64_t>(high - items);
}

}  // namespace assay
