// A comparison of two models on the items that both answered, as plain data: what `assay compare` prints, `gate` judges
// and the comparison page shows. Differences are candidate minus baseline, ratios candidate over baseline.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/run_file/run_file.h"
#include "results/statistics/interval.h"
#include "results/statistics/ratio.h"
#include "results/verdict/verdict.h"

namespace assay {

/// One of the two: a model of a run.
struct ComparedSide {
  std::string path;     ///< the run file as it was given
  std::string run_id;   ///< RunInfo::id
  std::string started;  ///< RunInfo::started
  std::string state;    ///< RunInfo::state
  std::string model;    ///< ModelIdentity::name
  std::string name;     ///< what JSON and pages show: the model's name, and the run's id where both names are the same
                        ///< and no strategy tells the sides apart
  std::string strategy = {};  ///< ComparedRun::strategy
};

/// An item that one of the two had right and the other had not, or scored otherwise.
struct Flip {
  std::string item;
  double baseline = 0;  ///< the item's value of the metric, 0..1
  double candidate = 0;
  std::string baseline_answer;   ///< what was read out of the first sample (Score::extracted); untrusted
  std::string candidate_answer;  ///< likewise
  std::string target;            ///< the right answer as the suite shows it
};

/// One side's own figures, over the paired items.
struct SideFigures {
  double value = 0;                      ///< the metric
  std::optional<double> latency_p50_ms;  ///< of answered samples that were really asked
  std::optional<double> latency_p95_ms;
  std::optional<double> usd_per_task;        ///< absent where an answer's cost is not known
  std::optional<double> judge_usd_per_task;  ///< the judge's part of it; absent without a judge
  std::int64_t items = 0;                    ///< of the result, paired or not
  std::int64_t failed = 0;                   ///< items that got no answer
  std::int64_t unasked = 0;                  ///< items that were not asked yet
};

/// What both models answered when a suite's flips were asked once more (results/verdict/second_answers.h).
struct SecondAnswers {
  std::int64_t flips = 0;     ///< items of both directions
  std::int64_t answered = 0;  ///< of them by both models, a second time
  std::int64_t lost = 0;      ///< of those answered: the baseline's second answer has the higher value
  std::int64_t gained = 0;    ///< likewise the candidate's
  double sum = 0;             ///< of candidate minus baseline over the second answers
  bool alarm_stands = true;
};

/// One suite on both sides.
struct SuiteComparison {
  ResultInfo baseline_info;
  ResultInfo candidate_info;
  std::string suite;
  std::string metric;             ///< the suite's headline
  std::int64_t paired_items = 0;  ///< answered by both
  std::int64_t clusters = 0;      ///< groups of alike items among them; 0: items are independent
  SideFigures baseline;
  SideFigures candidate;

  double difference = 0;
  std::optional<double> standard_error;      ///< of the difference; clustered where there are clusters
  std::optional<statistics::Interval> ci95;  ///< of the difference, two-sided; absent for fewer than two items
  std::optional<double> lower_bound;         ///< one-sided at 1 - alpha
  std::optional<double> upper_bound;         ///< one-sided at 1 - alpha
  std::optional<double> p_value;             ///< two-sided, of no difference
  std::string test;                          ///< "mcnemar_exact", "mcnemar_clustered", "paired_t", "paired_t_clustered"

  bool binary = true;  ///< every item plainly right or wrong on both sides: the four counts below are all of them
  std::int64_t both_right = 0;
  std::int64_t only_baseline = 0;   ///< not binary: items on which the baseline has the higher value
  std::int64_t only_candidate = 0;  ///< not binary: items on which the candidate has the higher value
  std::int64_t both_wrong = 0;  ///< not binary: items with the same value, but for those that both have wholly right

  Verdict verdict = Verdict::kUndecided;  ///< by this suite's bounds alone
  Verdict judged = Verdict::kUndecided;   ///< after Holm's correction over the suites: what the overall verdict sees
  std::optional<std::int64_t> items_to_decide;  ///< undecided: how many more paired items would decide, were the rates
                                                ///< to stay; absent where no number below ten million would

  // On the items that both answered; absent where one side's figure is not known.
  std::optional<statistics::Ratio> latency_p50_ratio;
  std::optional<statistics::Ratio> latency_p95_ratio;
  std::optional<statistics::Ratio> usd_per_task_ratio;

  std::vector<Flip> lost;    ///< the baseline has the higher value; in file order
  std::vector<Flip> gained;  ///< the candidate has the higher value; in file order

  std::optional<SecondAnswers> second;  ///< where an alarm's flips were asked once more
};

/// A suite as it is shown, with the strategies of both sides where there are any: "gsm8k (cot)",
/// "gsm8k (zero_shot → cot)".
[[nodiscard]] std::string suite_label(const std::string& suite, const ResultInfo& baseline,
                                      const ResultInfo& candidate);
[[nodiscard]] inline std::string suite_label(const SuiteComparison& suite) {
  return suite_label(suite.suite, suite.baseline_info, suite.candidate_info);
}

/// How a suite was asked, "generate, 0 shots", or how both sides were where they differ, as two strategies do:
/// "generate, 0 shots → generate/cot, 3 shots".
[[nodiscard]] std::string asked_label(const SuiteComparison& suite);

/// Whether both sides' protocols or shots differ, which a suite's label does not say.
[[nodiscard]] inline bool asked_apart(const SuiteComparison& suite) {
  return suite.baseline_info.protocol != suite.candidate_info.protocol ||
         suite.baseline_info.shots != suite.candidate_info.shots;
}

/// Two models on all suites that both have.
struct Comparison {
  ComparedSide baseline;
  ComparedSide candidate;
  double margin = 0.02;
  double alpha = 0.05;
  Verdict verdict = Verdict::kUndecided;    ///< of the suites that are judged
  std::vector<std::string> judged;          ///< those suites; empty: all
  std::vector<SuiteComparison> suites;      ///< in the baseline's order
  std::vector<std::string> only_baseline;   ///< suites that the candidate's run does not have
  std::vector<std::string> only_candidate;  ///< suites that the baseline's run does not have

  /// Whether a suite is among those that are judged.
  [[nodiscard]] bool judges(const std::string& suite) const {
    return judged.empty() || std::find(judged.begin(), judged.end(), suite) != judged.end();
  }
};

}  // namespace assay
