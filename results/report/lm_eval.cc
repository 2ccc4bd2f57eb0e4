#include "results/report/lm_eval.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "harness/core/hash.h"
#include "harness/core/strategy.h"
#include "results/report/export_folder.h"
#include "results/report/json_dump.h"
#include "results/report/record_view.h"
#include "results/report/text.h"
#include "results/report/utc_time.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using report::dumped;

std::string metric_name(const std::string& ours) {
  static const std::map<std::string, std::string> kNames{
      {"accuracy", "acc"}, {"accuracy_norm", "acc_norm"}, {"accuracy_norm_bytes", "acc_bytes"}, {"mc2", "acc"}};
  const auto found = kNames.find(ours);
  return found == kNames.end() ? ours : found->second;
}

/// A run's start as it may stand in a file's name.
std::string file_date(const RunInfo& run) {
  std::string date = run.started;
  std::replace(date.begin(), date.end(), ':', '-');
  return report::file_name_part(date);
}

bool loglikelihood(const ResultInfo& info) { return info.protocol.starts_with("loglikelihood"); }

/// The results of one model, each with a task's name that no other of them has.
struct ModelTasks {
  std::string name;
  std::string folder;
  std::vector<std::pair<std::string, std::size_t>> tasks;
};

std::vector<ModelTasks> tasks_by_model(const std::vector<ResultInfo>& results) {
  std::vector<ModelTasks> models;
  std::set<std::string> folders;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string& name = results[i].model.name;
    auto model = std::find_if(models.begin(), models.end(), [&](const ModelTasks& one) { return one.name == name; });
    if (model == models.end()) {
      std::string folder = report::file_name_part(name);
      for (int next = 2; !folders.insert(folder).second; ++next) {
        folder = report::file_name_part(name) + "_" + std::to_string(next);
      }
      models.push_back({name, folder, {}});
      model = models.end() - 1;
    }
    // A strategy is part of a task's name there: what two of them gave must not look like one task's numbers.
    const std::string strategy = strategy_of(results[i].options);
    const std::string name_of_task =
        results[i].suite + (strategy.empty() ? "" : "_" + report::file_name_part(strategy));
    std::string task = name_of_task;
    const auto taken = [&](const std::string& wanted) {
      return std::any_of(model->tasks.begin(), model->tasks.end(),
                         [&](const auto& one) { return one.first == wanted; });
    };
    for (int next = 2; taken(task); ++next) task = name_of_task + "_" + std::to_string(next);
    model->tasks.emplace_back(task, i);
  }
  return models;
}

Json or_na(const std::optional<double>& value) { return value ? Json(*value) : Json("N/A"); }

Json metrics_json(const std::string& alias, const std::vector<MetricSummary>& metrics, std::int64_t samples) {
  Json json{{"alias", alias}};
  for (const MetricSummary& metric : metrics) {
    const std::string name = metric_name(metric.name);
    json[name + ",none"] = or_na(metric.estimate.value);
    json[name + "_stderr,none"] = or_na(metric.estimate.standard_error);
  }
  json["sample_len"] = samples;
  return json;
}

Json config_json(const std::string& task, const ResultSummary& result) {
  const ResultInfo& info = result.info;
  Json json{{"task", task},
            {"dataset_name", info.suite},
            {"output_type", loglikelihood(info) ? "multiple_choice" : "generate_until"},
            {"num_fewshot", info.shots},
            {"repeats", info.samples}};
  json["metric_list"] = Json::array();
  for (const MetricSpec& metric : info.metrics) {
    json["metric_list"].push_back(
        {{"metric", metric_name(metric.name)}, {"aggregation", "mean"}, {"higher_is_better", true}});
  }
  json["metadata"] = {{"version", info.suite_version},
                      {"protocol", info.protocol},
                      {"data_sha256", info.data_sha256},
                      {"starter", info.starter},
                      {"written_by", "assay"}};
  for (const auto& [key, value] : info.options) json["metadata"]["options"][key] = value;
  return json;
}

Json results_json(const ModelTasks& model, const RunSummary& summary) {
  Json json;
  for (const char* key :
       {"results", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples"}) {
    json[key] = Json::object();
  }
  for (const auto& [task, number] : model.tasks) {
    const ResultSummary& result = summary.results[number];
    json["results"][task] = metrics_json(task, result.metrics, result.scored);
    json["configs"][task] = config_json(task, result);
    json["versions"][task] = result.info.suite_version;
    json["n-shot"][task] = result.info.shots;
    for (const MetricSummary& metric : result.metrics) json["higher_is_better"][task][metric_name(metric.name)] = true;
    json["n-samples"][task] = {{"original", result.items}, {"effective", result.scored}};
    // As its own groups have: a subject is the task <suite>_<subject>. Of nested levels the innermost.
    const std::string level = result.info.group_levels.empty() ? "" : result.info.group_levels.back();
    for (const GroupSummary& group : result.groups) {
      if (group.level != level) continue;
      const std::string name = task + "_" + group.name;
      json["results"][name] = metrics_json(group.name, group.metrics, group.scored);
      json["group_subtasks"][task].push_back(name);
      json["versions"][name] = result.info.suite_version;
      json["n-shot"][name] = result.info.shots;
      json["n-samples"][name] = {{"original", group.items}, {"effective", group.scored}};
    }
  }
  const ResultInfo& first = summary.results[model.tasks.front().second].info;
  json["config"] = {{"model", first.model_ref.substr(0, first.model_ref.find(':'))}, {"model_args", Json::object()}};
  for (const auto& [key, value] : first.model.settings) json["config"]["model_args"][key] = value;
  json["git_hash"] = nullptr;
  const auto began = report::unix_seconds(summary.run.started);
  const auto ended = report::unix_seconds(summary.run.finished);
  json["date"] = began ? Json(*began) : Json(nullptr);
  for (const char* unknown : {"transformers_version", "lm_eval_version", "upper_git_hash", "system_instruction",
                              "system_instruction_sha", "fewshot_as_multiturn", "chat_template", "chat_template_sha"}) {
    json[unknown] = nullptr;
  }
  json["task_hashes"] = Json::object();
  json["model_source"] = json["config"]["model"];
  json["model_name"] = model.name;
  json["model_name_sanitized"] = model.folder;
  json["model_sha256"] = first.model.sha256 ? Json(*first.model.sha256) : Json(nullptr);
  json["total_evaluation_time_seconds"] = began && ended ? Json(report::exact_text(*ended - *began)) : Json(nullptr);
  json["assay_version"] = summary.run.assay_version;
  json["assay_run"] = summary.run.id;
  return json;
}

Json arguments_json(const Record& record) {
  Json json = Json::object();
  if (const auto* body = std::get_if<LoglikelihoodRequest>(&record.request.body)) {
    for (std::size_t i = 0; i < body->continuations.size(); ++i) {
      json["gen_args_" + std::to_string(i)] = {{"arg_0", body->context + body->opening(i)},
                                               {"arg_1", body->continuations[i]}};
    }
    return json;
  }
  const auto& body = std::get<GenerateRequest>(record.request.body);
  json["gen_args_0"] = {{"arg_0", report::prompt_text(record.request)},
                        {"arg_1",
                         {{"until", body.stop},
                          {"max_gen_toks", body.max_tokens},
                          {"do_sample", body.temperature > 0},
                          {"temperature", body.temperature}}}};
  return json;
}

/// [["-1.2", "False"], …] of log-probabilities, as text, which is how the harness writes them; or the texts.
Json answers_json(const std::vector<Record>& samples) {
  Json json = Json::array();
  const Completion& first = samples.front().completion;
  if (first.continuations.empty()) {
    for (const Record& sample : samples) json.push_back(sample.completion.text);
    return json;
  }
  for (const ContinuationScore& score : first.continuations) {
    json.push_back({report::exact_text(score.logprob), score.is_greedy ? "True" : "False"});
  }
  return json;
}

Json sample_json(const std::vector<Record>& samples) {
  const Record& first = samples.front();
  const Item& item = first.item;
  const Json answers = answers_json(samples);
  const bool choices = !first.completion.continuations.empty();
  Json doc{{"id", item.id}, {"choices", report::shown_choices(first)}, {"target", item.target}};
  for (const Group& group : item.groups) doc[group.level] = group.name;
  const std::string target = choices && item.target_index >= 0 ? std::to_string(item.target_index) : item.target;
  Json json{{"doc_id", item.order}, {"doc", doc}, {"target", target}, {"arguments", arguments_json(first)}};
  json["resps"] = Json::array();
  if (choices) {
    for (const Json& answer : answers) json["resps"].push_back(Json::array({answer}));
    json["filtered_resps"] = answers;
  } else {
    json["resps"].push_back(answers);
    json["filtered_resps"] = answers.size() == 1 ? answers : Json::array({answers});
  }
  json["filter"] = "none";
  std::vector<std::pair<std::string, double>> values;
  for (const Record& sample : samples) {
    for (const auto& [name, value] : sample.score->values) {
      if (is_quantity(name)) continue;
      auto found = std::find_if(values.begin(), values.end(), [&](const auto& one) { return one.first == name; });
      const double part = value / static_cast<double>(samples.size());
      if (found == values.end()) {
        values.emplace_back(name, part);
      } else {
        found->second += part;
      }
    }
  }
  json["metrics"] = Json::array();
  for (const auto& [name, value] : values) json["metrics"].push_back(metric_name(name));
  json["doc_hash"] = sha256_hex(dumped(doc, -1));
  json["prompt_hash"] = sha256_hex(report::prompt_text(first.request));
  json["target_hash"] = sha256_hex(target);
  for (const auto& [name, value] : values) json[metric_name(name)] = value;
  return json;
}

/// Writes the samples of all results, each into its own file, while the records pass by in their order.
class SampleFiles {
 public:
  SampleFiles(report::ExportFolder& folder, std::vector<std::string> names)
      : folder_(folder), names_(std::move(names)) {}

  Result<void> add(const Record& record) {
    const bool other_item = !samples_.empty() && (samples_.front().result != record.result ||
                                                  samples_.front().item.order != record.item.order);
    if (other_item) write_item();
    const auto result = static_cast<std::size_t>(record.result);
    if (auto moved = move_to(result); !moved) return moved;
    samples_.push_back(record);
    return {};
  }

  Result<void> finish() {
    if (!samples_.empty()) write_item();
    return move_to(names_.size());
  }

 private:
  void write_item() {
    const bool failed = std::any_of(samples_.begin(), samples_.end(), [](const Record& one) { return !one.score; });
    if (!failed) folder_.out() << dumped(sample_json(samples_), -1) << '\n';
    samples_.clear();
  }

  /// Files of results without a record are written too, empty.
  Result<void> move_to(std::size_t result) {
    while (!open_ || *open_ != result) {
      if (open_) {
        if (auto ended = folder_.end(); !ended) return ended;
      }
      open_ = open_ ? *open_ + 1 : 0;
      if (*open_ == names_.size()) return {};
      if (auto begun = folder_.begin(names_[*open_]); !begun) return begun;
    }
    return {};
  }

  report::ExportFolder& folder_;
  std::vector<std::string> names_;
  std::optional<std::size_t> open_;
  std::vector<Record> samples_;  ///< of the item that is passing by
};

}  // namespace

Result<std::vector<std::string>> export_lm_eval(const std::string& folder, const RunReader& reader) {
  auto summary = summarize(reader);
  if (!summary) return forward_error(summary);
  report::ExportFolder files(folder);
  const std::string date = file_date(reader.run());
  std::vector<std::string> names(reader.results().size());
  const std::vector<ModelTasks> models = tasks_by_model(reader.results());
  for (const ModelTasks& model : models) {
    for (const auto& [task, number] : model.tasks) {
      names[number] = model.folder + "/samples_" + report::file_name_part(task) + "_" + date + ".jsonl";
    }
  }
  SampleFiles samples(files, std::move(names));
  Result<void> written;
  auto read = reader.for_each(true, [&](const Record& record) {
    written = samples.add(record);
    return written.has_value();
  });
  if (!read) return forward_error(read);
  if (written) written = samples.finish();
  for (const ModelTasks& model : models) {
    if (written) written = files.begin(model.folder + "/results_" + date + ".json");
    if (written) files.out() << dumped(results_json(model, *summary), 2) << '\n';
    if (written) written = files.end();
  }
  if (!written) return forward_error(written);
  return files.files();
}

}  // namespace assay
