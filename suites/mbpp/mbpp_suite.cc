#include "suites/mbpp/mbpp_suite.h"

#include <array>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/humaneval/execution_options.h"
#include "suites/humaneval/program_score.h"
#include "suites/mbpp/starter.h"
#include "suites/mbpp/task.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/sandbox/sandbox.h"

namespace assay::mbpp {
namespace {

constexpr const char* kVersion = "1";
constexpr const char* kFile = "mbpp/mbpp.jsonl";
constexpr std::array<const char*, 2> kProtocols{"generate/complete", "generate/chat"};
constexpr const char* kComplete = kProtocols[0];
constexpr const char* kChat = kProtocols[1];
constexpr std::array<std::int64_t, 3> kExamples{2, 3, 4};  // the paper's, and lm-evaluation-harness'
constexpr int kShots = static_cast<int>(kExamples.size());

std::vector<Protocol> protocols() { return {{kComplete, {Ability::kGenerate}, kShots}, {kChat, {Ability::kChat}, 0}}; }

std::string joined_tests(const Task& task) {
  std::string text;
  for (const std::string& test : task.tests) text += (text.empty() ? "" : "\n") + test;
  return text;
}

// The paper's prompt as lm-evaluation-harness' mbpp.yaml has it.
std::string question(const Task& task) {
  return "You are an expert Python programmer, and here is your task: " + task.text +
         " Your code should pass these tests:\n\n" + joined_tests(task) + "\n[BEGIN]\n";
}

// Of the answer to generate/chat: the first block of code, or all of the text where there is none.
std::string first_block(const std::string& text) {
  const std::size_t open = text.find("```");
  if (open == std::string::npos) return text;
  const std::size_t begin = text.find('\n', open);
  if (begin == std::string::npos) return "";
  const std::size_t close = text.find("```", begin);
  return text.substr(begin + 1, close == std::string::npos ? std::string::npos : close - begin - 1);
}

class Source : public ItemSource {
 public:
  explicit Source(reading::JsonlReader rows) : rows_(std::move(rows)) {}

  Result<std::optional<Item>> next() override {
    for (;;) {
      Result<std::optional<reading::JsonObject>> row = rows_.next();
      if (!row) return forward_error(row);
      if (!*row) return std::optional<Item>();
      Result<Task> task = parse_task(**row);
      if (!task) return forward_error(task);
      if (!task_ids_.insert(task->task_id).second) {
        return usage_error((*row)->where() + ": the task_id " + std::to_string(task->task_id) + " is there twice");
      }
      if (task->is_test()) return std::optional<Item>(to_item(*task, order_++));
    }
  }

 private:
  reading::JsonlReader rows_;
  std::unordered_set<std::int64_t> task_ids_;
  std::int64_t order_ = 0;
};

class MbppSuite : public Suite {
 public:
  MbppSuite(SuiteOptions options, humaneval::ExecutionOptions execution, const std::vector<int>& ks,
            reading::DataFile file, std::string examples, std::unique_ptr<sandbox::Sandbox> sandbox)
      : options_(std::move(options)),
        execution_(std::move(execution)),
        file_(std::move(file)),
        examples_(std::move(examples)),
        sandbox_(std::move(sandbox)) {
    info_ = {.name = "mbpp",
             .version = kVersion,
             .title = "MBPP: short Python functions to write, judged by running their tests",
             .protocols = protocols(),
             .metrics = humaneval::program_metrics(ks),
             .group_levels = {},
             .default_shots = kShots,
             .max_shots = kShots,
             .notes = humaneval::isolation_notes(*sandbox_)};
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    Result<reading::JsonlReader> rows = reading::JsonlReader::open(file_);
    if (!rows) return forward_error(rows);
    return std::make_unique<Source>(std::move(*rows));
  }

  Result<std::string> data_sha256() const override { return reading::data_set_sha256({file_}); }

  Request ask(const Item& item, int sample) const override {
    const Task task = from_item(item);
    GenerateRequest body;
    body.temperature = options_.temperature.value_or(options_.samples > 1 ? 0.8 : 0);
    if (body.temperature > 0) body.top_p = 0.95;
    body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
    if (options_.protocol == kComplete) {
      body.max_tokens = options_.max_tokens.value_or(256);
      body.prompt = examples_ + question(task);
      body.stop = {"[DONE]"};
    } else {
      body.max_tokens = options_.max_tokens.value_or(1024);
      body.messages = {{Role::kUser, "You are an expert Python programmer, and here is your task:\n" + task.text +
                                         "\nYour code should pass these tests:\n" + joined_tests(task) +
                                         "\nReply with the code alone, in one ```python block."}};
    }
    return {item.id, item.order, sample, std::move(body)};
  }

  Score score(const Item& item, const Completion& completion) const override {
    std::string program = options_.protocol == kChat ? first_block(completion.text) : completion.text;
    const sandbox::Trial trial{.program = program, .check = check_source(from_item(item))};
    return humaneval::program_score(sandbox_->judge(trial, execution_.limits), std::move(program));
  }

 private:
  SuiteOptions options_;
  humaneval::ExecutionOptions execution_;
  reading::DataFile file_;
  std::string examples_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;  // thread-safe
  SuiteInfo info_;
};

// The first `shots` of the worked examples, as they stand before the question.
Result<std::string> read_examples(const reading::DataFile& file, int shots) {
  std::string text;
  Result<reading::JsonlReader> rows = reading::JsonlReader::open(file);
  if (!rows) return forward_error(rows);
  int found = 0;
  while (found < shots) {
    Result<std::optional<reading::JsonObject>> row = rows->next();
    if (!row) return forward_error(row);
    if (!*row) {
      return usage_error(file.shown + ": task " + std::to_string(kExamples.at(static_cast<std::size_t>(found))) +
                         " is missing, an example of the prompt; use the authors' whole file, or --shots 0");
    }
    Result<Task> task = parse_task(**row);
    if (!task) return forward_error(task);
    if (task->task_id != kExamples.at(static_cast<std::size_t>(found))) continue;
    text += question(*task) + task->code + "\n[DONE]\n\n";
    ++found;
  }
  return text;
}

}  // namespace

SuiteEntry entry() {
  return {"mbpp",          "500 short Python functions to write, judged by running them in a sandbox",
          protocols(),     humaneval::execution_option_names(),
          kShots,          kShots,
          {kFile},         make,
          {"mbpp/TASK_ID"}};
}

Result<std::unique_ptr<Suite>> make(const SuiteOptions& options) {
  bool known = false;
  for (const char* protocol : kProtocols) known = known || options.protocol == protocol;
  if (!known) {
    return usage_error("mbpp: unknown protocol '" + options.protocol + "'" +
                       did_you_mean(options.protocol, {kProtocols.begin(), kProtocols.end()}) + "; it has " +
                       kComplete + ", " + kChat);
  }
  if (options.shots < 0 || options.shots > (options.protocol == kComplete ? kShots : 0)) {
    return usage_error("mbpp: " + std::to_string(options.shots) + " shots: protocol " + options.protocol +
                       " has 0 to " + std::to_string(options.protocol == kComplete ? kShots : 0));
  }
  Result<humaneval::ExecutionOptions> execution =
      humaneval::parse_execution_options(options, "mbpp", humaneval::execution_option_names());
  if (!execution) return forward_error(execution);
  Result<std::vector<int>> ks = humaneval::parse_ks(execution->k, options.samples, "mbpp");
  if (!ks) return forward_error(ks);
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  Result<reading::DataFile> file = folder.find(kFile);
  if (!file) return forward_error(file);
  Result<std::string> examples = read_examples(*file, options.shots);
  if (!examples) return forward_error(examples);
  Result<std::unique_ptr<sandbox::Sandbox>> sandbox = sandbox::Sandbox::create(execution->sandbox);
  if (!sandbox) return forward_error(sandbox);
  return std::make_unique<MbppSuite>(options, std::move(*execution), *ks, std::move(*file), std::move(*examples),
                                     std::move(*sandbox));
}

}  // namespace assay::mbpp
