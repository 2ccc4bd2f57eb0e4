// The answers of one model to one suite: what the explorer lists and shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/record.h"
#include "harness/core/result.h"
#include "results/run_file/run_file.h"
#include "results/site/item_scores.h"
#include "results/site/json_text.h"
#include "results/site/log_histogram.h"
#include "results/site/question_store.h"
#include "results/statistics/majority.h"

namespace assay::site {

/// What the samples of the item that is passing by have in common.
struct OpenItem {
  std::int64_t order = 0;
  std::string cluster;
  double sum = 0;
  std::int64_t samples = 0;
  std::int64_t right = 0;
  double milliseconds = 0;
  std::int64_t tokens = 0;
  std::optional<double> usd;
  std::optional<FailureKind> failure;
  std::string extracted;
  // where samples vote, of each that has the headline's value
  std::vector<statistics::Vote> votes;
  std::vector<double> values;
};

/// Writes data/<name>/<chunk>.js (records whole, without their questions) and data/<name>/index.js (what the list and
/// its filters need, a column each) from records that come in order. Memory: the index and one chunk. Not thread-safe.
class AnswerPages {
 public:
  /// `info` and `questions` outlive it; `folder` is the site's.
  AnswerPages(std::string folder, std::string name, const ResultInfo& info, QuestionStore& questions);

  /// Errors: those of writing.
  [[nodiscard]] Result<void> add(const Record& record);

  /// To be called once, after the last record. Errors: those of writing.
  [[nodiscard]] Result<void> finish();

  [[nodiscard]] const ItemScores& scores() const { return scores_; }
  [[nodiscard]] const LogHistogram& latency() const { return latency_; }

 private:
  void write_record(const Record& record, bool asked_alike);
  void note(const Record& record);
  Result<void> end_item();
  Result<void> write_chunk();

  std::string folder_;
  std::string name_;
  const ResultInfo& info_;
  QuestionStore& questions_;
  MetricSpec headline_;
  ItemScores scores_;
  LogHistogram latency_;
  std::optional<OpenItem> item_;
  JsonText chunk_;
  std::size_t chunk_items_ = 0;
  std::size_t items_ = 0;
  std::vector<std::size_t> chunk_begins_;
  JsonText orders_;
  JsonText values_;
  JsonText extracted_;
  JsonText milliseconds_;
  JsonText tokens_;
  JsonText usd_;
  JsonText failures_;  ///< [index, kind] of failed items
};

}  // namespace assay::site
