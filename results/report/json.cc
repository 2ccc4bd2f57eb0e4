#include "results/report/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/core/strategy.h"
#include "results/report/json_dump.h"
#include "results/report/record_view.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using report::dumped;
using report::or_null;

/// NaN and infinities become null when they are written.
Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

/// Scores are nearly always 0 or 1, and read better so than as 0.0 and 1.0.
Json plain_number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

Json json_of(const Estimate& estimate) {
  Json json;
  json["value"] = or_null(estimate.value);
  json["stderr"] = or_null(estimate.standard_error);
  if (estimate.clustered_standard_error) json["stderr_clustered"] = *estimate.clustered_standard_error;
  json["ci95"] = estimate.ci95 ? Json::array({estimate.ci95->low, estimate.ci95->high}) : Json(nullptr);
  json["interval"] = text_or_null(estimate.interval);
  return json;
}

Json json_of(const std::vector<MetricSummary>& metrics) {
  Json json = Json::object();
  for (const MetricSummary& metric : metrics) json[metric.name] = json_of(metric.estimate);
  return json;
}

Json json_of(const std::vector<GroupSummary>& groups) {
  Json json = Json::object();
  for (const GroupSummary& group : groups) {
    // Two levels may have groups of one name; the inner one is then told apart by its level.
    const std::string key = json.contains(group.name) ? group.level + "/" + group.name : group.name;
    json[key] = {{"level", group.level}, {"items", group.items}, {"scored", group.scored}};
    json[key]["metrics"] = json_of(group.metrics);
  }
  return json;
}

Json json_of(const statistics::Percentiles& times) {
  return {{"p50", or_null(times.p50)},
          {"p95", or_null(times.p95)},
          {"p99", or_null(times.p99)},
          {"mean", or_null(times.mean)},
          {"max", or_null(times.max)}};
}

Json json_of(const Usage& usage) {
  return {{"prompt", or_null(usage.prompt)},           {"completion", or_null(usage.completion)},
          {"reasoning", or_null(usage.reasoning)},     {"cached", or_null(usage.cached)},
          {"cache_write", or_null(usage.cache_write)}, {"evaluated", or_null(usage.evaluated)}};
}

Json json_of(const std::optional<Price>& price) {
  if (!price) return nullptr;
  return {{"source", text_or_null(price->source)},
          {"as_of", text_or_null(price->as_of)},
          {"input_per_mtok", or_null(price->input_per_mtok)},
          {"output_per_mtok", or_null(price->output_per_mtok)},
          {"cached_input_per_mtok", or_null(price->cached_input_per_mtok)},
          {"cache_write_per_mtok", or_null(price->cache_write_per_mtok)},
          {"reasoning_per_mtok", or_null(price->reasoning_per_mtok)},
          {"batch_factor", or_null(price->batch_factor)},
          {"usd_per_hour", or_null(price->usd_per_hour)}};
}

Json host_json(const RunInfo& run) {
  Json json = {{"cpu", nullptr}, {"cores", nullptr}, {"gpu", nullptr}};
  for (const auto& [key, value] : run.host) {
    const bool number = !value.empty() && value.size() < 16 &&
                        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    json[key] = number ? Json(std::stoll(value)) : text_or_null(value);
  }
  return json;
}

// What the judge was and took; its cost is part of the result's.
Json json_of(const JudgeInfo& info, const JudgeSummary& judge) {
  return {
      {"model", info.model.name},
      {"model_sha256", or_null(info.model.sha256)},
      {"rubric_sha256", info.rubric_sha256},
      {"answers", judge.asked},
      {"reused", judge.reused},
      {"failed", judge.failed},
      {"latency_ms", json_of(judge.total_ms)},
      {"tokens", json_of(judge.tokens)},
      {"cost",
       {{"usd", or_null(judge.usd)}, {"usd_per_task", or_null(judge.usd_per_task)}, {"price", json_of(info.price)}}}};
}

// What finding passages took; the result's part of its cost is part of the result's.
Json json_of(const RetrievalSummary& retrieval) {
  const EmbeddingUse& use = retrieval.whole.use;
  return {{"retriever", retrieval.whole.retriever},
          {"documents", retrieval.whole.documents},
          {"passages", retrieval.whole.passages},
          {"embedding",
           {{"texts", use.texts},
            {"cached", use.cached},
            {"tokens", or_null(use.tokens)},
            {"ms", use.ms},
            {"usd", or_null(use.usd)}}},
          {"cost", {{"usd", or_null(retrieval.usd)}, {"usd_per_task", or_null(retrieval.usd_per_task)}}}};
}

Json json_of(const JudgeAnswer& answer) {
  const Completion& completion = answer.completion;
  Json json;
  json["prompt"] = report::prompt_text(answer.request);
  json["completion"] = completion.failure ? Json(nullptr) : Json(completion.text);
  json["finish_reason"] = text_or_null(std::string(finish_reason_name(completion.finish)));
  json["reused"] = completion.reused;
  json["error"] = nullptr;
  if (completion.failure) {
    json["error"] = {{"kind", failure_name(completion.failure->kind)}, {"message", completion.failure->message}};
  }
  json["attempts"] = completion.attempts;
  json["latency_ms"] = {{"total", or_null(completion.timings.total_ms)}};
  json["tokens"] = json_of(completion.usage);
  json["usd"] = or_null(answer.usd);
  return json;
}

Json json_of(const ResultSummary& result) {
  const ResultInfo& info = result.info;
  Json json;
  json["model"] = info.model.name;
  json["model_sha256"] = or_null(info.model.sha256);
  json["suite"] = info.suite;
  json["suite_version"] = info.suite_version;
  json["data_sha256"] = text_or_null(info.data_sha256);
  json["protocol"] = info.protocol;
  if (const std::string strategy = strategy_of(info.options); !strategy.empty()) json["strategy"] = strategy;
  json["shots"] = info.shots;
  json["samples"] = info.samples;
  json["starter"] = info.starter;
  json["state"] = result.state;
  json["items"] = result.items;
  json["scored"] = result.scored;
  json["failed"] = result.failed;
  json["reused"] = result.reused;
  json["cut"] = result.cut;
  json["metrics"] = json_of(result.metrics);
  json["groups"] = json_of(result.groups);
  json["latency_ms"] = {{"first_token", json_of(result.latency.first_token)},
                        {"total", json_of(result.latency.total)},
                        {"per_output_token", json_of(result.latency.per_output_token)}};
  json["tokens"] = json_of(result.tokens);
  json["cost"] = {{"usd", or_null(result.cost.usd)},
                  {"usd_per_task", or_null(result.cost.usd_per_task)},
                  {"usd_per_correct", or_null(result.cost.usd_per_correct)},
                  {"price", json_of(info.price)}};
  json["throughput"] = {{"items_per_s", or_null(result.throughput.items_per_s)},
                        {"prompt_tokens_per_s", or_null(result.throughput.prompt_tokens_per_s)},
                        {"completion_tokens_per_s", or_null(result.throughput.completion_tokens_per_s)}};
  if (result.judge && info.judge) json["judge"] = json_of(*info.judge, *result.judge);
  if (result.retrieval) json["retrieval"] = json_of(*result.retrieval);
  if (result.words) json["words"] = {{"mean", result.words->mean}, {"max", result.words->most}};
  if (result.turns) json["turns"] = {{"mean", result.turns->mean}, {"max", result.turns->most}};
  json["retries"] = result.retries;
  json["errors"] = Json::object();
  for (const auto& [kind, count] : result.errors) json["errors"][std::string(failure_name(kind))] = count;
  return json;
}

Json json_of(const Record& record, const ResultInfo& info) {
  const Completion& completion = record.completion;
  const bool generated = std::holds_alternative<GenerateRequest>(record.request.body);
  Json json;
  json["item"] = record.item.id;
  json["suite"] = info.suite;
  json["model"] = info.model.name;
  json["protocol"] = info.protocol;
  if (const std::string strategy = strategy_of(info.options); !strategy.empty()) json["strategy"] = strategy;
  json["sample"] = record.request.sample;
  json["prompt"] = report::prompt_text(record.request);
  const std::vector<std::string> choices = report::shown_choices(record);
  json["choices"] = choices.empty() ? Json(nullptr) : Json(choices);
  json["logprobs"] = nullptr;
  if (!completion.continuations.empty()) {
    json["logprobs"] = Json::array();
    for (const ContinuationScore& score : completion.continuations) json["logprobs"].push_back(score.logprob);
  }
  const bool has_answer = !completion.failure || lacks_verdict_only(completion);
  json["completion"] = generated && has_answer ? Json(completion.text) : Json(nullptr);
  json["extracted"] = record.score ? text_or_null(record.score->extracted) : Json(nullptr);
  json["target"] = text_or_null(record.item.target);
  json["score"] = record.score ? plain_number(record.score->value) : Json(nullptr);
  json["scores"] = Json::object();
  if (record.score) {
    for (const auto& [name, value] : record.score->values) {
      if (!is_quantity(name)) json["scores"][name] = plain_number(value);
    }
  }
  json["why"] = record.score ? text_or_null(record.score->why) : Json(nullptr);
  json["finish_reason"] = text_or_null(std::string(finish_reason_name(completion.finish)));
  json["reused"] = completion.reused;
  json["error"] = nullptr;
  if (completion.failure) {
    json["error"] = {{"kind", failure_name(completion.failure->kind)}, {"message", completion.failure->message}};
  }
  json["attempts"] = completion.attempts;
  json["latency_ms"] = {{"first_token", or_null(completion.timings.first_token_ms)},
                        {"total", or_null(completion.timings.total_ms)}};
  json["tokens"] = json_of(completion.usage);
  json["usd"] = or_null(with_judge_usd(record, record.usd));
  // Beyond what every record has: only where there is something to say.
  if (record.score && !record.score->detail.empty()) json["detail"] = record.score->detail;
  if (record.score) {
    for (const auto& [name, value] : record.score->values) {
      if (name == kTurnsValue) json["turns"] = plain_number(value);
      if (name == kWordsValue) json["words"] = plain_number(value);
    }
  }
  if (!record.judge_answers.empty()) {
    json["judge"] = {{"model", info.judge ? Json(info.judge->model.name) : Json(nullptr)},
                     {"usd", or_null(judge_usd(record))},
                     {"answers", Json::array()}};
    for (const JudgeAnswer& answer : record.judge_answers) json["judge"]["answers"].push_back(json_of(answer));
  }
  if (!completion.reasoning.empty()) json["reasoning"] = completion.reasoning;
  if (!completion.top_logprobs.empty()) {
    json["top_logprobs"] = Json::array();
    for (const TokenAlternative& one : completion.top_logprobs) {
      json["top_logprobs"].push_back({{"token", one.token}, {"logprob", one.logprob}});
    }
  }
  if (!completion.sent.empty()) json["sent"] = completion.sent;
  if (!completion.note.empty()) json["note"] = completion.note;
  return json;
}

}  // namespace

void write_summary_json(std::ostream& out, const RunSummary& summary) {
  const RunInfo& run = summary.run;
  Json json;
  json["schema"] = 1;
  json["run"] = {{"id", run.id},
                 {"started", run.started},
                 {"finished", text_or_null(run.finished)},
                 {"state", run.state},
                 {"assay_version", run.assay_version},
                 {"host", host_json(run)},
                 {"config_sha256", run.config_sha256}};
  json["results"] = Json::array();
  for (const ResultSummary& result : summary.results) json["results"].push_back(json_of(result));
  out << dumped(json, 2) << '\n';
}

void write_record_json(std::ostream& out, const Record& record, const ResultInfo& info) {
  out << dumped(json_of(record, info), -1) << '\n';
}

void write_records_json(std::ostream& out, const std::vector<Record>& records, const std::vector<ResultInfo>& results) {
  Json json = Json::array();
  for (const Record& record : records) {
    json.push_back(json_of(record, results.at(static_cast<std::size_t>(record.result))));
  }
  out << dumped(json.size() == 1 ? json.front() : json, 2) << '\n';
}

Result<void> export_jsonl(std::ostream& out, const RunReader& reader) {
  auto read = reader.for_each(true, [&](const Record& record) {
    write_record_json(out, record, reader.results()[static_cast<std::size_t>(record.result)]);
    return out.good();
  });
  if (!read) return read;
  if (!out.flush()) return usage_error("the export cannot be written; check the disk and where it goes");
  return {};
}

}  // namespace assay
