#include "results/report/csv.h"

#include <initializer_list>
#include <string>

#include "harness/core/strategy.h"
#include "harness/core/text.h"
#include "results/report/csv_line.h"
#include "results/report/record_view.h"
#include "results/report/text.h"

namespace assay {
namespace {

using Line = report::CsvLine;

void header(std::ostream& out, std::initializer_list<const char*> names) {
  Line line(out);
  for (const char* name : names) line.text(name);
}

void metric_line(std::ostream& out, const ResultSummary& result, const std::string& level, const std::string& group,
                 std::int64_t items, std::int64_t scored, std::int64_t failed, const MetricSummary& metric) {
  const ResultInfo& info = result.info;
  const Estimate& estimate = metric.estimate;
  std::optional<double> low;
  std::optional<double> high;
  if (estimate.ci95) {
    low = estimate.ci95->low;
    high = estimate.ci95->high;
  }
  Line line(out);
  line.text(info.model.name).text(info.suite).text(info.suite_version).text(info.protocol);
  line.number(std::int64_t{info.shots})
      .text(info.starter ? "true" : "false")
      .text(result.state)
      .text(level)
      .text(group);
  line.number(items).number(scored).number(failed);
  line.text(metric.name).number(estimate.value).number(estimate.standard_error).number(low).number(high);
  line.text(estimate.interval);
  const bool whole = group.empty();
  const std::optional<double> none;
  line.number(whole ? result.latency.total.p50 : none).number(whole ? result.latency.total.p95 : none);
  line.number(whole ? result.cost.usd : none).number(whole ? result.cost.usd_per_task : none);
  line.number(whole ? result.cost.usd_per_correct : none);
  line.text(strategy_of(info.options));
}

void record_header(std::ostream& out) {
  header(out, {"item",
               "suite",
               "model",
               "protocol",
               "sample",
               "extracted",
               "target",
               "score",
               "why",
               "completion",
               "finish_reason",
               "reused",
               "error",
               "error_message",
               "attempts",
               "first_token_ms",
               "total_ms",
               "prompt_tokens",
               "completion_tokens",
               "cached_tokens",
               "evaluated_tokens",
               "usd",
               "prompt",
               "reasoning",
               "reasoning_tokens",
               "cache_write_tokens",
               "sent",
               "note",
               "strategy"});
}

void record_line(std::ostream& out, const Record& record, const ResultInfo& info) {
  const Completion& completion = record.completion;
  Line line(out);
  line.text(record.item.id).text(info.suite).text(info.model.name).text(info.protocol);
  line.number(std::int64_t{record.request.sample});
  line.text(record.score ? record.score->extracted : "").text(record.item.target);
  line.number(record.score ? std::optional(record.score->value) : std::nullopt);
  line.text(record.score ? record.score->why : "").text(completion.text);
  line.text(std::string(finish_reason_name(completion.finish))).text(completion.reused ? "true" : "false");
  line.text(completion.failure ? std::string(failure_name(completion.failure->kind)) : "");
  line.text(completion.failure ? completion.failure->message : "").number(std::int64_t{completion.attempts});
  line.number(completion.timings.first_token_ms).number(completion.timings.total_ms);
  line.number(completion.usage.prompt).number(completion.usage.completion).number(completion.usage.cached);
  line.number(completion.usage.evaluated).number(with_judge_usd(record, record.usd));
  line.text(report::prompt_text(record.request)).text(completion.reasoning);
  line.number(completion.usage.reasoning).number(completion.usage.cache_write);
  line.text(completion.sent).text(completion.note).text(strategy_of(info.options));
}

}  // namespace

void write_summary_csv(std::ostream& out, const RunSummary& summary) {
  header(out, {"model",          "suite",          "suite_version", "protocol",     "shots",           "starter",
               "state",          "level",          "group",         "items",        "scored",          "failed",
               "metric",         "value",          "stderr",        "ci95_low",     "ci95_high",       "interval",
               "latency_p50_ms", "latency_p95_ms", "usd",           "usd_per_task", "usd_per_correct", "strategy"});
  for (const ResultSummary& result : summary.results) {
    for (const MetricSummary& metric : result.metrics) {
      metric_line(out, result, "", "", result.items, result.scored, result.failed, metric);
    }
    for (const GroupSummary& group : result.groups) {
      for (const MetricSummary& metric : group.metrics) {
        metric_line(out, result, group.level, group.name, group.items, group.scored, group.items - group.scored,
                    metric);
      }
    }
  }
}

void write_records_csv(std::ostream& out, const std::vector<Record>& records, const std::vector<ResultInfo>& results) {
  record_header(out);
  for (const Record& record : records) record_line(out, record, results.at(static_cast<std::size_t>(record.result)));
}

Result<void> export_csv(std::ostream& out, const RunReader& reader) {
  record_header(out);
  auto read = reader.for_each(true, [&](const Record& record) {
    record_line(out, record, reader.results()[static_cast<std::size_t>(record.result)]);
    return out.good();
  });
  if (!read) return read;
  if (!out.flush()) return usage_error("the export cannot be written; check the disk and where it goes");
  return {};
}

}  // namespace assay
