#include "harness/run/stored_run.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "harness/core/strategy.h"
#include "harness/core/text.h"
#include "results/run_file/run_file.h"

namespace assay {
namespace {

// The answer that an episode's stored last request holds to `request`, one of its earlier turns. What it took is
// counted in the last turn's record.
std::optional<Completion> earlier_turn(const Request& request, const Request& last) {
  const auto* asked = std::get_if<GenerateRequest>(&request.body);
  const auto* stored = std::get_if<GenerateRequest>(&last.body);
  if (asked == nullptr || stored == nullptr || asked->messages.size() >= stored->messages.size()) return std::nullopt;
  const Message& answer = stored->messages[asked->messages.size()];
  if (answer.role != Role::kAssistant) return std::nullopt;
  GenerateRequest whole = *stored;
  whole.messages.resize(asked->messages.size());
  if (whole != *asked) return std::nullopt;
  Completion completion;
  completion.text = answer.content;
  completion.finish = FinishReason::kStop;
  completion.attempts = 0;
  return completion;
}

// A record's answer; that a judge has not judged it is no failure of it.
Completion answer_of(Record record) {
  if (lacks_verdict_only(record.completion)) record.completion.failure.reset();
  return std::move(record.completion);
}

class StoredRun : public StoredAnswers {
 public:
  StoredRun(std::unique_ptr<RunReader> reader, ModelIdentity model, std::set<std::int64_t> results)
      : reader_(std::move(reader)), model_(std::move(model)), results_(std::move(results)) {}

  const ModelIdentity& model() const override { return model_; }

  std::optional<Completion> find(const Request& request) const override {
    auto records = reader_->find(request.item);
    if (!records) return std::nullopt;
    for (Record& record : *records) {
      if (results_.count(record.result) == 0 || record.request.sample != request.sample) continue;
      if (record.request.body == request.body) return answer_of(std::move(record));
      if (auto turn = earlier_turn(request, record.request)) return turn;
    }
    return std::nullopt;
  }

  std::optional<Completion> find_sample(const std::string& item, int sample) const override {
    auto records = reader_->find(item);
    if (!records) return std::nullopt;
    std::optional<Completion> first;  // where the other run took fewer samples
    for (Record& record : *records) {
      if (results_.count(record.result) == 0) continue;
      const bool is_same = record.request.sample == sample;
      if (!is_same && record.request.sample != 0) continue;
      Completion completion = answer_of(std::move(record));
      if (completion.failure) continue;
      if (is_same) return completion;
      first = std::move(completion);
    }
    return first;
  }

 private:
  std::unique_ptr<RunReader> reader_;
  ModelIdentity model_;
  std::set<std::int64_t> results_;  // of this model
};

class StoredJudge : public StoredAnswers {
 public:
  StoredJudge(std::unique_ptr<RunReader> reader, ModelIdentity judge, std::set<std::int64_t> results)
      : reader_(std::move(reader)), judge_(std::move(judge)), results_(std::move(results)) {}

  const ModelIdentity& model() const override { return judge_; }

  std::optional<Completion> find(const Request& request) const override {
    auto records = reader_->find(request.item);
    if (!records) return std::nullopt;
    for (Record& record : *records) {
      if (results_.count(record.result) == 0) continue;
      for (JudgeAnswer& answer : record.judge_answers) {
        const bool is_it = answer.request.body == request.body && !answer.completion.failure;
        if (is_it) return std::move(answer.completion);
      }
    }
    return std::nullopt;
  }

 private:
  std::unique_ptr<RunReader> reader_;
  ModelIdentity judge_;
  std::set<std::int64_t> results_;  // that it judged
};

std::string url_of(const ModelIdentity& model) {
  for (const auto& [key, value] : model.details) {
    if (key == "url") return value;
  }
  return "";
}

// Of several strategies by which a model was asked, the answers to one alone.
Result<void> keep_strategy(const RunReader& reader, const std::string& run, const std::string& strategy,
                           std::set<std::int64_t>& results) {
  std::vector<std::string> names;
  for (const ResultInfo& result : reader.results()) {
    if (results.count(result.id) == 0) continue;
    std::string name = strategy_of(result.options);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  if (names.size() < 2) return {};
  if (std::find(names.begin(), names.end(), strategy) == names.end()) {
    std::replace(names.begin(), names.end(), std::string(), std::string("none"));
    return usage_error(run + ": was asked by several strategies (" + on_one_line(listed(names)) + "), and " +
                       (strategy.empty() ? "none is asked for here" : strategy + " is none of them"));
  }
  for (const ResultInfo& result : reader.results()) {
    if (strategy_of(result.options) != strategy) results.erase(result.id);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<StoredAnswers>> open_stored_answers(const std::string& run, const std::string& model,
                                                           const std::vector<std::string>& suites,
                                                           const std::optional<std::string>& strategy) {
  auto reader = RunReader::open(run);
  if (!reader) return forward_error(reader);
  if (auto whole = (*reader)->verify(); !whole) return forward_error(whole);
  std::vector<std::string> names;
  std::set<std::int64_t> results;
  const ModelIdentity* identity = nullptr;
  for (const ResultInfo& result : (*reader)->results()) {
    if (std::find(names.begin(), names.end(), result.model.name) == names.end()) names.push_back(result.model.name);
    if (model.empty() || model == result.model.name || model == result.model_ref) {
      results.insert(result.id);
      identity = &result.model;
    }
  }
  if (identity == nullptr) {
    return usage_error(run + " has no model '" + model + "'" + did_you_mean(model, names) +
                       "; it has: " + listed(names));
  }
  if (model.empty() && names.size() > 1) {
    return usage_error(run + " has several models; name one as " + run + "#MODEL: " + listed(names));
  }
  std::vector<std::string> asked;
  for (const ResultInfo& result : (*reader)->results()) {
    if (results.count(result.id) != 0) asked.push_back(result.suite);
  }
  for (const std::string& suite : suites) {
    if (std::find(asked.begin(), asked.end(), suite) != asked.end()) continue;
    return usage_error(run + ": has no answers of " + identity->name + " to suite " + suite +
                       "; it has: " + listed(asked));
  }
  if (strategy) {
    if (auto kept = keep_strategy(**reader, run, *strategy, results); !kept) return forward_error(kept);
  }
  ModelIdentity copy = *identity;
  return std::shared_ptr<StoredAnswers>(
      std::make_shared<StoredRun>(std::move(*reader), std::move(copy), std::move(results)));
}

Result<std::shared_ptr<StoredAnswers>> open_stored_judge_answers(const std::string& run, const ModelIdentity& judge) {
  auto reader = RunReader::open(run);
  if (!reader) return forward_error(reader);
  if (auto whole = (*reader)->verify(); !whole) return forward_error(whole);
  std::set<std::int64_t> results;
  for (const ResultInfo& result : (*reader)->results()) {
    if (!result.judge) continue;
    const ModelIdentity& earlier = result.judge->model;
    if (earlier.name == judge.name && earlier.sha256 == judge.sha256 && earlier.settings == judge.settings &&
        url_of(earlier) == url_of(judge)) {
      results.insert(result.id);
    }
  }
  if (results.empty()) return std::shared_ptr<StoredAnswers>();
  return std::shared_ptr<StoredAnswers>(std::make_shared<StoredJudge>(std::move(*reader), judge, std::move(results)));
}

SuiteOptions stored_suite_options(const ResultInfo& info, const std::string& data_dir) {
  SuiteOptions options;
  options.data_dir = data_dir;
  options.starter = info.starter;
  options.protocol = info.protocol;
  options.shots = info.shots;
  options.samples = info.samples;
  options.extra = info.options;
  std::erase_if(options.extra,
                [](const auto& option) { return option.first == kJudgedBy || option.first == kRetrieverOption; });
  return options;
}

Result<void> open_against(SuiteOptions& options) {
  for (const auto& [key, value] : options.extra) {
    if (key != kAgainstOption) continue;
    const std::size_t hash = value.rfind('#');
    auto stored = open_stored_answers(value.substr(0, hash), hash == std::string::npos ? "" : value.substr(hash + 1),
                                      {}, strategy_of(options.extra));
    if (!stored) return usage_error(std::string(kAgainstOption) + ": " + stored.error().message);
    options.against = std::move(*stored);
  }
  return {};
}

}  // namespace assay
