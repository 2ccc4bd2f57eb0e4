#include "results/verdict/second_answers.h"

#include <cstdint>

#include "results/verdict/judge.h"

namespace assay {
namespace {

/// The second answers of `suite`'s flips.
SecondAnswers second_answers(const SuiteComparison& suite, const Comparison& second) {
  SecondAnswers answers;
  answers.flips = static_cast<std::int64_t>(suite.lost.size() + suite.gained.size());
  for (const SuiteComparison& again : second.suites) {
    if (suite_label(again) != suite_label(suite)) continue;
    answers.answered = again.paired_items;
    answers.lost = static_cast<std::int64_t>(again.lost.size());
    answers.gained = static_cast<std::int64_t>(again.gained.size());
    for (const std::vector<Flip>* flips : {&again.lost, &again.gained}) {
      for (const Flip& flip : *flips) answers.sum += flip.candidate - flip.baseline;
    }
  }
  answers.alarm_stands = answers.answered < answers.flips || answers.sum < 0;
  return answers;
}

}  // namespace

std::vector<const SuiteComparison*> alarms(const Comparison& comparison) {
  std::vector<const SuiteComparison*> suites;
  for (const SuiteComparison& suite : comparison.suites) {
    if (suite.judged == Verdict::kWorse && comparison.judges(suite.suite)) suites.push_back(&suite);
  }
  return suites;
}

void hold_second_answers(Comparison& first, const Comparison& second) {
  std::vector<Verdict> verdicts;
  for (SuiteComparison& suite : first.suites) {
    if (!first.judges(suite.suite)) continue;
    if (suite.judged == Verdict::kWorse) {
      suite.second = second_answers(suite, second);
      if (!suite.second->alarm_stands) suite.judged = Verdict::kUndecided;
    }
    verdicts.push_back(suite.judged);
  }
  first.verdict = overall_verdict(verdicts);
}

}  // namespace assay
