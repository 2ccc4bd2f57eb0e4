// What a suite makes of a completion.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace assay {

/// The suite's judgement of one completion. Only completions without a failure are scored.
struct Score {
  double value = 0;  ///< the headline metric's value of this sample, 0..1

  /// All metrics' values of this sample by MetricSpec::value, in the suite's order; the headline is among them. A key
  /// that begins with "#" is a quantity that metrics are computed with, no metric: "#accuracy_weight".
  std::vector<std::pair<std::string, double>> values;

  std::string extracted;  ///< the answer that was read out of the completion (letter, index, query); may be empty
  std::string why;        ///< one line: why right or wrong ("chose B (-1.92), right is C (-2.01)", "no letter found")

  /// Set: the machine, not the answer, is why there is no judgement (the sandbox failed). The record fails with this
  /// text; it is never counted as wrong.
  std::string not_judged = {};

  /// More for a person who judges one record, several lines; empty where `why` says it all. Text-to-SQL: the first
  /// rows that the query and the gold query returned.
  std::string detail = {};
};

/// The quantity of a suite that asks in episodes: how many turns this one took.
inline constexpr const char* kTurnsValue = "#turns";

/// The quantity of a suite that counts how long answers are: this one's words.
inline constexpr const char* kWordsValue = "#words";

/// Whether a key of Score::values names a quantity, which is not shown among the metrics.
[[nodiscard]] inline bool is_quantity(const std::string& key) { return key.starts_with('#'); }

}  // namespace assay
