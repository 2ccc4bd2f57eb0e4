#include "harness/run/rescore.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "harness/core/clock.h"
#include "harness/core/hash.h"
#include "harness/core/suite_file.h"
#include "harness/core/text.h"
#include "harness/core/version.h"
#include "harness/run/host.h"
#include "harness/run/judges.h"
#include "harness/run/stored_run.h"
#include "results/run_file/retrieval_note.h"
#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"
#include "suites/registry.h"
#include "suites/voting/voting_suite.h"

namespace assay {
namespace {

// Records that are scored side by side; memory is bounded by it.
constexpr std::size_t kBatch = 512;

// One result of the run that is scored again.
struct Rescored {
  std::int64_t old_id = 0;
  ResultInfo info;  // of the new run
  std::shared_ptr<const Suite> suite;
};

// A stored record on its way to the new run.
struct StoredWork {
  Record record;
  std::optional<double> old_value;
  bool is_reworded = false;
  bool has_other_options = false;
};

const config::SuiteFlag* changes_of(const RescoreConfig& config, const std::string& suite) {
  for (const config::SuiteFlag& flag : config.suites) {
    if (flag.name == suite) return &flag;
  }
  return nullptr;
}

Result<std::vector<std::pair<std::string, std::string>>> merged_options(
    std::vector<std::pair<std::string, std::string>> options, const SuiteEntry& entry,
    const config::SuiteFlag* changes) {
  if (changes == nullptr) return options;
  for (const auto& [key, value] : changes->options) {
    const bool is_file = key == kSuiteFileOption && is_suite_file(value);
    if (!is_file && std::find(entry.options.begin(), entry.options.end(), key) == entry.options.end()) {
      return usage_error("suite " + entry.name + " has no option '" + key + "' that changes how stored answers score" +
                         did_you_mean(key, entry.options));
    }
    const auto same = [&](const auto& option) { return option.first == key; };
    if (const auto found = std::find_if(options.begin(), options.end(), same); found != options.end()) {
      found->second = value;
    } else {
      options.emplace_back(key, value);
    }
  }
  return options;
}

// What the suite is found by: its name, or the file of a custom one, which the changes may name anew.
std::string suite_of(const ResultInfo& info, const config::SuiteFlag* changes) {
  std::string found = info.suite;
  const auto look = [&found](const auto& options) {
    for (const auto& [key, value] : options) {
      if (key == kSuiteFileOption) found = value;
    }
  };
  look(info.options);
  if (changes != nullptr) look(changes->options);
  return found;
}

// The judge stays who it was, also where the rubric is another now: its stored answers are read again, nobody is asked.
Result<void> keep_judge(const SuiteInfo& suite, ResultInfo& info) {
  if (!suite.judge) {
    info.judge.reset();
    return {};
  }
  if (!info.judge) {
    return usage_error("suite " + info.suite +
                       ": a model judges its answers now, and none did in this run; rescore asks nobody. Judge the "
                       "stored answers by `assay run` with the model replay:RUN");
  }
  info.judge->rubric_sha256 = suite.judge->rubric_sha256;
  info.options.emplace_back(kJudgedBy, judge_text(*info.judge));
  return {};
}

// A suite that retrieves finds the passages of the stored items again.
Result<void> choose_stored(const RunReader& reader, std::int64_t result, Suite& suite) {
  if (!suite.info().retrieval) return {};
  std::set<std::int64_t> orders;
  auto read = reader.for_each(false, [&](const Record& record) {
    if (record.result == result) orders.insert(record.item.order);
    return true;
  });
  if (!read) return forward_error(read);
  return suite.choose({orders.begin(), orders.end()});
}

// The suite as the run had it, but for the changes; `info` is made today's.
Result<std::shared_ptr<const Suite>> todays_suite(const RescoreConfig& config, const config::SuiteFlag* changes,
                                                  const RunReader& reader, std::int64_t result, ResultInfo& info) {
  auto entry = find_suite(suite_of(info, changes));
  if (!entry) return forward_error(entry);
  SuiteOptions options = stored_suite_options(info, config.data_dir);
  auto extra = merged_options(options.extra, **entry, changes);
  if (!extra) return forward_error(extra);
  options.embedder = config.embedder;
  options.extra = *extra;
  if (auto opened = open_against(options); !opened) return forward_error(opened);
  auto suite = make_by_strategy(**entry, options);
  if (!suite) return forward_error(suite);
  auto data_sha256 = (*suite)->data_sha256();
  if (!data_sha256) return forward_error(data_sha256);
  if (*data_sha256 != info.data_sha256) {
    return usage_error("suite " + info.suite + ": the data set in " + config.data_dir + " (SHA-256 " + *data_sha256 +
                       ") is not the one that the run was asked (" + info.data_sha256 +
                       "); give its folder with --data");
  }
  if (auto chosen = choose_stored(reader, result, **suite); !chosen) return forward_error(chosen);
  const SuiteInfo& about = (*suite)->info();
  info.suite_version = about.version;
  info.metrics = about.metrics;
  info.group_levels = about.group_levels;
  info.options = std::move(*extra);
  if (about.retrieval) info.options.emplace_back(kRetrieverOption, about.retrieval->retriever);
  if (auto judged = keep_judge(about, info); !judged) return forward_error(judged);
  return std::shared_ptr<const Suite>(std::move(*suite));
}

Result<std::vector<Rescored>> rescored_results(const RescoreConfig& config, const RunReader& reader) {
  std::vector<Rescored> results;
  for (const config::SuiteFlag& flag : config.suites) {
    const bool is_there = std::any_of(reader.results().begin(), reader.results().end(),
                                      [&](const ResultInfo& info) { return info.suite == flag.name; });
    if (!is_there) return usage_error(config.run + ": holds no results of suite '" + flag.name + "'");
  }
  for (const ResultInfo& info : reader.results()) {
    const config::SuiteFlag* changes = changes_of(config, info.suite);
    if (!config.suites.empty() && changes == nullptr) continue;
    Rescored rescored{info.id, info, nullptr};
    rescored.info.id = static_cast<std::int64_t>(results.size());
    rescored.info.model.details.emplace_back(kRescoredFrom, reader.run().id);
    auto suite = todays_suite(config, changes, reader, info.id, rescored.info);
    if (!suite) return forward_error(suite);
    rescored.suite = std::move(*suite);
    results.push_back(std::move(rescored));
  }
  return results;
}

// What finding passages has cost stays known; it was not paid for twice.
void keep_retrieval(const RunReader& reader, RunInfo& run) {
  std::set<std::string> suites;
  for (const ResultInfo& result : reader.results()) suites.insert(result.suite);
  for (const std::string& suite : suites) {
    if (const auto note = retrieval_of(reader, suite)) run.host.push_back(retrieval_entry(suite, *note));
  }
}

// The original run's configuration, and which run it was.
RunInfo describe(const RunReader& reader) {
  const RunInfo& original = reader.run();
  RunInfo run = original;
  nlohmann::json config = nlohmann::json::parse(original.config_json, nullptr, false);
  if (!config.is_object()) config = nlohmann::json::object();
  config["rescored_from"] = original.id;
  run.started = utc_text(std::chrono::system_clock::now());
  run.finished.clear();
  run.state = "running";
  run.assay_version = program_version() + " (" + program_commit() + ")";
  run.config_json = config.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  run.config_sha256 = sha256_hex(run.config_json);
  run.id = sha256_hex(run.config_json + run.started).substr(0, 16);
  run.host = host_description();
  keep_retrieval(reader, run);
  return run;
}

// Whether two requests put the same question, however the answer is to be sampled.
bool same_question(const Request& a, const Request& b) {
  if (const auto* generate = std::get_if<GenerateRequest>(&a.body)) {
    const auto* other = std::get_if<GenerateRequest>(&b.body);
    // Of an episode the last turn is stored, which begins with the first.
    return other != nullptr && generate->messages.size() <= other->messages.size() &&
           std::equal(generate->messages.begin(), generate->messages.end(), other->messages.begin()) &&
           generate->prompt == other->prompt;
  }
  return a.body == b.body;
}

// Whether today's suite offers other options than were asked, or in another order: a letter or a log-probability that
// is stored would stand for another one of them.
bool has_other_options(const Item& item, const Request& today, const Request& stored) {
  if (const auto* scored = std::get_if<LoglikelihoodRequest>(&today.body)) {
    const auto* other = std::get_if<LoglikelihoodRequest>(&stored.body);
    return other == nullptr || other->continuations != scored->continuations;
  }
  const auto* other = std::get_if<GenerateRequest>(&stored.body);
  if (item.choices.empty() || other == nullptr) return false;
  std::string asked = other->prompt;
  for (const Message& message : other->messages) asked += message.content + "\n";
  std::size_t at = 0;
  return std::any_of(item.choices.begin(), item.choices.end(), [&](const std::string& choice) {
    const std::size_t found = asked.find(choice, at);
    at = found == std::string::npos ? at : found + choice.size();
    return found == std::string::npos;
  });
}

// Goes through the data set beside the stored records: both are in file order.
class ItemCursor {
 public:
  Result<void> open(const Suite& suite, std::string name) {
    auto source = suite.load();
    if (!source) return forward_error(source);
    source_ = std::move(*source);
    item_.reset();
    name_ = std::move(name);
    return {};
  }

  // The item of that id, at or after the last one asked for.
  Result<const Item*> find(const std::string& id) {
    while (!item_ || item_->id != id) {
      auto next = source_->next();
      if (!next) return forward_error(next);
      if (!*next) return usage_error(name_ + ": the data set has no item '" + id + "' where the run has it");
      item_ = std::move(**next);
    }
    return &*item_;
  }

 private:
  std::unique_ptr<ItemSource> source_;
  std::optional<Item> item_;
  std::string name_;
};

// What the judge said to today's questions, of what is stored; the error names what is missing.
Result<std::vector<JudgeAnswer>> stored_judge_answers(const Suite& suite, const Record& record) {
  auto questions = suite.judge_questions(record.item, record.request.sample, record.completion);
  if (!questions) return forward_error(questions);
  std::vector<JudgeAnswer> answers;
  for (const Request& question : *questions) {
    const auto found = std::find_if(
        record.judge_answers.begin(), record.judge_answers.end(),
        [&](const JudgeAnswer& answer) { return !answer.completion.failure && answer.request.body == question.body; });
    if (found == record.judge_answers.end()) {
      return usage_error(
          "the judge's answer to this question is not stored, and rescore asks nobody; `assay run` with the model "
          "replay:RUN does");
    }
    answers.push_back(*found);
  }
  return answers;
}

Score todays_score(const Suite& suite, const Record& record) {
  if (!suite.info().judge) return suite.score_episode(record.item, record.request, record.completion);
  const auto answers = stored_judge_answers(suite, record);
  if (answers) return suite.score_judged(record.item, record.completion, *answers);
  Score none;
  none.not_judged = answers.error().message;
  return none;
}

void score(const Suite& suite, StoredWork& work) {
  Record& record = work.record;
  std::optional<Failure>& failure = record.completion.failure;
  // An answer that the machine could not judge then may be judged now.
  const bool is_answered = failure && failure->kind == FailureKind::kModel && !record.completion.text.empty();
  if (is_answered || lacks_verdict_only(record.completion)) failure.reset();
  if (failure) return;
  if (record.score) work.old_value = record.score->value;
  const Request today = suite.ask(record.item, record.request.sample);
  work.is_reworded = !same_question(today, record.request);
  work.has_other_options = work.is_reworded && has_other_options(record.item, today, record.request);
  Score fresh = todays_score(suite, record);
  if (fresh.not_judged.empty()) {
    record.score = std::move(fresh);
    return;
  }
  record.score.reset();
  const bool is_judged = suite.info().judge.has_value();
  failure = Failure{is_judged ? FailureKind::kUnreadableVerdict : FailureKind::kModel, FailureAction::kGiveUpItem,
                    fresh.not_judged};
}

// Scores a batch side by side and stores it in order.
Result<void> finish_batch(std::vector<StoredWork>& batch, const std::vector<Rescored>& results, RunWriter& writer,
                          RescoreOutcome& outcome) {
  oneapi::tbb::parallel_for(std::size_t{0}, batch.size(), [&](std::size_t i) {
    score(*results[static_cast<std::size_t>(batch[i].record.result)].suite, batch[i]);
  });
  for (const StoredWork& work : batch) {
    const Record& record = work.record;
    if (work.has_other_options) {
      return usage_error(record.item.id +
                         ": today's suite offers other options than were asked, or in another order: what is stored "
                         "would stand for others; ask anew, or take the change back");
    }
    if (record.score) {
      ++outcome.scored;
      outcome.changed += !work.old_value || *work.old_value != record.score->value ? 1 : 0;
      outcome.reworded += work.is_reworded ? 1 : 0;
    } else if (work.old_value) {
      ++outcome.unjudged;
    } else {
      ++outcome.unanswered;
    }
    if (auto appended = writer.append(record); !appended) return appended;
  }
  batch.clear();
  return writer.commit();
}

}  // namespace

Result<RescoreOutcome> rescore(const RescoreConfig& config, const StopSignal& stop) {
  auto reader = RunReader::open(config.run);
  if (!reader) return forward_error(reader);
  auto results = rescored_results(config, **reader);
  if (!results) return forward_error(results);
  std::vector<ResultInfo> infos;
  for (const Rescored& result : *results) infos.push_back(result.info);
  auto writer = RunWriter::create(config.target, describe(**reader), infos, Durability::kGrouped);
  if (!writer) return forward_error(writer);

  RescoreOutcome outcome;
  std::vector<StoredWork> batch;
  ItemCursor items;
  const Rescored* current = nullptr;
  Result<void> step;
  auto read = (*reader)->for_each(true, [&](const Record& record) {
    const auto found = std::find_if(results->begin(), results->end(),
                                    [&](const Rescored& result) { return result.old_id == record.result; });
    if (found == results->end()) return true;
    if (current != &*found) {
      current = &*found;
      step = items.open(*current->suite, current->info.suite);
      if (!step) return false;
    }
    auto item = items.find(record.item.id);
    if (!item) {
      step = forward_error(item);
      return false;
    }
    StoredWork& work = batch.emplace_back();
    work.record = record;
    work.record.result = current->info.id;
    work.record.item = **item;
    if (batch.size() == kBatch) step = finish_batch(batch, *results, **writer, outcome);
    outcome.interrupted = stop.level.load() > 0;
    return step.has_value() && !outcome.interrupted;
  });
  if (!read) return forward_error(read);
  if (step && !outcome.interrupted) step = finish_batch(batch, *results, **writer, outcome);
  if (!step) return forward_error(step);
  const std::string state = (*reader)->run().state == "complete" && outcome.unjudged == 0 ? "complete" : "incomplete";
  if (auto finished = (*writer)->finish(state); !finished) return forward_error(finished);
  return outcome;
}

}  // namespace assay
