#include "results/report/prometheus.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/cut_name.h"
#include "harness/core/strategy.h"
#include "harness/core/text.h"
#include "results/report/text.h"
#include "results/report/utc_time.h"

namespace assay {
namespace {

constexpr std::size_t kLongestLabel = 120;  ///< of a model's name: servers refuse a scrape with overlong labels

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string label_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += (text.empty() ? "{" : ",") + name + "=\"";
    for (const char c : repaired_utf8(value)) {
      if (c == '\\' || c == '"') text += '\\';
      if (c == '\n') {
        text += "\\n";
      } else {
        text += c;
      }
    }
    text += '"';
  }
  return text + "}";
}

/// One metric family: its lines must stand together.
class Family {
 public:
  Family(std::ostream& out, std::string name, const char* help) : out_(out), name_(std::move(name)) {
    out_ << "# HELP " << name_ << ' ' << help << "\n# TYPE " << name_ << " gauge\n";
  }

  void add(const Labels& labels, const std::optional<double>& value) {
    if (value) out_ << name_ << label_text(labels) << ' ' << report::exact_text(*value) << '\n';
  }

 private:
  std::ostream& out_;
  std::string name_;
};

Labels labels_of(const ResultSummary& result) {
  const ResultInfo& info = result.info;
  Labels labels{{"model", cut_name(info.model.name, kLongestLabel)},
                {"suite", info.suite},
                {"protocol", info.protocol},
                {"shots", std::to_string(info.shots)}};
  if (info.starter) labels.emplace_back("starter", "true");
  if (std::string strategy = strategy_of(info.options); !strategy.empty()) {
    labels.emplace_back("strategy", std::move(strategy));
  }
  return labels;
}

Labels with(Labels labels, const char* name, const std::string& value) {
  labels.emplace_back(name, value);
  return labels;
}

void write_metrics(std::ostream& out, const RunSummary& summary) {
  const auto family = [&](const char* name, const char* help, auto value_of) {
    Family lines(out, name, help);
    for (const ResultSummary& result : summary.results) {
      for (const MetricSummary& metric : result.metrics) {
        lines.add(with(labels_of(result), "metric", metric.name), value_of(metric.estimate));
      }
    }
  };
  const auto bound = [](const Estimate& estimate, auto member) {
    return estimate.ci95 ? std::optional((*estimate.ci95).*member) : std::nullopt;
  };
  family("assay_metric", "Value of a metric, 0..1.", [](const Estimate& estimate) { return estimate.value; });
  family("assay_metric_ci95_low", "Lower end of its 95 % interval.",
         [&](const Estimate& estimate) { return bound(estimate, &statistics::Interval::low); });
  family("assay_metric_ci95_high", "Upper end of its 95 % interval.",
         [&](const Estimate& estimate) { return bound(estimate, &statistics::Interval::high); });
}

void write_items(std::ostream& out, const RunSummary& summary) {
  Family lines(out, "assay_items", "Items by what became of them.");
  for (const ResultSummary& result : summary.results) {
    const Labels labels = labels_of(result);
    lines.add(with(labels, "state", "scored"), static_cast<double>(result.scored));
    lines.add(with(labels, "state", "failed"), static_cast<double>(result.failed));
    lines.add(with(labels, "state", "not_asked"), static_cast<double>(result.items - result.scored - result.failed));
  }
}

void write_latencies(std::ostream& out, const RunSummary& summary) {
  Family lines(out, "assay_latency_seconds", "Time of an answer, by quantile.");
  for (const ResultSummary& result : summary.results) {
    for (const auto& [phase, times] :
         {std::pair("first_token", &result.latency.first_token), std::pair("total", &result.latency.total)}) {
      for (const auto& [quantile, value] :
           {std::pair("0.5", times->p50), std::pair("0.95", times->p95), std::pair("0.99", times->p99)}) {
        if (value) lines.add(with(with(labels_of(result), "phase", phase), "quantile", quantile), *value / 1000);
      }
    }
  }
}

void write_costs(std::ostream& out, const RunSummary& summary) {
  const auto family = [&](const char* name, const char* help, auto member) {
    Family lines(out, name, help);
    for (const ResultSummary& result : summary.results) lines.add(labels_of(result), result.cost.*member);
  };
  family("assay_cost_usd", "Dollars of the whole run.", &CostSummary::usd);
  family("assay_cost_usd_per_task", "Dollars a scored item.", &CostSummary::usd_per_task);
  family("assay_cost_usd_per_correct", "Dollars a right answer.", &CostSummary::usd_per_correct);
}

void write_tokens(std::ostream& out, const RunSummary& summary) {
  Family lines(out, "assay_tokens", "Tokens of the whole run, by kind.");
  for (const ResultSummary& result : summary.results) {
    const Usage& tokens = result.tokens;
    for (const auto& [kind, count] : {std::pair("prompt", tokens.prompt), std::pair("completion", tokens.completion),
                                      std::pair("reasoning", tokens.reasoning), std::pair("cached", tokens.cached)}) {
      if (count) lines.add(with(labels_of(result), "kind", kind), static_cast<double>(*count));
    }
  }
}

void write_errors(std::ostream& out, const RunSummary& summary) {
  Family lines(out, "assay_errors", "Samples without an answer, by kind.");
  for (const ResultSummary& result : summary.results) {
    for (const auto& [kind, count] : result.errors) {
      lines.add(with(labels_of(result), "kind", std::string(failure_name(kind))), static_cast<double>(count));
    }
  }
}

}  // namespace

void write_summary_prometheus(std::ostream& out, const RunSummary& summary) {
  write_metrics(out, summary);
  write_items(out, summary);
  write_latencies(out, summary);
  write_costs(out, summary);
  write_tokens(out, summary);
  write_errors(out, summary);
  const Labels run{{"run", summary.run.id}, {"state", summary.run.state}, {"assay_version", summary.run.assay_version}};
  Family(out, "assay_run_started_timestamp_seconds", "When the run began.")
      .add(run, report::unix_seconds(summary.run.started));
  Family(out, "assay_run_finished_timestamp_seconds", "When it ended.")
      .add(run, report::unix_seconds(summary.run.finished));
}

}  // namespace assay
