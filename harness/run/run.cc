#include "harness/run/run.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <set>
#include <system_error>
#include <utility>
#include <variant>

#include "harness/config/canonical_config.h"
#include "harness/core/clock.h"
#include "harness/core/hash.h"
#include "harness/core/strategy.h"
#include "harness/core/version.h"
#include "harness/run/dispatcher.h"
#include "harness/run/embedding.h"
#include "harness/run/host.h"
#include "harness/run/plan.h"
#include "harness/run/run_plan.h"
#include "harness/run/stored_run.h"
#include "results/run_file/config_difference.h"
#include "results/run_file/retrieval_note.h"
#include "results/run_file/run_file.h"

namespace assay {
namespace {

std::string random_id() {
  std::random_device device;
  std::string id;
  for (int i = 0; i < 2; ++i) {
    char part[9];
    std::snprintf(part, sizeof part, "%08x", static_cast<unsigned>(device()));
    id += part;
  }
  return id;
}

// runs/20261121T080000Z-1a2b3c4d.db: sorts by time, and tells configurations apart.
std::string default_run_path(const RunInfo& run) {
  std::string time = run.started;
  time.erase(std::remove_if(time.begin(), time.end(), [](char c) { return c == '-' || c == ':'; }), time.end());
  return "runs/" + time + "-" + run.config_sha256.substr(0, 8) + ".db";
}

RunInfo describe_run(const RunConfig& config, const Plan& plan) {
  RunInfo run;
  run.id = random_id();
  run.started = utc_text(std::chrono::system_clock::now());
  run.state = "running";
  run.assay_version = program_version() + " (" + program_commit() + ")";
  run.config_json = canonical_config_json(config);
  run.config_sha256 = sha256_hex(run.config_json);
  run.host = host_description();
  if (!config.decided_against.empty()) run.host.emplace_back(kDecidedAgainst, config.decided_against);
  // How answers are scored here (the isolation of executed programs) belongs to the machine, and may differ by session.
  for (const PlannedResult& planned : plan.results) {
    if (planned.model != 0) break;  // the first model's results name every suite
    for (const auto& [name, value] : planned.suite->info().notes) {
      // several strategies of a suite say the same
      std::pair<std::string, std::string> note(planned.info.suite + "_" + name, value);
      if (std::find(run.host.begin(), run.host.end(), note) == run.host.end()) run.host.push_back(std::move(note));
    }
    if (const auto& retrieval = planned.suite->info().retrieval) {
      run.host.push_back(retrieval_entry(
          planned.info.suite, {retrieval->retriever, retrieval->documents, retrieval->passages, retrieval->use}));
    }
  }
  return run;
}

RunPlanSummary summarize(const Plan& plan) {
  RunPlanSummary summary;
  for (const PlannedResult& planned : plan.results) {
    RunPlanSummary::Line line;
    line.model = planned.info.model.name;
    line.suite = planned.info.suite;
    line.protocol = planned.info.protocol;
    line.strategy = strategy_of(planned.info.options);
    line.shots = planned.info.shots;
    line.starter = planned.info.starter;
    if (planned.info.judge) line.judge = planned.info.judge->model.name;
    line.items = planned.info.items;
    line.samples = planned.todo.total();
    line.already_done = planned.todo.done();
    summary.lines.push_back(std::move(line));
  }
  return summary;
}

bool is_by_token(const std::optional<Price>& price) { return price && price->input_per_mtok && price->output_per_mtok; }

// What asking everything would take, from the requests themselves.
Result<void> estimate(const Plan& plan, RunPlanSummary& summary) {
  for (std::size_t i = 0; i < plan.results.size(); ++i) {
    const PlannedResult& planned = plan.results[i];
    double prompt = 0;
    double completion = 0;
    std::optional<double> usd;
    if (is_by_token(planned.info.price)) usd = 0;
    std::optional<double> judging_usd;
    if (planned.info.judge && is_by_token(planned.info.judge->price)) judging_usd = 0;
    const int thinking = plan.models[planned.model].capabilities.thinking_tokens;
    const int judge_thinking = planned.judge ? plan.judges[*planned.judge].adapter->capabilities().thinking_tokens : 0;
    auto source = planned.suite->load();
    if (!source) return forward_error(source);
    while (true) {
      auto item = (*source)->next();
      if (!item) return forward_error(item);
      if (!*item) break;
      if (planned.todo.position((*item)->order) < 0) continue;
      const Request request = planned.suite->ask(**item, 0);
      const std::int64_t position = planned.todo.position((*item)->order);
      double samples = 0;
      for (int sample = 0; sample < planned.todo.samples(); ++sample) {
        samples += planned.todo.is_done(position, sample) ? 0 : 1;
      }
      prompt += samples * estimated_prompt_tokens(request);
      if (const auto* generate = std::get_if<GenerateRequest>(&request.body))
        completion += samples * (generate->max_tokens + thinking);
      if (usd) *usd += samples * estimated_usd(*planned.info.price, request, thinking).value_or(0);
      if (judging_usd) {
        // The answer is not there yet: the right one, where there is one, is about as long.
        Completion answer;
        answer.text = (*item)->target.empty() ? "an answer" : (*item)->target;
        auto questions = planned.suite->judge_questions(**item, 0, answer);
        for (const Request& asked : questions.value_or(std::vector<Request>())) {
          *judging_usd += samples * estimated_usd(*planned.info.judge->price, asked, judge_thinking).value_or(0);
        }
      }
    }
    summary.lines[i].estimated_prompt_tokens = prompt;
    summary.lines[i].estimated_completion_tokens = completion;
    summary.lines[i].estimated_usd = usd;
    summary.lines[i].estimated_judge_usd = judging_usd;
  }
  return {};
}

// The file that a path means. SQLite puts its log beside the name that it is given: two names would be two logs.
Result<std::string> followed(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::status_known(status)) {
    return usage_error(path + ": cannot be used for a run: " + error.message() + "; choose another path");
  }
  if (!std::filesystem::is_symlink(path, error)) return path;
  const auto target = std::filesystem::canonical(path, error);
  if (error) return usage_error(path + ": is a link to a file that is not there; choose another path");
  return target.string();
}

// What an existing run has answered already, for a dry run: nothing is locked or changed.
Result<void> mark_answered(const std::string& path, const RunInfo& description, Plan& plan) {
  std::error_code unreadable;
  if (path.empty() || !std::filesystem::exists(path, unreadable)) return {};
  auto reader = RunReader::open(path);
  if (!reader) return forward_error(reader);
  if ((*reader)->run().config_sha256 != description.config_sha256) {
    return usage_error(path + ": is a run of another configuration; choose another --run");
  }
  return (*reader)->for_each(false, [&](const Record& record) {
    const auto result = static_cast<std::size_t>(record.result);
    if (record.score && result < plan.results.size()) {
      plan.results[result].todo.mark_done(record.item.order, record.request.sample);
    }
    return true;
  });
}

Result<std::unique_ptr<RunWriter>> open_writer(const std::string& path, bool exists, const RunInfo& run,
                                               const std::vector<ResultInfo>& results, Durability durability) {
  if (exists) return RunWriter::resume(path, run, results, durability);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return usage_error(folder.string() + ": cannot be made: " + error.message() + "; choose another --run");
  }
  return RunWriter::create(path, run, results, durability);
}

// The value of a model's detail; empty where it has none of that name.
std::string detail_of(const ModelIdentity& identity, const std::string& name) {
  for (const auto& [key, value] : identity.details) {
    if (key == name) return value;
  }
  return "";
}

Result<ReusableAnswers> open_reusable(const RunConfig& config, const Plan& plan) {
  ReusableAnswers reusable(plan.models.size());
  if (config.reuse.empty()) return reusable;
  auto run = RunReader::open(config.reuse);
  if (!run) return forward_error(run);
  for (std::size_t m = 0; m < plan.models.size(); ++m) {
    // Only what the very same model answered may stand in; a run without this model simply has nothing to give. A name
    // alone does not make a model: another server may serve another one under it.
    const ModelIdentity identity = plan.models[m].adapter->identity();
    for (const ResultInfo& result : (*run)->results()) {
      const ModelIdentity& earlier = result.model;
      const bool same_name = result.model_ref == plan.models[m].config.ref.text || earlier.name == identity.name;
      if (!same_name || earlier.sha256 != identity.sha256 || earlier.settings != identity.settings ||
          detail_of(earlier, "url") != detail_of(identity, "url")) {
        continue;
      }
      auto stored = open_stored_answers(config.reuse, earlier.name);
      if (!stored) return forward_error(stored);
      reusable[m] = std::move(*stored);
      break;
    }
  }
  return reusable;
}

// What embedding has cost in all sessions of the run, this one's included, which has been opened.
Result<double> embedding_spent(const Plan& plan, const std::string& path) {
  const bool retrieves = std::any_of(plan.results.begin(), plan.results.end(), [](const PlannedResult& planned) {
    return planned.suite->info().retrieval.has_value();
  });
  if (!retrieves) return 0.0;
  auto reader = RunReader::open(path);
  if (!reader) return forward_error(reader);
  return embedding_usd(**reader);
}

// Exit code and message of contract.md from what happened.
void conclude(const RunConfig& config, const Plan& plan, const DispatchOutcome& dispatched, RunOutcome& outcome) {
  std::int64_t total = 0;
  std::int64_t done_before = 0;
  for (const PlannedResult& planned : plan.results) {
    total += planned.todo.total();
    done_before += planned.todo.done();
  }
  const double error_rate = total > 0 ? static_cast<double>(dispatched.failed) / static_cast<double>(total) : 0;
  outcome.state = dispatched.unanswered == 0 && error_rate <= config.max_error_rate ? "complete" : "incomplete";
  if (!dispatched.store_error.empty()) {
    outcome.exit_code = exit_code(ErrorKind::kIncomplete);
    outcome.message = dispatched.store_error;
  } else if (dispatched.interrupted) {
    outcome.exit_code = exit_code(ErrorKind::kInterrupted);
    outcome.message = "interrupted; run the same command with --run " + outcome.run_path + " to go on";
  } else if (!dispatched.model_error.empty()) {
    const bool nothing = !dispatched.any_model_answered && done_before == 0;
    outcome.exit_code = exit_code(nothing ? ErrorKind::kUsage : ErrorKind::kIncomplete);
    outcome.message = dispatched.model_error;
  } else if (dispatched.budget_exhausted) {
    outcome.exit_code = exit_code(ErrorKind::kIncomplete);
    outcome.message = "the budget is used up with " + std::to_string(dispatched.unanswered) +
                      " samples to do; run again with a larger --budget to go on";
  } else if (outcome.state == "incomplete" && dispatched.unreadable > 0 && dispatched.unreadable == dispatched.failed) {
    outcome.exit_code = exit_code(ErrorKind::kIncomplete);
    outcome.message = std::to_string(dispatched.failed) + " of " + std::to_string(total) +
                      " samples have a judge's answer without a verdict that can be read (first " +
                      dispatched.first_failure + "); it is stored and not asked for again: mend verdict: in the " +
                      "suite's file, then `assay rescore " + outcome.run_path + "`";
  } else if (outcome.state == "incomplete") {
    outcome.exit_code = exit_code(ErrorKind::kIncomplete);
    outcome.message = std::to_string(dispatched.failed) + " of " + std::to_string(total) +
                      " samples have no answer (first " + dispatched.first_failure +
                      "); run the same command with --run " + outcome.run_path + " to ask them again";
  }
}

// Where the run goes on with other prices than it began with.
void tell_of_prices(const std::string& path, const std::vector<ResultInfo>& results, RunObserver& observer) {
  const auto reader = RunReader::open(path);
  if (!reader) return;  // whoever writes it says what is wrong
  const std::vector<ResultInfo>& stored = (*reader)->results();
  std::set<std::string> told;
  for (std::size_t i = 0; i < std::min(stored.size(), results.size()); ++i) {
    const std::string difference = run_file::price_difference(stored[i].price, results[i].price);
    if (difference.empty() || !told.insert(results[i].model.name).second) continue;
    observer.on_message("the price of " + results[i].model.name + " is another than the run began with (" + difference +
                        "): answers that are stored keep what they cost then");
  }
}

}  // namespace

Result<RunOutcome> run(const RunConfig& config, const AdapterContext& context, RunObserver& observer,
                       const StopSignal& stop) {
  std::vector<std::string> messages;
  EmbeddingLimits limits{config.prices_file, config.budget_usd, [&stop] { return stop.level.load() > 0; },
                         [&observer](const std::string& line) { observer.on_message(line); }};
  auto plan = make_plan(config, context, messages, embedder_maker(context, std::move(limits)));
  for (const std::string& message : messages) observer.on_message(message);
  if (!plan) return forward_error(plan);

  if (config.dry_run) {
    if (auto marked = mark_answered(config.run_path, describe_run(config, *plan), *plan); !marked) {
      return forward_error(marked);
    }
    RunPlanSummary summary = summarize(*plan);
    if (auto estimated = estimate(*plan, summary); !estimated) return forward_error(estimated);
    observer.on_plan(summary);
    RunOutcome outcome;
    outcome.state = "planned";
    return outcome;
  }

  auto reusable = open_reusable(config, *plan);
  if (!reusable) return forward_error(reusable);
  return run_plan(config, *plan, *reusable, observer, stop);
}

Result<RunOutcome> run_plan(const RunConfig& config, Plan& plan, const ReusableAnswers& reusable, RunObserver& observer,
                            const StopSignal& stop) {
  RunOutcome outcome;
  const RunInfo description = describe_run(config, plan);
  auto run_path = followed(config.run_path.empty() ? default_run_path(description) : config.run_path);
  if (!run_path) return forward_error(run_path);
  outcome.run_path = *run_path;
  std::error_code unreadable;  // followed() has looked
  const bool resumed = std::filesystem::exists(outcome.run_path, unreadable);
  std::vector<ResultInfo> results;
  for (const PlannedResult& planned : plan.results) results.push_back(planned.info);
  DispatchOutcome dispatched;
  {
    auto writer = open_writer(outcome.run_path, resumed, description, results,
                              config.sync ? Durability::kEveryCommit : Durability::kGrouped);
    if (!writer) return forward_error(writer);
    auto seen = (*writer)->for_each_answered([&](const SampleKey& key) {
      plan.results[static_cast<std::size_t>(key.result)].todo.mark_done(key.order, key.sample);
    });
    if (!seen) return forward_error(seen);
    if (resumed && !plan.judges.empty()) {
      auto unjudged = UnjudgedAnswers::open(outcome.run_path);
      if (!unjudged) return forward_error(unjudged);
      plan.unjudged = std::move(*unjudged);
    }
    auto spent = (*writer)->spent_usd();
    if (!spent) return forward_error(spent);
    auto embedding = embedding_spent(plan, outcome.run_path);
    if (!embedding) return forward_error(embedding);
    Budget budget(config.budget_usd, *spent + *embedding);

    RunPlanSummary summary = summarize(plan);
    summary.run_path = outcome.run_path;
    summary.resumed = resumed;
    observer.on_plan(summary);
    if (resumed) tell_of_prices(outcome.run_path, results, observer);

    dispatched = dispatch(plan, **writer, budget, reusable, observer, stop);
    conclude(config, plan, dispatched, outcome);
    if (dispatched.cut > 0) {
      observer.on_message(std::to_string(dispatched.cut) + " of " + std::to_string(dispatched.answered) +
                          " prompts did not fit the model's context and were cut (`note` in their records says how)");
    }
    if (auto finished = (*writer)->finish(outcome.state); !finished && outcome.exit_code == 0) {
      return forward_error(finished);
    }
  }
  if (outcome.exit_code == exit_code(ErrorKind::kUsage) && !resumed) {
    // No model answered anything: a file of nothing but one refusal is of no use to anyone.
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::error_code ignored;
      std::filesystem::remove(outcome.run_path + suffix, ignored);
    }
    outcome.run_path.clear();
  }
  return outcome;
}

}  // namespace assay
