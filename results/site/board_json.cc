#include "results/site/board_json.h"

#include "results/site/json_text.h"

namespace assay::site {
namespace {

void write_pairs(JsonText& out, const std::vector<std::pair<std::string, std::string>>& pairs) {
  out.begin_object();
  for (const auto& [key, value] : pairs) out.key(key).text(value);
  out.end_object();
}

void write_estimate(JsonText& out, const Estimate& estimate) {
  out.begin_object().key("value").number(estimate.value).key("stderr").number(estimate.standard_error);
  if (estimate.clustered_standard_error) out.key("stderr_clustered").number(*estimate.clustered_standard_error);
  out.key("ci95").interval(estimate.ci95).key("interval").text_or_null(estimate.interval).end_object();
}

void write_times(JsonText& out, const statistics::Percentiles& times) {
  out.begin_object().key("count").integer(static_cast<std::int64_t>(times.count));
  out.key("p50").number(times.p50).key("p95").number(times.p95).key("p99").number(times.p99);
  out.key("mean").number(times.mean).key("max").number(times.max).end_object();
}

void write_price(JsonText& out, const std::optional<Price>& price) {
  if (!price) {
    out.null();
    return;
  }
  out.begin_object().key("source").text_or_null(price->source).key("as_of").text_or_null(price->as_of);
  out.key("input_per_mtok").number(price->input_per_mtok).key("output_per_mtok").number(price->output_per_mtok);
  out.key("usd_per_hour").number(price->usd_per_hour).end_object();
}

/// Groups have the headline metric alone: a heat map shows one number a group.
void write_groups(JsonText& out, const ResultSummary& result) {
  const MetricSummary* first = headline(result);
  out.begin_array();
  for (const GroupSummary& group : result.groups) {
    const Estimate* estimate = nullptr;
    for (const MetricSummary& metric : group.metrics) {
      if (estimate == nullptr || (first != nullptr && metric.name == first->name)) estimate = &metric.estimate;
    }
    out.begin_object().key("level").text(group.level).key("name").text(group.name);
    out.key("items").integer(group.items).key("scored").integer(group.scored);
    out.key("value").number(estimate == nullptr ? std::nullopt : estimate->value).key("ci95");
    out.interval(estimate == nullptr ? std::nullopt : estimate->ci95);
    out.end_object();
  }
  out.end_array();
}

/// From the first class that has a count to the last.
void write_histogram(JsonText& out, const LogHistogram& histogram) {
  const auto& counts = histogram.counts();
  int first = 0;
  int end = LogHistogram::kClasses;
  while (first < end && counts[static_cast<std::size_t>(first)] == 0) ++first;
  while (end > first && counts[static_cast<std::size_t>(end - 1)] == 0) --end;
  out.begin_object().key("first_class").integer(std::int64_t{first}).key("counts").begin_array();
  for (int i = first; i < end; ++i) out.integer(counts[static_cast<std::size_t>(i)]);
  out.end_array().end_object();
}

void write_run(JsonText& out, const SiteRun& run) {
  out.begin_object().key("id").text(run.run.id).key("started").text(run.run.started);
  out.key("finished").text_or_null(run.run.finished).key("state").text(run.run.state);
  out.key("assay_version").text(run.run.assay_version).key("config_sha256").text(run.run.config_sha256).key("host");
  write_pairs(out, run.run.host);
  out.end_object();
}

void write_suite(JsonText& out, const BoardSuite& suite) {
  const ResultInfo& info = suite.info;
  out.begin_object().key("suite").text(info.suite).key("suite_version").text(info.suite_version);
  out.key("data_sha256").text_or_null(info.data_sha256).key("protocol").text(info.protocol);
  out.key("shots").integer(std::int64_t{info.shots}).key("samples").integer(std::int64_t{info.samples});
  out.key("starter").boolean(info.starter).key("options");
  write_pairs(out, info.options);
  out.key("metric").text(suite.metric).key("group_levels").begin_array();
  for (const std::string& level : info.group_levels) out.text(level);
  out.end_array().key("questions").text(suite.questions).end_object();
}

void write_tokens(JsonText& out, const Usage& tokens) {
  out.begin_object().key("prompt").integer(tokens.prompt).key("completion").integer(tokens.completion);
  out.key("reasoning").integer(tokens.reasoning).key("cached").integer(tokens.cached);
  out.key("cache_write").integer(tokens.cache_write).key("evaluated").integer(tokens.evaluated).end_object();
}

void write_place(JsonText& out, const BoardEntry& entry) {
  out.key("run").integer(static_cast<std::int64_t>(entry.run));
  out.key("result").integer(static_cast<std::int64_t>(entry.result));
  out.key("suite").integer(static_cast<std::int64_t>(entry.suite));
  out.key("model").integer(static_cast<std::int64_t>(entry.model));
  out.key("shown").boolean(entry.shown).key("unranked").text_or_null(entry.unranked).key("rank");
  if (entry.ranks) {
    out.begin_array().integer(std::int64_t{entry.ranks->best}).integer(std::int64_t{entry.ranks->worst}).end_array();
  } else {
    out.null();
  }
}

/// What judging took, which is part of the cost.
void write_judge(JsonText& out, const ResultSummary& summary) {
  if (!summary.judge || !summary.info.judge) {
    out.null();
    return;
  }
  out.begin_object().key("model").text(summary.info.judge->model.name).key("answers").integer(summary.judge->asked);
  out.key("cost").begin_object().key("usd").number(summary.judge->usd);
  out.key("usd_per_task").number(summary.judge->usd_per_task).end_object().end_object();
}

void write_measurements(JsonText& out, const SiteResult& result) {
  const ResultSummary& summary = result.summary;
  out.key("latency_ms").begin_object().key("first_token");
  write_times(out, summary.latency.first_token);
  out.key("total");
  write_times(out, summary.latency.total);
  out.key("per_output_token");
  write_times(out, summary.latency.per_output_token);
  out.key("distribution");
  write_histogram(out, result.latency);
  out.end_object().key("tokens");
  write_tokens(out, summary.tokens);
  out.key("cost").begin_object().key("usd").number(summary.cost.usd);
  out.key("usd_per_task").number(summary.cost.usd_per_task);
  out.key("usd_per_correct").number(summary.cost.usd_per_correct).key("price");
  write_price(out, summary.info.price);
  out.end_object().key("judge");
  write_judge(out, summary);
  out.key("throughput").begin_object();
  out.key("items_per_s").number(summary.throughput.items_per_s);
  out.key("prompt_tokens_per_s").number(summary.throughput.prompt_tokens_per_s);
  out.key("completion_tokens_per_s").number(summary.throughput.completion_tokens_per_s).end_object();
  out.key("retries").integer(summary.retries).key("errors").begin_object();
  for (const auto& [kind, count] : summary.errors) {
    if (count > 0) out.key(failure_name(kind)).integer(count);
  }
  out.end_object();
}

void write_result(JsonText& out, const SiteResult& result, const BoardEntry& entry) {
  const ResultSummary& summary = result.summary;
  out.begin_object();
  write_place(out, entry);
  out.key("model_sha256").text_or_null(summary.info.model.sha256.value_or("")).key("settings");
  write_pairs(out, summary.info.model.settings);
  out.key("state").text(summary.state).key("items").integer(summary.items).key("scored").integer(summary.scored);
  out.key("failed").integer(summary.failed).key("reused").integer(summary.reused).key("cut").integer(summary.cut);
  out.key("metrics").begin_object();
  for (const MetricSummary& metric : summary.metrics) {
    out.key(metric.name);
    write_estimate(out, metric.estimate);
  }
  out.end_object().key("groups");
  write_groups(out, summary);
  write_measurements(out, result);
  out.key("data").text(result.name).end_object();
}

}  // namespace

std::string board_json(const std::vector<SiteRun>& runs, const Board& board) {
  JsonText out;
  out.begin_object().key("schema").integer(std::int64_t{1}).key("runs").begin_array();
  for (const SiteRun& run : runs) write_run(out, run);
  out.end_array().key("suites").begin_array();
  for (const BoardSuite& suite : board.suites) write_suite(out, suite);
  out.end_array().key("models").begin_array();
  for (const std::string& model : board.models) out.text(model);
  out.end_array().key("results").begin_array();
  for (const BoardEntry& entry : board.entries) write_result(out, runs[entry.run].results[entry.result], entry);
  out.end_array().end_object();
  return out.str();
}

}  // namespace assay::site
