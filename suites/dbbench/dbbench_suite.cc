#include "suites/dbbench/dbbench_suite.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/dbbench/answer_list.h"
#include "suites/dbbench/starter.h"
#include "suites/dbbench/table_md5.h"
#include "suites/dbbench/task.h"
#include "suites/dbbench/turn.h"
#include "suites/known_options.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/text_to_sql/execution/worker_pool.h"

namespace assay::dbbench {
namespace {

using text_to_sql::QueryOutcome;
using text_to_sql::QueryStatus;

constexpr const char* kVersion = "1";
constexpr const char* kProtocol = "generate";
constexpr int kMaxTokens = 512;
constexpr int kDefaultRounds = 15;  // the reference's configuration
constexpr int kMostRounds = 100;
constexpr std::uint32_t kTimeoutMs = 10'000;

std::vector<Protocol> protocols() { return {{kProtocol, {Ability::kChat}, 0}}; }
std::vector<std::string> option_names() { return {"split", "max_rounds", "workers", "worker_program"}; }

/// The suite's own options.
struct Settings {
  std::string file = "agentbench/dbbench/standard.jsonl";
  std::string prefix = "dbbench/";
  int max_rounds = kDefaultRounds;
  text_to_sql::WorkerPoolOptions workers;
};

Result<int> whole_number(const std::string& key, const std::string& value, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < 1 || number > most) {
    return usage_error("dbbench: " + key + " is '" + value + "' where 1 to " + std::to_string(most) + " is expected");
  }
  return number;
}

Result<Settings> settings_of(const SuiteOptions& options) {
  Settings settings;
  for (const auto& [key, value] : options.extra) {
    if (key == "split") {
      if (value != "standard" && value != "dev") {
        return usage_error("dbbench: split is '" + value + "'" + did_you_mean(value, {"standard", "dev"}) +
                           " where standard or dev is expected");
      }
      settings.file = "agentbench/dbbench/" + value + ".jsonl";
      if (value == "dev") settings.prefix = "dbbench/dev/";
    } else if (key == "max_rounds" || key == "workers") {
      Result<int> number = whole_number(key, value, kMostRounds);
      if (!number) return forward_error(number);
      if (key == "max_rounds") settings.max_rounds = *number;
      if (key == "workers") settings.workers.workers = static_cast<std::size_t>(*number);
    } else {
      settings.workers.program = value;
    }
  }
  return settings;
}

std::string kind_of(const Task& task) { return task.is_change() ? task.type : "SELECT"; }

class Source : public ItemSource {
 public:
  Source(reading::JsonlReader rows, std::string prefix) : rows_(std::move(rows)), prefix_(std::move(prefix)) {}

  Result<std::optional<Item>> next() override {
    Result<std::optional<reading::JsonObject>> row = rows_.next();
    if (!row) return forward_error(row);
    if (!*row) return std::optional<Item>();
    Result<Task> task = parse_task(**row);
    if (!task) return forward_error(task);
    Item item;
    item.id = prefix_ + std::to_string(order_);
    item.order = order_++;
    item.groups = {{"kind", kind_of(*task)}, {"type", task->type}};
    item.question = std::move(task->question);
    for (const std::string& label : task->labels) item.target += (item.target.empty() ? "" : "; ") + label;
    item.fields = fields_of(std::move(*task));
    return std::optional<Item>(std::move(item));
  }

 private:
  reading::JsonlReader rows_;
  std::string prefix_;
  std::int64_t order_ = 0;
};

class DbBenchSuite : public Suite {
 public:
  DbBenchSuite(SuiteOptions options, const Settings& settings, reading::DataFile file)
      : options_(std::move(options)), prefix_(settings.prefix), file_(std::move(file)), pool_(settings.workers) {
    limits_.timeout_ms = kTimeoutMs;
    limits_.max_rows = 100'000;
    info_ = {.name = "dbbench",
             .version = kVersion,
             .title = "AgentBench dbbench: work on a database by SQL, turn by turn",
             .protocols = protocols(),
             .metrics = {{"accuracy_macro", "accuracy", Aggregation::kMacroMean, 0, "kind", true},
                         {"accuracy", "accuracy", Aggregation::kMean, 0, "", false}},
             .group_levels = {"kind", "type"},
             .max_turns = settings.max_rounds + 1};
  }

  /// Errors: workers that do not start.
  Result<void> check() { return pool_.check(); }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    Result<reading::JsonlReader> rows = reading::JsonlReader::open(file_);
    if (!rows) return forward_error(rows);
    return std::make_unique<Source>(std::move(*rows), prefix_);
  }

  Result<std::string> data_sha256() const override { return reading::data_set_sha256({file_}); }

  Request ask(const Item& item, int sample) const override {
    GenerateRequest body;
    body.messages = {{Role::kUser, rules() + "\n\n" + item.question}};
    body.max_tokens = options_.max_tokens.value_or(kMaxTokens);
    body.temperature = options_.temperature.value_or(0);
    body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
    return {item.id, item.order, sample, std::move(body)};
  }

  std::optional<Request> next_turn(const Item& item, const Request& asked,
                                   const Completion& completion) const override {
    if (!turns_.operation(completion.text)) return std::nullopt;
    Request next = asked;
    auto& body = std::get<GenerateRequest>(next.body);
    body.messages.push_back({Role::kAssistant, completion.text});
    const QueryOutcome outcome = after(item, statements_in(body.messages));
    if (outcome.status == QueryStatus::kUnavailable) return std::nullopt;  // the machine's fault: not judged either
    body.messages.push_back({Role::kUser, told(outcome)});
    return next;
  }

  Score score(const Item& item, const Completion& completion) const override {
    return score_episode(item, ask(item, 0), completion);
  }

  Score score_episode(const Item& item, const Request& asked, const Completion& completion) const override {
    const std::vector<Message>& messages = std::get<GenerateRequest>(asked.body).messages;
    const std::vector<std::string> statements = statements_in(messages);
    const Task task = task_of(item);
    Score score = task.is_change() ? judge_change(item, task, statements) : judge_answer(task, completion);
    // What is run last is not told any more where the turns are used up; a change is judged by what was run.
    if (score.value == 0 && score.not_judged.empty() && turns_.operation(completion.text)) {
      score.why = "the turns are used up; " + score.why;
    }
    score.values = {{"accuracy", score.value}, {kTurnsValue, static_cast<double>(statements.size() + 1)}};
    return score;
  }

 private:
  // The statements that were run: of every turn but the last.
  [[nodiscard]] std::vector<std::string> statements_in(const std::vector<Message>& messages) const {
    std::vector<std::string> statements;
    for (const Message& message : messages) {
      if (message.role != Role::kAssistant) continue;
      statements.push_back(turns_.operation(message.content).value_or(""));
    }
    return statements;
  }

  // The outcome of the last of the statements, all of them run on the item's table from its beginning.
  [[nodiscard]] QueryOutcome after(const Item& item, const std::vector<std::string>& statements) const {
    return pool_.run_on_scratch(table_of(task_of(item).table_json), statements, limits_);
  }

  [[nodiscard]] QueryOutcome table_after(const Item& item, std::vector<std::string> statements) const {
    std::string name = "`";
    for (const char c : table_of(task_of(item).table_json).name) name += c == '`' ? "``" : std::string(1, c);
    statements.push_back("SELECT * FROM " + name + "`");
    return after(item, statements);
  }

  [[nodiscard]] Score judge_change(const Item& item, const Task& task,
                                   const std::vector<std::string>& statements) const {
    Score score;
    for (const std::string& statement : statements)
      score.extracted += (score.extracted.empty() ? "" : "; ") + statement;
    const QueryOutcome changed = table_after(item, statements);
    if (changed.status != QueryStatus::kRows) {
      if (changed.status == QueryStatus::kUnavailable) score.not_judged = changed.message;
      score.why = "the table cannot be read afterwards: " + changed.message;
      return score;
    }
    const std::string md5 = table_md5(changed.table);
    if (md5 == task.md5) {
      score.value = 1;
      score.why = "the table is as it should be";
      return score;
    }
    // A few hashes hold what MySQL alone makes of the right statement (its escapes in texts, its loose comparisons).
    const QueryOutcome right = table_after(item, task.labels);
    score.value = right.status == QueryStatus::kRows && md5 == table_md5(right.table) ? 1 : 0;
    score.why = score.value == 1     ? "the table is as after the right statement"
                : statements.empty() ? "nothing was run"
                                     : "the table is not as it should be";
    return score;
  }

  [[nodiscard]] Score judge_answer(const Task& task, const Completion& completion) const {
    Score score;
    const std::optional<std::string> answer = turns_.final_answer(completion.text);
    if (!answer) {
      score.why = completion.finish == FinishReason::kLength ? "no final answer before the token limit"
                                                             : "neither an operation nor a final answer";
      return score;
    }
    score.extracted = *answer;
    const std::vector<std::string> gold = cleaned(task.labels);
    score.value = same_answers(stated_answers(repaired_utf8(*answer)), gold) ? 1 : 0;
    score.why = score.value == 1 ? "the right answer" : "another answer";
    return score;
  }

  SuiteOptions options_;
  std::string prefix_;
  reading::DataFile file_;
  mutable text_to_sql::WorkerPool pool_;  // thread-safe
  text_to_sql::QueryLimits limits_;
  TurnReader turns_;
  SuiteInfo info_;
};

}  // namespace

SuiteEntry entry() {
  return {"dbbench",
          "questions about tables and changes of them by SQL, turn by turn, 300 tasks",
          protocols(),
          option_names(),
          0,
          0,
          {"agentbench/dbbench/standard.jsonl"},
          make};
}

Result<std::unique_ptr<Suite>> make(const SuiteOptions& options) {
  if (Result<Protocol> known = known_protocol("dbbench", protocols(), option_names(), options, ""); !known) {
    return forward_error(known);
  }
  Result<Settings> settings = settings_of(options);
  if (!settings) return forward_error(settings);
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  Result<reading::DataFile> file = folder.find(options.starter ? "dbbench/standard.jsonl" : settings->file);
  if (!file) return forward_error(file);
  auto suite = std::make_unique<DbBenchSuite>(options, *settings, std::move(*file));
  if (Result<void> started = suite->check(); !started) return forward_error(started);
  return suite;
}

}  // namespace assay::dbbench
