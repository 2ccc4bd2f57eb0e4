#include "results/report/markdown.h"

#include <algorithm>
#include <string>

#include "harness/core/strategy.h"
#include "results/report/markdown_cell.h"
#include "results/report/record_view.h"
#include "results/report/text.h"

namespace assay {
namespace {

using report::markdown_cell;

std::string spaced_interval(const Estimate& estimate) {
  if (!estimate.ci95) return "–";
  return report::fraction_text(estimate.ci95->low) + " – " + report::fraction_text(estimate.ci95->high);
}

/// Text as it is, between fences longer than any that it has itself.
void write_block(std::ostream& out, const char* title, const std::string& text) {
  if (text.empty()) return;
  const std::string shown = report::neutralised(text, report::Lines::kKeep);
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : shown) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(longest + 1, 3), '`');
  out << "\n" << title << "\n\n" << fence << "text\n" << shown << (shown.ends_with('\n') ? "" : "\n") << fence << "\n";
}

void write_choices(std::ostream& out, const Record& record) {
  const std::vector<std::string> choices = report::shown_choices(record);
  if (choices.empty()) return;
  out << "\n| choice | log-probability |\n| --- | ---: |\n";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto& scores = record.completion.continuations;
    out << "| " << markdown_cell(choices[i]) << " | "
        << (i < scores.size() ? report::exact_text(scores[i].logprob) : std::string("–")) << " |\n";
  }
}

/// With the strategy where there is one: what differs in it is not to look alike.
std::string protocol_text(const ResultInfo& info) {
  const std::string strategy = strategy_of(info.options);
  return strategy.empty() ? info.protocol : strategy + ": " + info.protocol;
}

}  // namespace

void write_record_markdown(std::ostream& out, const Record& record, const ResultInfo& info) {
  const Completion& completion = record.completion;
  const auto row = [&](const char* name, const std::string& text) {
    if (!text.empty()) out << "| " << name << " | " << markdown_cell(text) << " |\n";
  };
  const auto count = [](const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "–"; };
  out << "### " << markdown_cell(record.item.id) << "\n\n| | |\n| --- | --- |\n";
  row("model", info.model.name);
  row("suite", info.suite + (info.starter ? " (starter items)" : ""));
  row("strategy", strategy_of(info.options));
  row("asked", info.protocol + ", " + std::to_string(info.shots) + (info.shots == 1 ? " shot" : " shots"));
  row("sample", std::to_string(record.request.sample));
  if (completion.failure) {
    row("error", std::string(failure_name(completion.failure->kind)) + ": " + completion.failure->message);
  }
  if (record.score) row("extracted", record.score->extracted.empty() ? "(nothing)" : record.score->extracted);
  row("target", record.item.target);
  if (record.score) {
    row("score", report::fraction_text(record.score->value));
    row("why", record.score->why);
  }
  row("note", completion.note);
  row("finish", std::string(finish_reason_name(completion.finish)));
  row("tokens", "prompt " + count(completion.usage.prompt) + ", completion " + count(completion.usage.completion) +
                    ", cached " + count(completion.usage.cached) + ", evaluated " + count(completion.usage.evaluated));
  row("first token, ms", report::ms_text(completion.timings.first_token_ms));
  row("total, ms", report::ms_text(completion.timings.total_ms));
  row("attempts", std::to_string(completion.attempts) + (completion.reused ? " (reused)" : ""));
  row("$", report::usd_text(with_judge_usd(record, record.usd)));
  write_choices(out, record);
  write_block(out, "Prompt", report::prompt_text(record.request));
  write_block(out, "Sent", completion.sent);
  write_block(out, "Reasoning", completion.reasoning);
  write_block(out, "Answer", completion.text);
  if (record.score) write_block(out, "Detail", record.score->detail);
}

void write_summary_markdown(std::ostream& out, const RunSummary& summary) {
  out << "**Run " << markdown_cell(summary.run.id) << "** · " << markdown_cell(summary.run.state) << " · started "
      << markdown_cell(summary.run.started) << " · assay " << markdown_cell(summary.run.assay_version) << "\n\n";
  out << "| model | suite | protocol | shots | metric | value | 95 % interval | items | scored | failed | p50 ms | "
         "p95 ms | $/task |\n";
  out << "| --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const ResultSummary& result : summary.results) {
    const ResultInfo& info = result.info;
    for (const MetricSummary& metric : result.metrics) {
      out << "| " << markdown_cell(info.model.name) << " | " << markdown_cell(info.suite)
          << (info.starter ? " (starter items)" : "") << (result.state == "complete" ? "" : " (" + result.state + ")")
          << " | " << markdown_cell(protocol_text(info)) << " | " << info.shots << " | " << markdown_cell(metric.name)
          << " | " << report::fraction_text(metric.estimate.value) << " | " << spaced_interval(metric.estimate) << " | "
          << result.items << " | " << result.scored << " | " << result.failed << " | "
          << report::ms_text(result.latency.total.p50) << " | " << report::ms_text(result.latency.total.p95) << " | "
          << report::usd_text(result.cost.usd_per_task) << " |\n";
    }
  }
}

}  // namespace assay
