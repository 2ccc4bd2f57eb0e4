#include "suites/humaneval/humaneval_suite.h"

#include <array>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/humaneval/check.h"
#include "suites/humaneval/execution_options.h"
#include "suites/humaneval/extraction.h"
#include "suites/humaneval/problem.h"
#include "suites/humaneval/program_score.h"
#include "suites/humaneval/starter.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/reading/python_text.h"
#include "suites/sandbox/sandbox.h"

namespace assay::humaneval {
namespace {

constexpr const char* kVersion = "1";
constexpr const char* kFile = "humaneval/HumanEval.jsonl";
constexpr const char* kPlusFile = "humaneval_plus/HumanEvalPlus.jsonl";
constexpr std::array<const char*, 3> kProtocols{"generate/complete", "generate/chat", "generate/chat-evalplus"};
constexpr const char* kComplete = kProtocols[0];
constexpr const char* kChat = kProtocols[1];
constexpr const char* kChatEvalplus = kProtocols[2];

std::vector<Protocol> protocols() {
  return {{kComplete, {Ability::kGenerate}, 0}, {kChat, {Ability::kChat}, 0}, {kChatEvalplus, {Ability::kChat}, 0}};
}

std::vector<std::string> option_names() {
  std::vector<std::string> names = execution_option_names();
  names.insert(names.end(), {"plus", "whole_program"});
  return names;
}

/// How a protocol asks, where the run does not say otherwise.
struct Asking {
  int max_tokens;
  double temperature;  ///< with several samples; one sample is greedy
};

// complete: lm-evaluation-harness' humaneval.yaml, and the paper's temperature for pass@100; chat: simple-evals'
// sampler; chat-evalplus: evalplus' codegen.
Asking asking_of(const std::string& protocol) {
  if (protocol == kComplete) return {1024, 0.8};
  if (protocol == kChat) return {1024, 0.5};
  return {768, 0.8};
}

class Source : public ItemSource {
 public:
  Source(reading::JsonlReader rows, bool plus) : rows_(std::move(rows)), plus_(plus) {}

  Result<std::optional<Item>> next() override {
    Result<std::optional<reading::JsonObject>> row = rows_.next();
    if (!row) return forward_error(row);
    if (!*row) return std::optional<Item>();
    Result<Problem> problem = parse_problem(**row, plus_);
    if (!problem) return forward_error(problem);
    if (!task_ids_.insert(problem->task_id).second) {
      return usage_error((*row)->where() + ": the task_id '" + on_one_line(problem->task_id) + "' is there twice");
    }
    return std::optional<Item>(to_item(*problem, order_++));
  }

 private:
  reading::JsonlReader rows_;
  bool plus_;
  std::unordered_set<std::string> task_ids_;
  std::int64_t order_ = 0;
};

class HumanEvalSuite : public Suite {
 public:
  HumanEvalSuite(SuiteOptions options, ExecutionOptions execution, const std::vector<int>& ks, reading::DataFile file,
                 std::unique_ptr<sandbox::Sandbox> sandbox)
      : options_(std::move(options)),
        execution_(std::move(execution)),
        file_(std::move(file)),
        sandbox_(std::move(sandbox)) {
    info_ = {.name = "humaneval",
             .version = kVersion,
             .title = execution_.plus ? "HumanEval+: functions to write, judged on EvalPlus' inputs"
                                      : "HumanEval: functions to write, judged by running them",
             .protocols = protocols(),
             .metrics = program_metrics(ks),
             .group_levels = {},
             .default_shots = 0,
             .max_shots = 0,
             .notes = isolation_notes(*sandbox_)};
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    Result<reading::JsonlReader> rows = reading::JsonlReader::open(file_);
    if (!rows) return forward_error(rows);
    return std::make_unique<Source>(std::move(*rows), execution_.plus);
  }

  Result<std::string> data_sha256() const override { return reading::data_set_sha256({file_}); }

  Request ask(const Item& item, int sample) const override {
    const Asking asking = asking_of(options_.protocol);
    GenerateRequest body;
    body.max_tokens = options_.max_tokens.value_or(asking.max_tokens);
    body.temperature = options_.temperature.value_or(options_.samples > 1 ? asking.temperature : 0);
    if (body.temperature > 0) body.top_p = 0.95;  // the paper's; with temperature 0 it has no effect
    body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
    if (options_.protocol == kComplete) {
      body.prompt = item.question;
      body.stop = {"\nclass", "\ndef", "\n#", "\nif", "\nprint"};
    } else if (options_.protocol == kChat) {
      body.messages = {{Role::kUser,
                        "Read the following function signature and docstring, and fully implement the function "
                        "described. Your response should only contain the code for this function.\n" +
                            item.question}};
    } else {
      body.messages = {{Role::kUser,
                        "Please provide a self-contained Python script that solves the following problem in a "
                        "markdown code block:\n```python\n" +
                            std::string(reading::python_strip(item.question)) + "\n```"}};
    }
    return {item.id, item.order, sample, std::move(body)};
  }

  Score score(const Item& item, const Completion& completion) const override {
    const Problem problem = from_item(item);
    sandbox::Trial trial;
    std::string extracted = completion.text;
    if (options_.protocol == kChatEvalplus) {
      trial.program = completion.text;
      trial.prepare = evalplus_preparation(problem.entry_point);
    } else {
      if (options_.protocol == kChat) extracted = simple_evals_code(completion.text);
      trial.program = (execution_.whole_program ? "" : problem.prompt) + extracted + "\n";
    }
    trial.check = execution_.plus ? plus_check_source(problem) : check_source(problem);
    return program_score(sandbox_->judge(trial, execution_.limits), std::move(extracted));
  }

 private:
  SuiteOptions options_;
  ExecutionOptions execution_;
  reading::DataFile file_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;  // thread-safe
  SuiteInfo info_;
};

}  // namespace

SuiteEntry entry() {
  return {"humaneval",
          "164 Python functions to write, judged by running them in a sandbox",
          protocols(),
          option_names(),
          0,
          0,
          {kFile},
          make,
          {"humaneval/HumanEval/NUMBER"}};
}

Result<std::unique_ptr<Suite>> make(const SuiteOptions& options) {
  bool known = false;
  for (const char* protocol : kProtocols) known = known || options.protocol == protocol;
  if (!known) {
    return usage_error("humaneval: unknown protocol '" + options.protocol + "'" +
                       did_you_mean(options.protocol, {kProtocols.begin(), kProtocols.end()}) + "; it has " +
                       kComplete + ", " + kChat + ", " + kChatEvalplus);
  }
  if (options.shots != 0) {
    return usage_error("humaneval: " + std::to_string(options.shots) +
                       " shots where none can be given: it has no examples; use --shots 0");
  }
  Result<ExecutionOptions> execution = parse_execution_options(options, "humaneval", option_names());
  if (!execution) return forward_error(execution);
  Result<std::vector<int>> ks = parse_ks(execution->k, options.samples, "humaneval");
  if (!ks) return forward_error(ks);
  if (execution->whole_program && options.protocol != kComplete) {
    return usage_error("humaneval: whole_program is for protocol " + std::string(kComplete) +
                       " alone; the others take programs apart themselves");
  }
  if (options.starter && execution->plus) return usage_error("humaneval: the starter items have no plus inputs");
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  Result<reading::DataFile> file = folder.find(execution->plus ? kPlusFile : kFile);
  if (!file) return forward_error(file);
  Result<std::unique_ptr<sandbox::Sandbox>> sandbox = sandbox::Sandbox::create(execution->sandbox);
  if (!sandbox) return forward_error(sandbox);
  return std::make_unique<HumanEvalSuite>(options, std::move(*execution), *ks, std::move(*file), std::move(*sandbox));
}

}  // namespace assay::humaneval
