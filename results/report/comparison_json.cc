#include "results/report/comparison_json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "harness/core/strategy.h"
#include "results/report/json_dump.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using report::dumped;
using report::or_null;

Json interval_json(const std::optional<statistics::Interval>& interval) {
  return interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
}

Json ratio_json(const std::optional<statistics::Ratio>& ratio) { return ratio ? Json(ratio->value) : Json(nullptr); }

Json ratio_interval(const std::optional<statistics::Ratio>& ratio) {
  return ratio ? interval_json(ratio->ci95) : Json(nullptr);
}

Json side_json(const ComparedSide& side) {
  Json json{{"path", side.path},
            {"run", side.run_id},
            {"started", side.started},
            {"state", side.state},
            {"model", side.model}};
  if (!side.strategy.empty()) json["strategy"] = side.strategy;
  return json;
}

Json figures_json(const SideFigures& side) {
  Json json{{"value", side.value},
            {"latency_p50_ms", or_null(side.latency_p50_ms)},
            {"latency_p95_ms", or_null(side.latency_p95_ms)},
            {"usd_per_task", or_null(side.usd_per_task)},
            {"items", side.items},
            {"failed", side.failed},
            {"unasked", side.unasked}};
  if (side.judge_usd_per_task) json["judge_usd_per_task"] = *side.judge_usd_per_task;
  return json;
}

Json flips_json(const std::vector<Flip>& flips) {
  Json json = Json::array();
  for (const Flip& flip : flips) {
    json.push_back({{"item", flip.item},
                    {"baseline", flip.baseline},
                    {"candidate", flip.candidate},
                    {"baseline_answer", flip.baseline_answer},
                    {"candidate_answer", flip.candidate_answer},
                    {"target", flip.target}});
  }
  return json;
}

Json suite_json(const SuiteComparison& suite) {
  Json json{{"suite", suite.suite},
            {"metric", suite.metric},
            {"paired_items", suite.paired_items},
            {"baseline", suite.baseline.value},
            {"candidate", suite.candidate.value},
            {"difference", suite.difference},
            {"stderr", or_null(suite.standard_error)},
            {"ci95", interval_json(suite.ci95)},
            {"lower_bound", or_null(suite.lower_bound)},
            {"p_value", or_null(suite.p_value)},
            {"test", suite.test},
            {"both_right", suite.both_right},
            {"only_baseline", suite.only_baseline},
            {"only_candidate", suite.only_candidate},
            {"both_wrong", suite.both_wrong},
            {"verdict", verdict_name(suite.verdict)},
            {"items_to_decide", or_null(suite.items_to_decide)},
            {"latency_p50_ratio", ratio_json(suite.latency_p50_ratio)},
            {"latency_p95_ratio", ratio_json(suite.latency_p95_ratio)},
            {"usd_per_task_ratio", ratio_json(suite.usd_per_task_ratio)}};
  json["upper_bound"] = or_null(suite.upper_bound);
  json["judged"] = verdict_name(suite.judged);
  json["clusters"] = suite.clusters;
  json["latency_p50_ratio_ci95"] = ratio_interval(suite.latency_p50_ratio);
  json["latency_p95_ratio_ci95"] = ratio_interval(suite.latency_p95_ratio);
  json["usd_per_task_ratio_ci95"] = ratio_interval(suite.usd_per_task_ratio);
  json["suite_version"] = suite.baseline_info.suite_version;
  json["data_sha256"] = suite.baseline_info.data_sha256;
  json["protocol"] = suite.baseline_info.protocol;
  json["shots"] = suite.baseline_info.shots;
  if (suite_label(suite) != suite.suite) {
    json["strategies"] = {{"baseline", strategy_of(suite.baseline_info.options)},
                          {"candidate", strategy_of(suite.candidate_info.options)}};
    json["candidate_protocol"] = suite.candidate_info.protocol;
    json["candidate_shots"] = suite.candidate_info.shots;
  }
  json["starter"] = suite.baseline_info.starter;
  json["sides"] = {{"baseline", figures_json(suite.baseline)}, {"candidate", figures_json(suite.candidate)}};
  if (suite.second) {
    json["reasked"] = {{"flips", suite.second->flips},
                       {"answered", suite.second->answered},
                       {"only_baseline", suite.second->lost},
                       {"only_candidate", suite.second->gained},
                       {"alarm_stands", suite.second->alarm_stands}};
  }
  json["flips"] = {{"only_baseline", flips_json(suite.lost)}, {"only_candidate", flips_json(suite.gained)}};
  return json;
}

Json comparison_json(const Comparison& comparison) {
  Json json{{"schema", 1},
            {"baseline", comparison.baseline.name},
            {"candidate", comparison.candidate.name},
            {"margin", comparison.margin},
            {"alpha", comparison.alpha},
            {"verdict", verdict_name(comparison.verdict)}};
  if (!comparison.judged.empty()) json["judged_suites"] = comparison.judged;
  json["suites"] = Json::array();
  for (const SuiteComparison& suite : comparison.suites) json["suites"].push_back(suite_json(suite));
  json["sides"] = {{"baseline", side_json(comparison.baseline)}, {"candidate", side_json(comparison.candidate)}};
  json["only_baseline"] = comparison.only_baseline;
  json["only_candidate"] = comparison.only_candidate;
  return json;
}

}  // namespace

void write_comparison_json(std::ostream& out, const Comparison& comparison) {
  out << dumped(comparison_json(comparison), 2) << '\n';
}

void write_gate_json(std::ostream& out, const GateOutcome& outcome) {
  Json json{{"schema", 1}, {"passed", outcome.passed()}, {"exit_code", outcome.exit_code()}};
  json["checks"] = Json::array();
  for (const GateCheck& check : outcome.checks) {
    json["checks"].push_back({{"suite", check.suite},
                              {"check", gate_check_name(check.kind)},
                              {"passed", check.passed},
                              {"message", check.message}});
  }
  json["comparison"] = comparison_json(outcome.comparison);
  out << dumped(json, 2) << '\n';
}

void write_history_line(std::ostream& out, const GateOutcome& outcome, const std::string& time) {
  const Comparison& comparison = outcome.comparison;
  Json json{{"schema", 1},
            {"time", time},
            {"passed", outcome.passed()},
            {"verdict", verdict_name(comparison.verdict)},
            {"margin", comparison.margin},
            {"alpha", comparison.alpha},
            {"baseline", side_json(comparison.baseline)},
            {"candidate", side_json(comparison.candidate)}};
  json["suites"] = Json::array();
  for (const SuiteComparison& suite : comparison.suites) {
    json["suites"].push_back({{"suite", suite_label(suite)},
                              {"metric", suite.metric},
                              {"paired_items", suite.paired_items},
                              {"baseline", figures_json(suite.baseline)},
                              {"candidate", figures_json(suite.candidate)},
                              {"difference", suite.difference},
                              {"ci95", interval_json(suite.ci95)},
                              {"lower_bound", or_null(suite.lower_bound)},
                              {"verdict", verdict_name(suite.judged)},
                              {"only_baseline", suite.only_baseline},
                              {"only_candidate", suite.only_candidate}});
  }
  out << dumped(json, -1) << '\n';
}

}  // namespace assay
