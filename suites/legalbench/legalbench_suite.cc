#include "suites/legalbench/legalbench_suite.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/known_options.h"
#include "suites/legalbench/judging.h"
#include "suites/legalbench/prompt_template.h"
#include "suites/legalbench/starter.h"
#include "suites/legalbench/task.h"
#include "suites/reading/csv_reader.h"
#include "suites/reading/data_file.h"
#include "suites/reading/python_text.h"

namespace assay::legalbench {
namespace {

constexpr const char* kVersion = "1";
constexpr const char* kTasks = "legalbench/tasks";
constexpr const char* kPreRelease = "legalbench/pre-release-2023-03";
constexpr int kMaxTokens = 64;
constexpr std::array<const char*, 2> kProtocols{"generate", "generate/chat"};

std::vector<Protocol> protocols() {
  std::vector<Protocol> list{{kProtocols[0], {Ability::kGenerate}, 0}, {kProtocols[1], {Ability::kChat}, 0}};
  for (Protocol& protocol : list) protocol.has_own_examples = true;
  return list;
}

// Item::fields
enum Field : std::size_t { kTask };

/// A task that is asked: its prompt, and where its items are.
struct Task {
  std::string name;
  Judging judging = Judging::kExact;
  PromptTemplate prompt;
  reading::DataFile prompt_file;
  reading::DataFile items;
};

/// The columns of a task's file that matter.
struct Columns {
  std::vector<std::size_t> prompt;
  std::size_t answer = 0;
  std::size_t count = 0;
};

// The published files call the gold answer "answer", those from before the release "label".
Result<Columns> columns_of(const Task& task, const std::vector<std::string>& header) {
  Columns columns;
  columns.count = header.size();
  auto answer = std::find(header.begin(), header.end(), "answer");
  if (answer == header.end()) answer = std::find(header.begin(), header.end(), "label");
  if (answer == header.end()) {
    return usage_error(task.items.shown + ":1: has no column \"answer\" (or \"label\"); is it the right file?");
  }
  columns.answer = static_cast<std::size_t>(answer - header.begin());
  Result<std::vector<std::size_t>> places = task.prompt.places(header);
  if (!places) return forward_error(places);
  columns.prompt = std::move(*places);
  return columns;
}

/// Goes through the files of the tasks, one after the other.
class Source : public ItemSource {
 public:
  explicit Source(std::shared_ptr<const std::vector<Task>> tasks) : tasks_(std::move(tasks)) {}

  Result<std::optional<Item>> next() override {
    while (true) {
      if (task_ == tasks_->size()) return std::optional<Item>();
      if (!rows_) {
        if (Result<void> opened = open(); !opened) return forward_error(opened);
      }
      Result<const reading::CsvRow*> row = rows_->next(columns_.count);
      if (!row) return forward_error(row);
      if (*row != nullptr) return item((*row)->fields);
      if (row_ == 0) return usage_error((*tasks_)[task_].items.shown + ": has a header and no items; fetch it again");
      rows_.reset();
      ++task_;
    }
  }

 private:
  Result<void> open() {
    Result<reading::CsvReader> rows = reading::CsvReader::open((*tasks_)[task_].items, '\t');
    if (!rows) return forward_error(rows);
    Result<const reading::CsvRow*> header = rows->next();
    if (!header) return forward_error(header);
    if (*header == nullptr) return usage_error((*tasks_)[task_].items.shown + ": has no header; fetch it again");
    Result<Columns> columns = columns_of((*tasks_)[task_], (*header)->fields);
    if (!columns) return forward_error(columns);
    columns_ = std::move(*columns);
    rows_.emplace(std::move(*rows));
    row_ = 0;
    return {};
  }

  Result<std::optional<Item>> item(const std::vector<std::string>& fields) {
    const Task& task = (*tasks_)[task_];
    const std::string& answer = fields[columns_.answer];
    if (reading::python_strip(answer).empty()) {
      return usage_error(rows_->where() + ": the answer is empty; fetch the file again");
    }
    if (Result<void> checked = check_answer(task.judging, answer); !checked) {
      return usage_error(rows_->where() + ": " + checked.error().message);
    }
    Item item;
    item.id = "legalbench/" + task.name + "/" + std::to_string(row_++);
    item.order = order_++;
    item.groups = {
        {"reasoning", reasoning_of(task.name)}, {"task", task.name}, {"class", gold_class(task.judging, answer)}};
    item.cluster = task.name;
    item.question = task.prompt.filled(columns_.prompt, fields);
    item.target = answer;
    item.fields = {task.name};
    return std::optional<Item>(std::move(item));
  }

  std::shared_ptr<const std::vector<Task>> tasks_;
  std::size_t task_ = 0;
  std::optional<reading::CsvReader> rows_;
  Columns columns_;
  std::int64_t row_ = 0;
  std::int64_t order_ = 0;
};

class LegalBenchSuite : public Suite {
 public:
  LegalBenchSuite(SuiteOptions options, std::vector<Task> tasks)
      : options_(std::move(options)), tasks_(std::make_shared<const std::vector<Task>>(std::move(tasks))) {
    info_ = {"legalbench",
             kVersion,
             "LegalBench: tasks of legal reasoning, each with its own prompt and metric",
             protocols(),
             {{"balanced_accuracy_macro", "task_score", Aggregation::kMacroBalancedAccuracy, 0, "task", true},
              {"accuracy", "accuracy", Aggregation::kMean, 0, "", false}},
             {"reasoning", "task"},
             0,
             0};
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override { return std::make_unique<Source>(tasks_); }

  Result<std::string> data_sha256() const override {
    std::vector<reading::DataFile> files;
    for (const Task& task : *tasks_) {
      files.push_back(task.prompt_file);
      files.push_back(task.items);
    }
    return reading::data_set_sha256(files);
  }

  Request ask(const Item& item, int sample) const override {
    GenerateRequest body;
    if (options_.protocol == kProtocols[1]) {
      body.messages = {{Role::kUser, item.question}};
    } else {
      body.prompt = item.question;
      body.stop = {"\n"};
    }
    body.max_tokens = options_.max_tokens.value_or(kMaxTokens);
    body.temperature = options_.temperature.value_or(0);
    body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
    return {item.id, item.order, sample, std::move(body)};
  }

  Score score(const Item& item, const Completion& completion) const override {
    Judgement judgement = judge(judging_of(item.fields.at(kTask)), repaired_utf8(completion.text), item.target);
    Score score;
    score.value = judgement.value;
    score.values = {{"task_score", judgement.value}, {"accuracy", judgement.value >= 1 ? 1.0 : 0.0}};
    if (judgement.weight != 1) score.values.emplace_back("#task_score_weight", judgement.weight);
    score.extracted = std::move(judgement.extracted);
    score.why = std::move(judgement.why);
    return score;
  }

 private:
  SuiteOptions options_;
  std::shared_ptr<const std::vector<Task>> tasks_;  // sources hold them too
  SuiteInfo info_;
};

/// The names of the tasks whose prompt and items are there, and where the items are.
std::vector<std::pair<std::string, std::string>> tasks_there(const reading::DataFolder& folder) {
  std::vector<std::pair<std::string, std::string>> there;
  for (const std::string& name : folder.subfolders(kTasks)) {
    if (!folder.has(std::string(kTasks) + "/" + name + "/base_prompt.txt")) continue;
    for (const char* place : {kTasks, kPreRelease}) {
      std::string items = std::string(place) + "/" + name + "/test.tsv";
      if (!folder.has(items)) continue;
      there.emplace_back(name, std::move(items));
      break;
    }
  }
  return there;
}

// The whole prompt; line ends as Python reads them.
Result<std::string> prompt_text(const reading::DataFile& file) {
  Result<std::unique_ptr<reading::ByteStream>> stream = file.open();
  if (!stream) return forward_error(stream);
  constexpr std::size_t kMost = std::size_t{1} << 20;
  std::string text(kMost + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    Result<std::size_t> count = (*stream)->read(text.data() + size, text.size() - size);
    if (!count) return forward_error(count);
    if (*count == 0) break;
    size += *count;
  }
  text.resize(size);
  if (size > kMost) return usage_error(file.shown + ": is longer than 1 MiB; this is no prompt");
  if (const std::size_t bad = invalid_utf8_at(text); bad != std::string::npos || text.find('\0') != std::string::npos) {
    return usage_error(file.shown + ": is not text in UTF-8; fetch the file again");
  }
  return reading::python_replace(text, "\r\n", "\n");
}

Result<Task> opened_task(const reading::DataFolder& folder, const std::string& name, const std::string& items) {
  Result<reading::DataFile> prompt_file = folder.find(std::string(kTasks) + "/" + name + "/base_prompt.txt");
  if (!prompt_file) return forward_error(prompt_file);
  Result<reading::DataFile> items_file = folder.find(items);
  if (!items_file) return forward_error(items_file);
  Result<std::string> text = prompt_text(*prompt_file);
  if (!text) return forward_error(text);
  Result<PromptTemplate> prompt = PromptTemplate::parse(*text, prompt_file->shown);
  if (!prompt) return forward_error(prompt);
  return Task{name, judging_of(name), std::move(*prompt), std::move(*prompt_file), std::move(*items_file)};
}

Result<std::vector<Task>> chosen_tasks(const SuiteOptions& options, const reading::DataFolder& folder) {
  std::vector<std::string> globs;
  for (const auto& [key, value] : options.extra) {
    std::vector<std::string> names = comma_separated(value);
    if (names.empty()) return usage_error("legalbench: the option 'tasks' names none; it takes names or globs");
    globs.insert(globs.end(), names.begin(), names.end());
  }
  const auto there = tasks_there(folder);
  if (there.empty()) {
    Result<reading::DataFile> none = folder.find(std::string(kTasks) + "/TASK/test.tsv");
    return usage_error(none.error().message + "; TASK is any of its tasks");
  }
  std::vector<std::string> names;
  for (const auto& [name, items] : there) names.push_back(name);
  for (const std::string& glob : globs) {
    if (std::none_of(names.begin(), names.end(), [&](const std::string& name) { return glob_match(glob, name); })) {
      return usage_error("legalbench: no task '" + glob + "'" + did_you_mean(glob, names) +
                         " with prompt and test.tsv (" + std::to_string(names.size()) + " tasks have both, " +
                         names.front() + " to " + names.back() + ")");
    }
  }
  std::vector<Task> tasks;
  for (const auto& [name, items] : there) {
    const auto named =
        std::find_if(globs.begin(), globs.end(), [&](const auto& glob) { return glob_match(glob, name); });
    if (!globs.empty() && named == globs.end()) continue;
    if (judging_of(name) == Judging::kByHand) {
      if (named == globs.end() || *named != name) continue;
      return usage_error("legalbench: " + name + " is judged by hand, it has no metric; leave it out of 'tasks'");
    }
    Result<Task> task = opened_task(folder, name, items);
    if (!task) return forward_error(task);
    tasks.push_back(std::move(*task));
  }
  if (tasks.empty()) return usage_error("legalbench: no task is left that has a metric");
  return tasks;
}

}  // namespace

SuiteEntry entry() {
  return {"legalbench",
          "tasks of legal reasoning with their authors' prompts and metrics",
          protocols(),
          {"tasks"},
          0,
          0,
          {"legalbench/tasks/*"},
          make};
}

Result<std::unique_ptr<Suite>> make(const SuiteOptions& options) {
  if (Result<Protocol> known =
          known_protocol("legalbench", protocols(), {"tasks"}, options, "the prompts have their examples in them");
      !known) {
    return forward_error(known);
  }
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  Result<std::vector<Task>> tasks = chosen_tasks(options, folder);
  if (!tasks) return forward_error(tasks);
  return std::make_unique<LegalBenchSuite>(options, std::move(*tasks));
}

}  // namespace assay::legalbench
