#include "results/report/console.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/strategy.h"
#include "results/report/ink.h"
#include "results/report/record_view.h"
#include "results/report/strategies_console.h"
#include "results/report/text.h"

namespace assay {
namespace {

using report::fraction_text;
using report::Ink;
using report::inked;
using report::left;
using report::Lines;
using report::ms_text;
using report::neutralised;
using report::plain;
using report::right;
using report::shortened;
using report::usd_text;

// Columns beside the model's name, each with its leading blanks.
constexpr std::size_t kIndent = 2;
constexpr std::size_t kMetric = 9;
constexpr std::size_t kInterval = 13;
constexpr std::size_t kItems = 7;
constexpr std::size_t kFailed = 7;
constexpr std::size_t kTimes = 15;
constexpr std::size_t kUsd = 8;
constexpr std::size_t kFixed = kIndent + kMetric + kInterval + kItems + kFailed + kTimes + kUsd;

std::string interval_text(const Estimate& estimate) {
  if (!estimate.ci95) return "–";
  return fraction_text(estimate.ci95->low) + "–" + fraction_text(estimate.ci95->high);
}

std::string way_of_asking(const ResultInfo& info) {
  const std::string strategy = strategy_of(info.options);
  std::string text = strategy.empty() ? "" : plain(strategy) + ": ";
  text += plain(info.protocol) + ", " + std::to_string(info.shots) + (info.shots == 1 ? " shot" : " shots");
  if (info.samples > 1) text += ", " + std::to_string(info.samples) + " samples";
  for (const auto& [key, value] : info.options) {
    // the passages' own line names what found them
    if (key != kStrategyOption && key != kRetrieverOption) text += ", " + plain(key) + "=" + plain(value);
  }
  return text;
}

bool asked_alike(const ResultInfo& a, const ResultInfo& b) {
  return a.suite == b.suite && a.suite_version == b.suite_version && a.data_sha256 == b.data_sha256 &&
         a.starter == b.starter && a.protocol == b.protocol && a.shots == b.shots && a.samples == b.samples &&
         a.options == b.options && a.items == b.items;
}

std::size_t name_width(const ConsoleStyle& style) { return style.columns > kFixed + 12 ? style.columns - kFixed : 12; }

void block_head(std::ostream& out, const ResultSummary& first, const ConsoleStyle& style) {
  const MetricSummary* metric = headline(first);
  const std::string name = metric == nullptr ? "score" : plain(metric->name);
  const std::string suite = plain(first.info.suite);
  const std::size_t room = style.columns > suite.size() + 2 ? style.columns - suite.size() - 2 : 10;
  out << '\n'
      << inked(suite, Ink::kBold, style) << "  " << shortened(name + " · " + way_of_asking(first.info), room) << '\n';
  if (first.info.starter) {
    out << inked("  starter items: they show that things work, they rank nothing", Ink::kWarning, style) << '\n';
  }
  const std::string titles = "  " + left("model", name_width(style)) +
                             right(name.size() < kMetric ? name : "score", kMetric) + right("95 % CI", kInterval) +
                             right("scored", kItems) + right("failed", kFailed) + right("p50/p95 ms", kTimes) +
                             right("$/task", kUsd);
  out << inked(titles, Ink::kDim, style) << '\n';
}

/// The metrics beside the headline, as many a line as there is room for.
void other_metrics(std::ostream& out, const ResultSummary& result, const ConsoleStyle& style) {
  const MetricSummary* first = headline(result);
  std::string line;
  std::size_t width = 0;
  const auto flush = [&] {
    if (!line.empty()) out << inked("    " + line, Ink::kDim, style) << '\n';
    line.clear();
    width = 0;
  };
  for (const MetricSummary& metric : result.metrics) {
    if (&metric == first) continue;
    std::string part = plain(metric.name) + " " + fraction_text(metric.estimate.value);
    if (metric.estimate.ci95) part += " (" + interval_text(metric.estimate) + ")";
    const std::size_t needed = report::display_width(part);
    if (width > 0 && 4 + width + 3 + needed > style.columns) flush();
    line += (line.empty() ? "" : " · ") + part;
    width += (width == 0 ? 0 : 3) + needed;
  }
  flush();
}

/// A time of its own; ms_text() has the unit of long ones only.
std::string with_unit(const std::optional<double>& value) {
  const std::string text = ms_text(value);
  return text.ends_with('s') || !value ? text : text + " ms";
}

void judge_line(std::ostream& out, const JudgeInfo& info, const JudgeSummary& judge, const ConsoleStyle& style) {
  constexpr std::size_t kShownHash = 12;
  std::string text = "judge " + plain(info.model.name) + ", rubric " + info.rubric_sha256.substr(0, kShownHash) + ": " +
                     std::to_string(judge.asked) + (judge.asked == 1 ? " answer" : " answers");
  if (judge.reused > 0) text += ", " + std::to_string(judge.reused) + " reused";
  text += ", p50 " + with_unit(judge.total_ms.p50);
  text += judge.usd_per_task ? ", $" + usd_text(judge.usd_per_task) + " of the $/task" : ", at a cost not known";
  out << inked("    " + text, Ink::kDim, style) << '\n';
}

void retrieval_line(std::ostream& out, const RetrievalSummary& retrieval, const ConsoleStyle& style) {
  const RetrievalNote& note = retrieval.whole;
  std::string text = "passages by " + plain(note.retriever) + ": " + std::to_string(note.passages) + " of " +
                     std::to_string(note.documents) + (note.documents == 1 ? " document" : " documents");
  if (note.use.texts > 0) {
    text += "; embedded " + std::to_string(note.use.texts) + " texts, " + std::to_string(note.use.cached) +
            " from the cache, " + (note.use.tokens ? std::to_string(*note.use.tokens) : std::string("unknown")) +
            " tokens, " + with_unit(note.use.ms);
    text +=
        retrieval.usd_per_task ? ", $" + usd_text(retrieval.usd_per_task) + " of the $/task" : ", at a cost not known";
  }
  out << inked("    " + text, Ink::kDim, style) << '\n';
}

void result_rows(std::ostream& out, const ResultSummary& result, const ConsoleStyle& style) {
  const MetricSummary* metric = headline(result);
  const Estimate estimate = metric == nullptr ? Estimate{} : metric->estimate;
  const std::string failed = right(std::to_string(result.failed), kFailed);
  out << "  " << left(shortened(plain(result.info.model.name), name_width(style)), name_width(style))
      << inked(right(fraction_text(estimate.value), kMetric), Ink::kBold, style)
      << right(interval_text(estimate), kInterval) << right(std::to_string(result.scored), kItems)
      << (result.failed > 0 ? inked(failed, Ink::kError, style) : failed)
      << right(ms_text(result.latency.total.p50) + "/" + ms_text(result.latency.total.p95), kTimes)
      << right(usd_text(result.cost.usd_per_task), kUsd) << '\n';
  other_metrics(out, result, style);
  if (result.words) {
    out << inked("    " + report::exact_text(std::round(result.words->mean * 10) / 10) +
                     " words an answer, the longest " + std::to_string(result.words->most),
                 Ink::kDim, style)
        << '\n';
  }
  if (result.judge && result.info.judge) judge_line(out, *result.info.judge, *result.judge, style);
  if (result.retrieval) retrieval_line(out, *result.retrieval, style);
  if (result.state != "complete") {
    out << inked("    " + result.state + ": " + std::to_string(result.scored) + " of " + std::to_string(result.items) +
                     " items scored" +
                     (result.failed > 0 ? ", " + std::to_string(result.failed) + " failed" : std::string()),
                 Ink::kWarning, style)
        << '\n';
  }
  if (result.cut > 0) {
    out << inked("    " + std::to_string(result.cut) + (result.cut == 1 ? " item was" : " items were") +
                     " asked with a prompt cut to the model's context",
                 Ink::kWarning, style)
        << '\n';
  }
  std::string errors;
  for (const auto& [kind, count] : result.errors) {
    if (count > 0) {
      errors += (errors.empty() ? "" : ", ") + std::string(failure_name(kind)) + " " + std::to_string(count);
    }
  }
  if (!errors.empty()) out << inked("    errors: " + errors, Ink::kError, style) << '\n';
}

}  // namespace

ConsoleStyle console_style(bool terminal) {
  ConsoleStyle style;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  style.colour =
      terminal && (no_color == nullptr || *no_color == '\0') && (term == nullptr || std::string_view(term) != "dumb");
  return style;
}

void write_summary_console(std::ostream& out, const RunSummary& summary, const ConsoleStyle& style) {
  const RunInfo& run = summary.run;
  out << inked("run " + plain(run.id), Ink::kBold, style) << "  "
      << (run.state == "complete" ? plain(run.state) : inked(plain(run.state), Ink::kWarning, style)) << "  "
      << plain(run.started) << "  assay " << plain(run.assay_version) << '\n';
  for (const auto& [key, value] : run.host) {
    if (key == kDecidedAgainst) {
      out << inked("asked only until decided against " + plain(value) + ": its intervals do not know that",
                   Ink::kWarning, style)
          << '\n';
    } else if (key == kMergedShards) {
      out << inked("merged of shards " + plain(value) + " only: the items of the others are missing", Ink::kWarning,
                   style)
          << '\n';
    }
  }
  std::vector<bool> shown(summary.results.size());
  for (std::size_t i = 0; i < summary.results.size(); ++i) {
    if (shown[i]) continue;
    block_head(out, summary.results[i], style);
    for (std::size_t j = i; j < summary.results.size(); ++j) {
      if (shown[j] || !asked_alike(summary.results[i].info, summary.results[j].info)) continue;
      shown[j] = true;
      result_rows(out, summary.results[j], style);
    }
  }
  write_strategies_console(out, summary, style);
}

void write_groups_console(std::ostream& out, const RunSummary& summary, const ConsoleStyle& style) {
  for (const ResultSummary& result : summary.results) {
    if (result.groups.empty()) continue;
    out << '\n'
        << inked(plain(result.info.suite), Ink::kBold, style) << "  "
        << shortened(way_of_asking(result.info) + "  " + plain(result.info.model.name),
                     style.columns - std::min(style.columns - 10, result.info.suite.size() + 2))
        << '\n';
    std::string level;
    for (const GroupSummary& group : result.groups) {
      const MetricSummary* metric = nullptr;
      for (const MetricSummary& one : group.metrics) {
        if (metric == nullptr || one.headline) metric = &one;
      }
      if (group.level != level) {
        level = group.level;
        out << inked("  " + left(shortened(plain(level), 36), 36) +
                         right(metric == nullptr ? "score" : shortened(plain(metric->name), 19), 20) +
                         right("95 % CI", kInterval) + right("scored", 8),
                     Ink::kDim, style)
            << '\n';
      }
      const Estimate estimate = metric == nullptr ? Estimate{} : metric->estimate;
      out << "  " << left(shortened(plain(group.name), 36), 36) << right(fraction_text(estimate.value), 20)
          << right(interval_text(estimate), kInterval) << right(std::to_string(group.scored), 8) << '\n';
    }
  }
}

void write_record_console(std::ostream& out, const Record& record, const ResultInfo& info, const ConsoleStyle& style) {
  const Completion& completion = record.completion;
  const auto title = [&](const char* text) { return inked(left(text, 11), Ink::kDim, style); };
  const auto line = [&](const char* name, const std::string& text) {
    if (!text.empty()) out << title(name) << plain(text) << '\n';
  };
  const auto block = [&](const char* name, const std::string& text) {
    if (text.empty()) return;
    out << inked(name, Ink::kDim, style) << '\n';
    const std::string safe = neutralised(text, Lines::kKeep);
    std::size_t begin = 0;
    while (begin <= safe.size()) {
      const std::size_t end = std::min(safe.find('\n', begin), safe.size());
      out << "  " << safe.substr(begin, end - begin) << '\n';
      begin = end + 1;
    }
  };
  const auto count = [](const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "–"; };

  out << inked(plain(record.item.id), Ink::kBold, style) << "  sample " << record.request.sample << '\n';
  line("model", info.model.name);
  line("asked", way_of_asking(info));
  block("prompt", report::prompt_text(record.request));
  block("sent", completion.sent);
  const std::vector<std::string> choices = report::shown_choices(record);
  if (!choices.empty()) out << inked("choices", Ink::kDim, style) << '\n';
  for (std::size_t i = 0; i < choices.size(); ++i) {
    std::string logprob;
    if (i < completion.continuations.size()) logprob = report::exact_text(completion.continuations[i].logprob);
    out << right(logprob.substr(0, 10), 12) << "  " << plain(choices[i]) << '\n';
  }
  block("reasoning", completion.reasoning);
  block("answer", completion.text);
  if (completion.failure) {
    out << title("error")
        << inked(std::string(failure_name(completion.failure->kind)) + ": " + plain(completion.failure->message),
                 Ink::kError, style)
        << '\n';
  }
  if (record.score) {
    line("extracted", record.score->extracted.empty() ? "(nothing)" : record.score->extracted);
    line("target", record.item.target);
    std::string scores;
    for (const auto& [name, value] : record.score->values) {
      if (is_quantity(name)) continue;
      scores += (scores.empty() ? "" : ", ") + name + " " + fraction_text(value);
    }
    line("score", fraction_text(record.score->value) + (scores.empty() ? "" : " (" + scores + ")"));
    line("why", record.score->why);
    block("detail", record.score->detail);
  } else {
    line("target", record.item.target);
  }
  line("note", completion.note);
  line("finish", std::string(finish_reason_name(completion.finish)));
  out << title("tokens") << "prompt " << count(completion.usage.prompt) << ", completion "
      << count(completion.usage.completion) << ", cached " << count(completion.usage.cached) << ", evaluated "
      << count(completion.usage.evaluated) << '\n';
  out << title("time") << "first token " << with_unit(completion.timings.first_token_ms) << ", total "
      << with_unit(completion.timings.total_ms) << ", attempts " << completion.attempts
      << (completion.reused ? ", reused" : "") << '\n';
  const std::optional<double> usd = with_judge_usd(record, record.usd);
  out << title("cost") << (usd ? "$" + usd_text(usd) : std::string("–")) << '\n';
  for (const JudgeAnswer& answer : record.judge_answers) {
    const Completion& judged = answer.completion;
    line("judge", info.judge ? info.judge->model.name : "");
    block("asked of the judge", report::prompt_text(answer.request));
    if (judged.failure) {
      out << title("error")
          << inked(std::string(failure_name(judged.failure->kind)) + ": " + plain(judged.failure->message), Ink::kError,
                   style)
          << '\n';
    } else {
      block("the judge's answer", judged.text);
    }
    out << title("of it") << "prompt " << count(judged.usage.prompt) << ", completion "
        << count(judged.usage.completion) << ", total " << with_unit(judged.timings.total_ms) << ", attempts "
        << judged.attempts << (judged.reused ? ", reused" : "") << ", "
        << (answer.usd ? "$" + usd_text(answer.usd) : std::string("–")) << '\n';
  }
}

}  // namespace assay
