#include "results/statistics/summary.h"

#include <algorithm>
#include <map>

#include "results/statistics/metric_accumulator.h"

namespace assay {
namespace {

using statistics::ItemSamples;
using statistics::MetricAccumulator;

void add_known(std::optional<std::int64_t>& total, const std::optional<std::int64_t>& value) {
  if (value) total = total.value_or(0) + *value;
}

void add_known(Usage& total, const Usage& usage) {
  add_known(total.prompt, usage.prompt);
  add_known(total.completion, usage.completion);
  add_known(total.reasoning, usage.reasoning);
  add_known(total.cached, usage.cached);
  add_known(total.cache_write, usage.cache_write);
  add_known(total.evaluated, usage.evaluated);
}

/// One group's items and metrics.
struct GroupTotals {
  std::int64_t items = 0;
  std::int64_t scored = 0;
  std::vector<MetricAccumulator> metrics;
};

/// Whether a group of items has such a metric of its own: not what is a mean over groups itself, but for a mean over
/// balanced accuracies, which is that of a group where it has the items of one.
bool shown_of_group(Aggregation aggregation) {
  return aggregation == Aggregation::kMean || aggregation == Aggregation::kPassAtK ||
         aggregation == Aggregation::kMacroBalancedAccuracy || aggregation == Aggregation::kAllSamples ||
         aggregation == Aggregation::kSampleSpread;
}

/// Everything of one result while its records pass by, item by item.
class ResultTotals {
 public:
  explicit ResultTotals(const ResultInfo& info) : info_(info) {
    for (const MetricSpec& spec : info.metrics) metrics_.emplace_back(spec);
    levels_.resize(info.group_levels.size());
    votes_ = has_vote(info);
  }

  void add(const Record& record) {
    if (record.item.order != item_.order || !in_item_) {
      end_item();
      begin_item(record.item);
    }
    const Completion& completion = record.completion;
    all_reused_ = all_reused_ && completion.reused;
    item_cut_ = item_cut_ || prompt_was_cut(completion);
    add_cost(record);
    for (const JudgeAnswer& answer : record.judge_answers) add_judge(answer);
    add_known(tokens_, completion.usage);
    if (!completion.reused) retries_ += std::max(completion.attempts - 1, 0);
    if (completion.failure) {
      ++errors_[completion.failure->kind];
      item_failed_ = true;
      return;
    }
    if (record.score) add_score(*record.score);
    if (!completion.reused) {
      add_times(completion);
      add_known(asked_tokens_, completion.usage);
    }
  }

  // `embedding_usd`: this result's part of it.
  ResultSummary summary(const std::string& run_state, std::optional<double> running_ms,
                        std::optional<double> embedding_usd) {
    end_item();
    ResultSummary out;
    out.info = info_;
    out.items = info_.items;
    out.scored = scored_;
    out.failed = failed_;
    out.reused = reused_;
    out.cut = cut_;
    out.state = failed_ == 0 && scored_ >= info_.items ? "complete" : run_state == "running" ? "running" : "incomplete";
    for (const MetricAccumulator& metric : metrics_) out.metrics.push_back(metric_summary(metric));
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      for (const auto& [name, totals] : levels_[level]) {
        GroupSummary group{info_.group_levels[level], name, totals.items, totals.scored, {}};
        for (const MetricAccumulator& metric : totals.metrics) group.metrics.push_back(metric_summary(metric));
        out.groups.push_back(std::move(group));
      }
    }
    out.latency = {statistics::percentiles(first_token_ms_), statistics::percentiles(total_ms_),
                   statistics::percentiles(per_token_ms_)};
    out.tokens = tokens_;
    out.cost = cost(embedding_usd);
    out.throughput = throughput(running_ms);
    if (turns_.mean()) out.turns = TurnSummary{*turns_.mean(), most_turns_};
    if (words_.mean()) out.words = WordSummary{*words_.mean(), most_words_};
    out.retries = retries_;
    if (info_.judge) out.judge = judge();
    for (int kind = 0; kind <= static_cast<int>(FailureKind::kCancelled); ++kind) {
      const bool of_judge = kind == static_cast<int>(FailureKind::kNotJudged) ||
                            kind == static_cast<int>(FailureKind::kUnreadableVerdict);
      if (of_judge && !info_.judge) continue;
      const auto found = errors_.find(static_cast<FailureKind>(kind));
      out.errors.emplace_back(static_cast<FailureKind>(kind), found == errors_.end() ? 0 : found->second);
    }
    return out;
  }

 private:
  static MetricSummary metric_summary(const MetricAccumulator& metric) {
    return {metric.spec().name, metric.spec().headline, metric.estimate()};
  }

  void begin_item(const Item& item) {
    item_ = item;
    in_item_ = true;
    item_failed_ = false;
    all_reused_ = true;
    item_cut_ = false;
    samples_.assign(metrics_.size(), {});
    slowest_ms_.reset();
  }

  void add_score(const Score& score) {
    for (std::size_t i = 0; i < metrics_.size(); ++i) samples_[i].add(metrics_[i].spec(), score);
    for (const auto& [key, value] : score.values) {
      if (key == kTurnsValue) {
        turns_.add(value);
        most_turns_ = std::max(most_turns_, static_cast<std::int64_t>(value));
      } else if (key == kWordsValue) {
        words_.add(value);
        most_words_ = std::max(most_words_, static_cast<std::int64_t>(value));
      }
    }
  }

  void end_item() {
    if (!in_item_) return;
    in_item_ = false;
    if (item_cut_) ++cut_;
    if (slowest_ms_) total_ms_.push_back(*slowest_ms_);
    if (item_failed_) {
      ++failed_;
    } else {
      ++scored_;
      if (all_reused_) ++reused_;
      for (std::size_t i = 0; i < metrics_.size(); ++i) metrics_[i].add(item_, samples_[i]);
    }
    for (const Group& group : item_.groups) add_to_group(group);
  }

  void add_to_group(const Group& group) {
    const auto level = std::find(info_.group_levels.begin(), info_.group_levels.end(), group.level);
    if (level == info_.group_levels.end()) return;
    auto& groups = levels_[static_cast<std::size_t>(level - info_.group_levels.begin())];
    auto found = std::find_if(groups.rbegin(), groups.rend(), [&](const auto& one) { return one.first == group.name; });
    if (found == groups.rend()) {
      GroupTotals fresh;
      for (const MetricSpec& spec : info_.metrics) {
        if (shown_of_group(spec.aggregation)) fresh.metrics.emplace_back(spec);
      }
      groups.emplace_back(group.name, std::move(fresh));
      found = groups.rbegin();
    }
    GroupTotals& totals = found->second;
    ++totals.items;
    if (item_failed_) return;
    ++totals.scored;
    std::size_t next = 0;
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      if (!shown_of_group(metrics_[i].spec().aggregation)) continue;
      totals.metrics[next++].add(item_, samples_[i]);
    }
  }

  void add_times(const Completion& completion) {
    const Timings& timings = completion.timings;
    if (timings.first_token_ms) first_token_ms_.push_back(*timings.first_token_ms);
    if (timings.total_ms && votes_) slowest_ms_ = std::max(slowest_ms_.value_or(0), *timings.total_ms);
    if (timings.total_ms && !votes_) total_ms_.push_back(*timings.total_ms);
    if (timings.first_token_ms && timings.total_ms && completion.usage.completion.value_or(0) > 1) {
      per_token_ms_.push_back((*timings.total_ms - *timings.first_token_ms) /
                              static_cast<double>(*completion.usage.completion - 1));
    }
  }

  void add_cost(const Record& record) {
    std::optional<double> usd = record.usd;
    // A local model's price is the machine's: an item pays for its own share of the batches it was in.
    if (!usd && info_.price) usd = time_cost_usd(*info_.price, record.completion.timings.compute_ms);
    if (usd) {
      usd_ = usd_.value_or(0) + *usd;
    } else if (!record.completion.failure) {
      unknown_cost_ = true;
    }
  }

  void add_judge(const JudgeAnswer& answer) {
    const Completion& completion = answer.completion;
    if (completion.failure) {
      ++judge_.failed;
    } else {
      ++judge_.asked;
      if (completion.reused) ++judge_.reused;
      if (!completion.reused && completion.timings.total_ms) judge_ms_.push_back(*completion.timings.total_ms);
    }
    add_known(judge_.tokens, completion.usage);
    if (answer.usd) {
      judge_.usd = judge_.usd.value_or(0) + *answer.usd;
    } else if (!completion.failure) {
      unknown_judge_cost_ = true;
    }
  }

  JudgeSummary judge() {
    JudgeSummary out = judge_;
    out.total_ms = statistics::percentiles(judge_ms_);
    if (unknown_judge_cost_) out.usd.reset();
    if (out.usd && scored_ > 0) out.usd_per_task = *out.usd / static_cast<double>(scored_);
    return out;
  }

  CostSummary cost(std::optional<double> embedding_usd) const {
    CostSummary out;
    if (unknown_cost_ || !usd_ || unknown_judge_cost_ || !embedding_usd) return out;
    out.usd = *usd_ + judge_.usd.value_or(0) + *embedding_usd;
    if (scored_ > 0) out.usd_per_task = *out.usd / static_cast<double>(scored_);
    for (const MetricAccumulator& metric : metrics_) {
      if (metric.spec().headline && metric.sum() > 0) out.usd_per_correct = *out.usd / metric.sum();
    }
    return out;
  }

  ThroughputSummary throughput(std::optional<double> running_ms) const {
    ThroughputSummary out;
    if (!running_ms || *running_ms <= 0) return out;
    const double seconds = *running_ms / 1000;
    if (scored_ > reused_) out.items_per_s = static_cast<double>(scored_ - reused_) / seconds;
    if (asked_tokens_.prompt) out.prompt_tokens_per_s = static_cast<double>(*asked_tokens_.prompt) / seconds;
    if (asked_tokens_.completion) {
      out.completion_tokens_per_s = static_cast<double>(*asked_tokens_.completion) / seconds;
    }
    return out;
  }

  const ResultInfo& info_;
  std::vector<MetricAccumulator> metrics_;
  statistics::Mean turns_;
  std::int64_t most_turns_ = 0;
  statistics::Mean words_;
  std::int64_t most_words_ = 0;
  std::vector<std::vector<std::pair<std::string, GroupTotals>>> levels_;  ///< by level, in file order
  std::map<FailureKind, std::int64_t> errors_;
  std::vector<double> first_token_ms_;
  std::vector<double> total_ms_;
  std::vector<double> per_token_ms_;
  Usage tokens_;
  Usage asked_tokens_;  ///< of answers that were not reused
  std::optional<double> usd_;
  bool unknown_cost_ = false;
  JudgeSummary judge_;  ///< counts and sums
  bool unknown_judge_cost_ = false;
  std::vector<double> judge_ms_;
  std::int64_t scored_ = 0;
  std::int64_t failed_ = 0;
  std::int64_t reused_ = 0;
  std::int64_t retries_ = 0;

  Item item_;  ///< the item whose samples are passing by
  bool in_item_ = false;
  bool item_failed_ = false;
  bool all_reused_ = true;
  bool item_cut_ = false;
  std::int64_t cut_ = 0;
  bool votes_ = false;
  std::optional<double> slowest_ms_;  ///< of the item's samples, where they vote
  std::vector<ItemSamples> samples_;  ///< by metric
};

}  // namespace

bool prompt_was_cut(const Completion& completion) {
  const auto says = [&](const char* what) { return completion.note.find(what) != std::string::npos; };
  return says("left-truncated") || says(" dropped");
}

bool has_vote(const ResultInfo& info) {
  return std::any_of(info.metrics.begin(), info.metrics.end(), [](const MetricSpec& metric) { return metric.vote; });
}

const MetricSummary* headline(const ResultSummary& result) {
  for (const MetricSummary& metric : result.metrics) {
    if (metric.headline) return &metric;
  }
  return result.metrics.empty() ? nullptr : &result.metrics.front();
}

struct Summarizer::Totals {
  std::vector<ResultTotals> results;
};

Summarizer::Summarizer(const RunReader& reader) : reader_(reader), totals_(std::make_unique<Totals>()) {
  for (const ResultInfo& info : reader.results()) totals_->results.emplace_back(info);
}

Summarizer::~Summarizer() = default;

void Summarizer::add(const Record& record) { totals_->results[static_cast<std::size_t>(record.result)].add(record); }

Result<RunSummary> Summarizer::finish() {
  RunSummary summary;
  summary.run = reader_.run();
  for (std::size_t i = 0; i < totals_->results.size(); ++i) {
    auto running = reader_.running_ms(static_cast<std::int64_t>(i));
    if (!running) return forward_error(running);
    // Its records were stored when they were scored again: that says nothing of when they were answered.
    const auto& details = reader_.results()[i].model.details;
    if (std::any_of(details.begin(), details.end(), [](const auto& one) { return one.first == kRescoredFrom; })) {
      running->reset();
    }
    const ResultInfo& info = reader_.results()[i];
    const std::optional<double> embedding_usd = embedding_share_usd(reader_, info);
    ResultSummary result = totals_->results[i].summary(summary.run.state, *running, embedding_usd);
    if (retrieves(info)) {
      if (auto note = retrieval_of(reader_, info.suite)) result.retrieval = {std::move(*note), embedding_usd, {}};
    }
    if (result.retrieval && embedding_usd && result.scored > 0) {
      result.retrieval->usd_per_task = *embedding_usd / static_cast<double>(result.scored);
    }
    summary.results.push_back(std::move(result));
  }
  return summary;
}

Result<RunSummary> summarize(const RunReader& reader) {
  Summarizer summarizer(reader);
  auto read = reader.for_each(false, [&](const Record& record) {
    summarizer.add(record);
    return true;
  });
  if (!read) return forward_error(read);
  return summarizer.finish();
}

}  // namespace assay
