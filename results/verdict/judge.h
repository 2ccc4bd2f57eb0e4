// The rules of contract.md over several suites at once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "results/statistics/paired_sample.h"
#include "results/verdict/verdict.h"

namespace assay {

/// What one suite's sample comes to.
struct SuiteJudgement {
  Verdict verdict = Verdict::kUndecided;  ///< by its own bounds
  Verdict judged = Verdict::kUndecided;   ///< after Holm's correction
};

struct Judgement {
  Verdict verdict = Verdict::kUndecided;
  std::vector<SuiteJudgement> suites;  ///< in the order given
};

/// One suite's verdict: by the bounds at 1 - alpha, or undecided for fewer than two items.
[[nodiscard]] Verdict judge_suite(const statistics::PairedSample& sample, double margin, double alpha);

/// All suites. "Worse" and "better" are corrected by Holm's method, each over all suites, so that the chance of one
/// false "worse" is at most alpha however many suites there are: a suite that is worse only by itself counts as
/// undecided, one that is better only by itself as not worse. "Not worse" needs no correction, for all suites must show
/// it (R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24, 1982:
/// intersection-union). Overall: worse if any is; else undecided if any is; else better if any is; else not worse.
/// Undecided without suites.
[[nodiscard]] Judgement judge(const std::vector<const statistics::PairedSample*>& samples, double margin, double alpha);

/// The whole of several suites' verdicts, by the rule of judge().
[[nodiscard]] Verdict overall_verdict(const std::vector<Verdict>& judged);

/// How many more items would decide, were the rates to stay as they are: the fewest for which judge_suite() has a
/// verdict. Absent where it has one already, and where ten million items would not do.
[[nodiscard]] std::optional<std::int64_t> items_to_decide(const statistics::PairedSample& sample, double margin,
                                                          double alpha);

}  // namespace assay
