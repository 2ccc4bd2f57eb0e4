#include "results/report/inspect.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/core/hash.h"
#include "harness/core/strategy.h"
#include "results/report/export_folder.h"
#include "results/report/json_dump.h"
#include "results/report/record_view.h"
#include "results/report/utc_time.h"
#include "results/statistics/summary.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using report::dumped;

/// Its readers refuse a log whose times are none.
std::string time_or(const std::string& utc, const std::string& otherwise) {
  return report::unix_seconds(utc) ? utc : otherwise;
}

Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json json = Json::object();
  for (const auto& [key, value] : pairs) json[key] = value;
  return json;
}

std::string log_id(const RunInfo& run, std::size_t result) {
  return sha256_hex(run.id + "/" + std::to_string(result)).substr(0, 22);
}

Json usage_json(const Usage& usage) {
  const std::int64_t input = usage.prompt.value_or(0);
  const std::int64_t output = usage.completion.value_or(0);
  Json json{{"input_tokens", input}, {"output_tokens", output}, {"total_tokens", input + output}};
  if (usage.cached) json["input_tokens_cache_read"] = *usage.cached;
  if (usage.cache_write) json["input_tokens_cache_write"] = *usage.cache_write;
  if (usage.reasoning) json["reasoning_tokens"] = *usage.reasoning;
  return json;
}

/// A strategy is part of a task's name there: what two of them gave must not look like one task's numbers.
std::string task_of(const ResultInfo& info) {
  const std::string strategy = strategy_of(info.options);
  return info.suite + (strategy.empty() ? "" : "_" + report::file_name_part(strategy));
}

Json spec_json(const RunInfo& run, const ResultSummary& result, std::size_t number) {
  const ResultInfo& info = result.info;
  Json json{{"eval_id", log_id(run, number)},
            {"run_id", run.id},
            {"created", time_or(run.started, "1970-01-01T00:00:00Z")},
            {"task", task_of(info)},
            {"task_id", log_id(run, number)},
            {"task_version", info.suite_version},
            {"task_args", pairs_json(info.options)},
            {"dataset", {{"name", info.suite}, {"samples", info.items}, {"shuffled", false}}},
            {"model", info.model.name},
            {"model_args", pairs_json(info.model.settings)},
            {"config", {{"epochs", info.samples}}},
            {"packages", {{"assay", run.assay_version}}}};
  json["metadata"] = {{"protocol", info.protocol},
                      {"shots", info.shots},
                      {"starter", info.starter},
                      {"data_sha256", info.data_sha256},
                      {"model_sha256", info.model.sha256 ? Json(*info.model.sha256) : Json(nullptr)},
                      {"config_sha256", run.config_sha256},
                      {"host", pairs_json(run.host)}};
  return json;
}

/// One score per metric, each with its value and standard error: inspect_ai's metrics belong to a scorer.
Json results_json(const ResultSummary& result) {
  Json json{{"total_samples", result.items * result.info.samples},
            {"completed_samples", result.scored * result.info.samples}};
  json["scores"] = Json::array();
  for (const MetricSummary& metric : result.metrics) {
    Json metrics = Json::object();
    const Estimate& estimate = metric.estimate;
    if (estimate.value) metrics["mean"] = {{"name", "mean"}, {"value", *estimate.value}};
    if (estimate.standard_error) metrics["stderr"] = {{"name", "stderr"}, {"value", *estimate.standard_error}};
    if (estimate.ci95) {
      metrics["ci95_low"] = {{"name", "ci95_low"}, {"value", estimate.ci95->low}};
      metrics["ci95_high"] = {{"name", "ci95_high"}, {"value", estimate.ci95->high}};
    }
    json["scores"].push_back({{"name", metric.name},
                              {"scorer", result.info.suite},
                              {"scored_samples", result.scored * result.info.samples},
                              {"unscored_samples", result.failed * result.info.samples},
                              {"metrics", metrics}});
  }
  return json;
}

const char* role_of(Role role) { return role == Role::kSystem ? "system" : role == Role::kUser ? "user" : "assistant"; }

/// The conversation, each message under an id of its own.
Json messages_json(const Record& record) {
  Json json = Json::array();
  const auto add = [&](const char* role, const std::string& content) {
    const std::string id =
        record.item.id + "/" + std::to_string(record.request.sample) + "/" + std::to_string(json.size());
    json.push_back({{"id", id}, {"content", content}, {"role", role}});
  };
  const auto* body = std::get_if<GenerateRequest>(&record.request.body);
  if (body != nullptr && !body->messages.empty()) {
    for (const Message& message : body->messages) add(role_of(message.role), message.content);
  } else {
    add("user", report::prompt_text(record.request));
  }
  return json;
}

const char* stop_reason(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
      return "max_tokens";
    case FinishReason::kContentFilter:
      return "content_filter";
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kNone:
      break;
  }
  return "unknown";
}

/// What the model wrote; where continuations were compared, the choice that won.
std::string answer_text(const Record& record) {
  if (std::holds_alternative<GenerateRequest>(record.request.body)) return record.completion.text;
  return record.score ? record.score->extracted : "";
}

Json output_json(const Record& record, const Json& message, const std::string& model) {
  const Completion& completion = record.completion;
  Json json{{"model", completion.served_model.empty() ? model : completion.served_model}};
  json["choices"] = Json::array();
  json["choices"].push_back({{"message", message}, {"stop_reason", stop_reason(completion.finish)}});
  json["completion"] = answer_text(record);
  json["usage"] = usage_json(completion.usage);
  if (completion.timings.total_ms) json["time"] = *completion.timings.total_ms / 1000;
  return json;
}

Json scores_json(const Score& score) {
  Json json = Json::object();
  const std::string explanation = score.detail.empty() ? score.why : score.why + "\n\n" + score.detail;
  for (const auto& [name, value] : score.values) {
    if (is_quantity(name)) continue;
    json[name] = {{"value", value}, {"answer", score.extracted}, {"explanation", explanation}};
  }
  return json;
}

Json metadata_json(const Record& record) {
  Json json = Json::object();
  for (const Group& group : record.item.groups) json[group.level] = group.name;
  if (!record.completion.continuations.empty()) {
    json["logprobs"] = Json::array();
    for (const ContinuationScore& score : record.completion.continuations) json["logprobs"].push_back(score.logprob);
  }
  if (const auto usd = with_judge_usd(record, record.usd)) json["usd"] = *usd;
  json["attempts"] = record.completion.attempts;
  if (record.completion.reused) json["reused"] = true;
  if (!record.completion.note.empty()) json["note"] = record.completion.note;
  return json;
}

Json sample_json(const Record& record, const std::string& model) {
  const Completion& completion = record.completion;
  Json messages = messages_json(record);
  Json json{{"id", record.item.id}, {"epoch", record.request.sample + 1}, {"input", messages}};
  const std::vector<std::string> choices = report::shown_choices(record);
  if (!choices.empty()) json["choices"] = choices;
  json["target"] = record.item.target;
  if (!completion.failure) {
    Json answer{{"id", record.item.id + "/" + std::to_string(record.request.sample) + "/answer"},
                {"content", answer_text(record)},
                {"source", "generate"},
                {"role", "assistant"},
                {"model", model}};
    json["output"] = output_json(record, answer, model);
    messages.push_back(std::move(answer));
  }
  json["messages"] = std::move(messages);
  if (record.score) json["scores"] = scores_json(*record.score);
  json["metadata"] = metadata_json(record);
  json["model_usage"] = {{model, usage_json(completion.usage)}};
  if (completion.timings.total_ms) json["total_time"] = *completion.timings.total_ms / 1000;
  if (completion.failure) {
    const std::string message =
        std::string(failure_name(completion.failure->kind)) + ": " + completion.failure->message;
    json["error"] = {{"message", message}, {"traceback", ""}, {"traceback_ansi", ""}};
  }
  return json;
}

/// One log after the other, while the records pass by in their order.
class Logs {
 public:
  Logs(report::ExportFolder& folder, const RunSummary& summary) : folder_(folder), summary_(summary) {}

  Result<void> add(const Record& record) {
    if (auto moved = move_to(static_cast<std::size_t>(record.result)); !moved) return moved;
    folder_.out() << (samples_++ == 0 ? "\n" : ",\n")
                  << dumped(sample_json(record, summary_.results[*open_].info.model.name));
    return {};
  }

  /// Also the logs of results without a record.
  Result<void> finish() { return move_to(summary_.results.size()); }

 private:
  Result<void> move_to(std::size_t result) {
    while (!open_ || *open_ != result) {
      if (open_) {
        folder_.out() << "\n]}\n";
        if (auto ended = folder_.end(); !ended) return ended;
      }
      open_ = open_ ? *open_ + 1 : 0;
      if (*open_ == summary_.results.size()) return {};
      if (auto begun = begin(); !begun) return begun;
    }
    return {};
  }

  Result<void> begin() {
    const RunInfo& run = summary_.run;
    const ResultSummary& result = summary_.results[*open_];
    std::string date = time_or(run.started, "1970-01-01T00:00:00Z");
    std::replace(date.begin(), date.end(), ':', '-');
    const std::string name = report::file_name_part(date) + "_" + report::file_name_part(task_of(result.info)) + "_" +
                             log_id(run, *open_) + ".json";
    if (auto begun = folder_.begin(name); !begun) return begun;
    Json head{{"version", 2},
              // What has not ended is neither a success nor a failure to its viewer: it counts as cancelled.
              {"status", result.state == "complete"  ? "success"
                         : result.state == "running" ? "started"
                                                     : "cancelled"},
              {"eval", spec_json(run, result, *open_)},
              {"plan", {{"name", "plan"}, {"steps", Json::array()}, {"config", Json::object()}}},
              {"results", results_json(result)},
              {"stats",
               {{"started_at", time_or(run.started, "")},
                {"completed_at", time_or(run.finished, "")},
                {"model_usage", {{result.info.model.name, usage_json(result.tokens)}}}}}};
    std::string text = dumped(head);
    text.pop_back();
    folder_.out() << text << ",\"samples\":[";
    samples_ = 0;
    return {};
  }

  report::ExportFolder& folder_;
  const RunSummary& summary_;
  std::optional<std::size_t> open_;
  std::int64_t samples_ = 0;
};

}  // namespace

Result<std::vector<std::string>> export_inspect(const std::string& folder, const RunReader& reader) {
  auto summary = summarize(reader);
  if (!summary) return forward_error(summary);
  report::ExportFolder files(folder);
  Logs logs(files, *summary);
  Result<void> written;
  auto read = reader.for_each(true, [&](const Record& record) {
    written = logs.add(record);
    return written.has_value();
  });
  if (!read) return forward_error(read);
  if (written) written = logs.finish();
  if (!written) return forward_error(written);
  return files.files();
}

}  // namespace assay
