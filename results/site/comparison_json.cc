#include "results/site/comparison_json.h"

#include "harness/core/strategy.h"
#include "results/site/json_text.h"
#include "results/verdict/sentence.h"

namespace assay::site {
namespace {

void write_ratio(JsonText& out, const char* key, const std::optional<statistics::Ratio>& ratio) {
  out.key(key);
  if (!ratio) {
    out.null();
    return;
  }
  out.begin_object().key("value").number(ratio->value).key("ci95").interval(ratio->ci95).end_object();
}

void write_figures(JsonText& out, const char* key, const SideFigures& figures) {
  out.key(key).begin_object().key("value").number(figures.value);
  out.key("latency_p50_ms").number(figures.latency_p50_ms).key("latency_p95_ms").number(figures.latency_p95_ms);
  out.key("usd_per_task").number(figures.usd_per_task).key("judge_usd_per_task").number(figures.judge_usd_per_task);
  out.key("items").integer(figures.items);
  out.key("failed").integer(figures.failed).key("unasked").integer(figures.unasked).end_object();
}

void write_flips(JsonText& out, const char* key, const std::vector<Flip>& flips) {
  out.key(key).begin_array();
  for (const Flip& flip : flips) {
    out.begin_array().text(flip.item).number(flip.baseline).number(flip.candidate).end_array();
  }
  out.end_array();
}

void write_side(JsonText& out, const char* key, const ComparedSide& side) {
  out.key(key).begin_object().key("run").text(side.run_id).key("started").text(side.started);
  out.key("state").text(side.state).key("model").text(side.model).key("name").text(side.name).end_object();
}

void write_suite(JsonText& out, const SuiteComparison& suite) {
  out.begin_object().key("suite").text(suite.suite).key("label").text(suite_label(suite));
  out.key("strategies").begin_array().text(strategy_of(suite.baseline_info.options));
  out.text(strategy_of(suite.candidate_info.options)).end_array().key("metric").text(suite.metric);
  out.key("asked").text(asked_label(suite));
  out.key("starter").boolean(suite.baseline_info.starter).key("paired_items").integer(suite.paired_items);
  write_figures(out, "baseline", suite.baseline);
  write_figures(out, "candidate", suite.candidate);
  out.key("difference").number(suite.difference).key("stderr").number(suite.standard_error).key("ci95");
  out.interval(suite.ci95);
  out.key("lower_bound").number(suite.lower_bound).key("upper_bound").number(suite.upper_bound);
  out.key("p_value").number(suite.p_value).key("test").text(suite.test).key("binary").boolean(suite.binary);
  out.key("both_right").integer(suite.both_right).key("only_baseline").integer(suite.only_baseline);
  out.key("only_candidate").integer(suite.only_candidate).key("both_wrong").integer(suite.both_wrong);
  out.key("verdict").text(verdict_name(suite.verdict)).key("judged").text(verdict_name(suite.judged));
  out.key("items_to_decide").integer(suite.items_to_decide);
  write_ratio(out, "latency_p50_ratio", suite.latency_p50_ratio);
  write_ratio(out, "latency_p95_ratio", suite.latency_p95_ratio);
  write_ratio(out, "usd_per_task_ratio", suite.usd_per_task_ratio);
  write_flips(out, "lost", suite.lost);
  write_flips(out, "gained", suite.gained);
  out.end_object();
}

void write_names(JsonText& out, const char* key, const std::vector<std::string>& names) {
  out.key(key).begin_array();
  for (const std::string& name : names) out.text(name);
  out.end_array();
}

}  // namespace

std::string comparison_json(const Comparison& comparison) {
  JsonText out;
  out.begin_object().key("schema").integer(std::int64_t{1});
  write_side(out, "baseline", comparison.baseline);
  write_side(out, "candidate", comparison.candidate);
  out.key("margin").number(comparison.margin).key("alpha").number(comparison.alpha);
  out.key("verdict").text(verdict_name(comparison.verdict)).key("sentence").text(verdict_sentence(comparison));
  out.key("suites").begin_array();
  for (const SuiteComparison& suite : comparison.suites) write_suite(out, suite);
  out.end_array();
  write_names(out, "only_baseline", comparison.only_baseline);
  write_names(out, "only_candidate", comparison.only_candidate);
  out.end_object();
  return out.str();
}

}  // namespace assay::site
