// The summary of a run: what `assay show` prints, as plain data.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/completion.h"
#include "harness/core/result.h"
#include "results/run_file/retrieval_note.h"
#include "results/run_file/run_file.h"
#include "results/statistics/interval.h"
#include "results/statistics/percentiles.h"

namespace assay {

/// The detail of a model (ModelIdentity::details) that marks a run whose stored answers were scored again: the id of
/// the run that asked. Its throughput is not known.
inline constexpr const char* kRescoredFrom = "rescored_from";

/// A number with its uncertainty. Absent: not known, or not defined for so few values.
struct Estimate {
  std::optional<double> value;                     ///< 0..1
  std::optional<double> standard_error;            ///< items taken as independent
  std::optional<double> clustered_standard_error;  ///< items of a cluster taken as alike; absent without clusters
  std::optional<statistics::Interval> ci95;
  std::string interval;  ///< how ci95 was made: "wilson", "t", "normal", "bootstrap", "simultaneous"; empty without one
};

struct MetricSummary {
  std::string name;
  bool headline = false;
  Estimate estimate;
};

struct GroupSummary {
  std::string level;
  std::string name;
  std::int64_t items = 0;  ///< scored and failed
  std::int64_t scored = 0;
  std::vector<MetricSummary> metrics;  ///< those that are means over items
};

/// Times of answered samples, in milliseconds; reused answers are left out. Where samples vote (MetricSpec::vote), the
/// total is an item's: that of its slowest sample, as if all were asked side by side.
struct LatencySummary {
  statistics::Percentiles first_token;
  statistics::Percentiles total;
  statistics::Percentiles per_output_token;  ///< (total - first token) / (output tokens - 1)
};

struct CostSummary {
  /// All samples, what judged them and what found their passages, failed ones' known cost included; absent where one of
  /// these is unknown.
  std::optional<double> usd;
  std::optional<double> usd_per_task;     ///< usd / scored items
  std::optional<double> usd_per_correct;  ///< usd / sum of the headline over items; absent where that is 0
};

/// Rates over RunReader::running_ms(); reused answers are left out.
struct ThroughputSummary {
  std::optional<double> items_per_s;
  std::optional<double> prompt_tokens_per_s;
  std::optional<double> completion_tokens_per_s;
};

/// How many turns the judged episodes took.
struct TurnSummary {
  double mean = 0;
  std::int64_t most = 0;
};

/// How many words the judged answers have, where the suite counts them.
struct WordSummary {
  double mean = 0;
  std::int64_t most = 0;
};

/// What finding the passages before the questions took, in all sessions of the run.
struct RetrievalSummary {
  RetrievalNote whole;                 ///< of all results of the suite that were asked so
  std::optional<double> usd;           ///< this result's part, in equal shares; part of CostSummary::usd
  std::optional<double> usd_per_task;  ///< usd / scored items
};

/// What a judge of the answers took, apart from the model that gave them.
struct JudgeSummary {
  std::int64_t asked = 0;              ///< questions that it answered
  std::int64_t reused = 0;             ///< of these, taken from an earlier run
  std::int64_t failed = 0;             ///< questions without an answer of it
  Usage tokens;                        ///< as ResultSummary::tokens
  statistics::Percentiles total_ms;    ///< of each of its answers; reused ones are left out
  std::optional<double> usd;           ///< part of CostSummary::usd; absent where an answer's is unknown
  std::optional<double> usd_per_task;  ///< usd / scored items
};

/// One model x suite. An item is failed when any of its samples is, and then has no part in any metric; scored when
/// all its samples that are there were answered. scored + failed < items: the rest has not been asked yet.
struct ResultSummary {
  ResultInfo info;
  std::string state;  ///< "complete", "incomplete", "running"
  std::int64_t items = 0;
  std::int64_t scored = 0;
  std::int64_t failed = 0;
  std::int64_t reused = 0;             ///< items all of whose answers were reused
  std::int64_t cut = 0;                ///< items of which a prompt did not fit the model's context and was cut
  std::vector<MetricSummary> metrics;  ///< in the suite's order
  std::vector<GroupSummary> groups;    ///< by level, outermost first; in file order within a level
  LatencySummary latency;
  Usage tokens;  ///< sums over the samples of which a count is known; absent where it is known of none
  CostSummary cost;
  ThroughputSummary throughput;
  std::optional<TurnSummary> turns;           ///< where the suite asks in episodes
  std::optional<WordSummary> words;           ///< where the suite counts how long answers are
  std::optional<JudgeSummary> judge;          ///< where a model judges the answers
  std::optional<RetrievalSummary> retrieval;  ///< where passages stand before the questions
  std::int64_t retries = 0;
  /// Failed samples by kind; every kind is there, but for the judge's where there is none.
  std::vector<std::pair<FailureKind, std::int64_t>> errors;
};

struct RunSummary {
  RunInfo run;
  std::vector<ResultSummary> results;
};

/// Whether an adapter cut a prompt to fit the model's context: its note says "left-truncated 7 tokens" or
/// "2 parts dropped" (of old runs "shots").
[[nodiscard]] bool prompt_was_cut(const Completion& completion);

/// Whether the samples of an item vote.
[[nodiscard]] bool has_vote(const ResultInfo& info);

/// The headline metric of a result, or null where it has none.
[[nodiscard]] const MetricSummary* headline(const ResultSummary& result);

/// Puts a summary together from the records of a run as RunReader::for_each gives them, for those who read them for
/// something else too. `reader` outlives it. Not thread-safe.
class Summarizer {
 public:
  explicit Summarizer(const RunReader& reader);
  ~Summarizer();

  void add(const Record& record);

  /// To be called once, after the last record. Errors: those of reading the run file.
  [[nodiscard]] Result<RunSummary> finish();

 private:
  struct Totals;
  const RunReader& reader_;
  std::unique_ptr<Totals> totals_;
};

/// Reads all records once, in order. Memory: the latencies, and what the groups and clusters need.
/// Errors: those of reading the run file.
[[nodiscard]] Result<RunSummary> summarize(const RunReader& reader);

}  // namespace assay
