#include "suites/text_to_sql/text_to_sql.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "harness/core/hash.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/text_to_sql/comparison/defog_match.h"
#include "suites/text_to_sql/datasets/column_descriptions.h"
#include "suites/text_to_sql/datasets/dataset.h"
#include "suites/text_to_sql/datasets/starter_text.h"
#include "suites/text_to_sql/execution/postgres_database.h"
#include "suites/text_to_sql/execution/worker_pool.h"
#include "suites/text_to_sql/prompt/extraction.h"
#include "suites/text_to_sql/query_judge.h"
#include "suites/text_to_sql/suite_settings.h"

namespace assay {
namespace text_to_sql {
namespace {

constexpr int kMaxShots = 16;

/// Items that are in memory already.
class StoredItems : public ItemSource {
 public:
  explicit StoredItems(const std::vector<Item>& items) : items_(items) {}
  Result<std::optional<Item>> next() override {
    if (next_ == items_.size()) return std::optional<Item>();
    return std::optional<Item>(items_[next_++]);
  }

 private:
  const std::vector<Item>& items_;
  std::size_t next_ = 0;
};

unsigned cores() { return std::max(1U, std::thread::hardware_concurrency()); }

/// Workers know nothing of our environment but what libpq needs to reach a user's PostgreSQL.
std::vector<std::string> worker_environment(const SuiteSettings& settings) {
  std::vector<std::string> variables;
  if (!is_postgres(settings.own.database)) return variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (text.starts_with("PG") || text.starts_with("HOME=")) variables.emplace_back(text);
  }
  return variables;
}

class TextToSql : public Suite {
 public:
  TextToSql(const SuiteOptions& options, SuiteSettings settings)
      : options_(options),
        settings_(std::move(settings)),
        pool_({settings_.worker_program, settings_.workers, worker_environment(settings_)}),
        store_(pool_),
        judge_(pool_, settings_.rules) {
    source_.folder = reading::DataFolder::on_disk(options.data_dir);
    source_.directory = options.data_dir;
    source_.without_database = settings_.without_database;
  }

  /// Reads the data set and checks what can be checked before a model is asked.
  Result<void> prepare() {
    if (Result<void> started = pool_.check(); !started) return forward_error(started);
    Result<Dataset> dataset = read();
    if (!dataset) return forward_error(dataset);
    dataset_ = std::move(*dataset);
    if (dataset_.items.empty()) {
      std::string why = "text_to_sql: no question of " + settings_.dataset + " has its database";
      if (!dataset_.missing.empty()) why += " (" + dataset_.missing.front() + ", …)";
      return usage_error(why + "; put them under the data folder, or make prompts only with without_database=prompt");
    }
    if (Result<void> checked = check_golds(); !checked) return forward_error(checked);
    if (Result<void> described = describe_databases(); !described) return forward_error(described);
    if (Result<void> chosen = choose_examples(); !chosen) return forward_error(chosen);
    fill_info();
    return {};
  }

  [[nodiscard]] const SuiteInfo& info() const override { return info_; }

  [[nodiscard]] Result<std::unique_ptr<ItemSource>> load() const override {
    return std::unique_ptr<ItemSource>(new StoredItems(dataset_.items));
  }

  [[nodiscard]] Result<std::string> data_sha256() const override {
    if (settings_.dataset == "starter") {
      return sha256_hex(std::string(starter_script()) + std::string(starter_questions()));
    }
    Result<std::vector<reading::DataFile>> files =
        dataset_files(settings_.dataset, source_, settings_.defog_files, settings_.own);
    if (!files) return forward_error(files);
    return reading::data_set_sha256(*files);
  }

  [[nodiscard]] Request ask(const Item& item, int sample) const override {
    const Question question = question_of(item);
    const auto schema = schemas_.find(question.database);
    std::vector<Example> examples;
    for (const Item* candidate : candidates_) {
      if (static_cast<int>(examples.size()) >= options_.shots) break;
      if (candidate->cluster != item.cluster || candidate->cluster.empty()) {
        examples.push_back({candidate->question, first_gold(candidate->target)});
      }
    }
    GenerateRequest body =
        make_prompt(question, schema == schemas_.end() ? Schema{} : schema->second, examples, settings_.prompt);
    body.max_tokens = options_.max_tokens.value_or(512);
    body.temperature = options_.temperature.value_or(options_.samples > 1 ? 0.8 : 0.0);
    body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
    Request request;
    request.item = item.id;
    request.order = item.order;
    request.sample = sample;
    request.body = std::move(body);
    return request;
  }

  [[nodiscard]] Score score(const Item& item, const Completion& completion) const override {
    const bool continues = settings_.prompt.form == PromptForm::kCompletion;
    const ExtractedQuery query = extract_query(completion.text, continues);
    Score score;
    score.extracted = query.sql;
    Judgement judgement;
    const Question question = question_of(item);
    if (query.sql.empty()) {
      judgement.why = query.rule;
      judgement.status = QueryStatus::kError;
    } else if (question.files.empty()) {
      judgement.why = "the database is not there: prompts only";
      judgement.unavailable = true;
    } else {
      judgement = judge_.judge(question, query.sql);
      judgement.why += " [" + query.rule + "]";
    }
    if (!judgement.match && completion.finish == FinishReason::kLength) judgement.why += " [answer cut off by length]";
    score.value = judgement.match ? 1 : 0;
    score.values = {{"execution_accuracy", score.value},
                    {"valid_sql", judgement.status == QueryStatus::kRows && !query.sql.empty() ? 1.0 : 0.0}};
    if (settings_.rules.comparison == Comparison::kDefog) {
      score.values.emplace_back("exact_match", judgement.exact ? 1 : 0);
    }
    if (judgement.unavailable) score.not_judged = judgement.why;
    score.why = std::move(judgement.why);
    score.detail = std::move(judgement.detail);
    return score;
  }

  /// Gold queries that fail, or that a second run, another order of reading or another day may change.
  [[nodiscard]] std::vector<ItemDefect> gold_defects() const {
    std::vector<std::optional<GoldDefect>> found(dataset_.items.size());
    std::atomic<std::size_t> next = 0;
    {
      std::vector<std::jthread> threads;
      for (unsigned t = 0; t < cores(); ++t) {
        threads.emplace_back([&] {
          for (std::size_t i = next++; i < found.size(); i = next++) {
            const Question question = question_of(dataset_.items[i]);
            if (question.files.empty()) continue;
            found[i] = judge_.gold_defect(question);
          }
        });
      }
    }
    std::vector<ItemDefect> defects;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i]) defects.push_back({dataset_.items[i].id, *found[i]});
    }
    return defects;
  }

 private:
  /// The first acceptable query, for examples.
  [[nodiscard]] std::string first_gold(const std::string& gold) const {
    if (settings_.rules.comparison != Comparison::kDefog) return gold;
    const std::vector<std::string> golds = defog_gold_queries(gold);
    return golds.empty() ? gold : golds.front();
  }

  Result<Dataset> read() {
    if (settings_.dataset == "starter") return read_starter(store_);
    if (settings_.dataset == "bird") return read_bird(source_, store_);
    if (settings_.dataset == "defog") return read_defog(source_, settings_.defog_files, store_);
    if (settings_.dataset == "own") return read_own(settings_.own, store_);
    return read_spider(source_, store_);
  }

  Result<void> check_golds() {
    if (settings_.gold_check == GoldCheck::kOff) return {};
    std::vector<ItemDefect> defects = gold_defects();
    note_defects(defects);
    // what ties, LIMIT or the day may change is listed; it does not keep the query from being right today
    std::erase_if(defects, [](const ItemDefect& one) { return one.defect.kind > GoldDefectKind::kChanges; });
    if (defects.empty() || settings_.gold_check == GoldCheck::kList) return {};
    if (settings_.gold_check == GoldCheck::kLeaveOut) {
      std::erase_if(dataset_.items, [&defects](const Item& item) {
        return std::any_of(defects.begin(), defects.end(), [&](const ItemDefect& d) { return d.item == item.id; });
      });
      left_out_golds_ = defects.size();
      return {};
    }
    std::string message = "text_to_sql: " + std::to_string(defects.size()) + " gold queries do not hold:";
    for (std::size_t i = 0; i < defects.size() && i < 20; ++i) {
      message += (i == 0 ? " " : "; ") + defects[i].item + ": " + defects[i].defect.why;
    }
    return usage_error(message + "; mend them, or leave them out with gold_check=leave_out");
  }

  /// Ids in a row, and that there are more.
  static std::string listed(const std::vector<std::string>& ids, std::size_t most) {
    std::string list;
    for (std::size_t i = 0; i < std::min(ids.size(), most); ++i) list += " " + ids[i];
    return ids.size() > most ? list + " …" : list;
  }

  /// One note for each kind of defect, with the items that have it; a warning for those that no answer can mend.
  void note_defects(const std::vector<ItemDefect>& defects) {
    constexpr std::size_t kMostNoted = 100;
    constexpr std::size_t kMostWarnedOf = 5;
    std::map<GoldDefectKind, std::vector<std::string>> items;
    for (const ItemDefect& one : defects) items[one.defect.kind].push_back(one.item);
    for (const auto& [kind, ids] : items) {
      const std::string count = std::to_string(ids.size()) + " of " + std::to_string(dataset_.items.size());
      const std::string name(defect_name(kind));
      info_.notes.emplace_back("text_to_sql gold query " + name, count + ":" + listed(ids, kMostNoted));
      if (kind > GoldDefectKind::kChanges) continue;
      info_.warnings.push_back("text_to_sql: the gold query of " + count + " items " + name + ":" +
                               listed(ids, kMostWarnedOf));
    }
  }

  Result<void> describe_databases() {
    schemas_ = dataset_.schemas;
    for (const Item& item : dataset_.items) {
      const Question question = question_of(item);
      if (schemas_.contains(question.database) || question.files.empty()) continue;
      Result<Schema> schema =
          pool_.describe(question.files.front(), static_cast<std::uint32_t>(settings_.prompt.schema.sample_rows));
      if (!schema) return forward_error(schema);
      if (settings_.prompt.schema.descriptions) add_descriptions(question.database, *schema);
      schemas_.emplace(question.database, std::move(*schema));
    }
    return {};
  }

  void add_descriptions(const std::string& database, Schema& schema) const {
    if (settings_.dataset == "defog") {
      const Result<reading::DataFile> file =
          source_.folder.find("defog/defog_data/" + database + "/" + database + ".json");
      if (file) add_defog_descriptions(*file, schema);
    }
    if (settings_.dataset == "bird") {
      for (SchemaTable& table : schema.tables) {
        const Result<reading::DataFile> file =
            source_.folder.find("bird/dev_databases/" + database + "/database_description/" + table.name + ".csv");
        if (file) add_bird_descriptions(*file, table);
      }
    }
  }

  /// Few-shot examples: the same for every item but for those of its own database.
  Result<void> choose_examples() {
    if (options_.shots == 0) return {};
    if (options_.shots > kMaxShots) {
      return usage_error("text_to_sql: " + std::to_string(options_.shots) + " shots; at most " +
                         std::to_string(kMaxShots));
    }
    const std::vector<Item>* pool = &dataset_.items;
    if (!settings_.examples.empty()) {
      OwnFiles files = settings_.own;
      files.questions = settings_.examples;
      files.name = "examples";
      if (files.database.empty()) return usage_error("text_to_sql: examples is for dataset=own");
      Result<Dataset> examples = read_own(files, store_);
      if (!examples) return forward_error(examples);
      examples_ = std::move(examples->items);
      for (Item& item : examples_) item.cluster.clear();  // may be about the same database
      pool = &examples_;
    }
    for (const Item& item : *pool) candidates_.push_back(&item);
    std::sort(candidates_.begin(), candidates_.end(), [](const Item* a, const Item* b) {
      return std::pair(random_key(0, a->id), a->id) < std::pair(random_key(0, b->id), b->id);
    });
    std::map<std::string, int> outside;
    for (const Item* item : candidates_) ++outside[item->cluster];
    const int all = static_cast<int>(candidates_.size());
    for (const auto& [cluster, count] : outside) {
      if (!cluster.empty() && all - count < options_.shots) {
        return usage_error("text_to_sql: " + std::to_string(options_.shots) +
                           " shots need as many questions about other databases than '" + cluster +
                           "'; give examples=FILE or --shots 0");
      }
    }
    if (settings_.prompt.form == PromptForm::kSqlcoder) {
      return usage_error("text_to_sql: generate/sqlcoder has no place for examples; use --shots 0");
    }
    // more than these are never looked at: the shots of a database skip at most its own questions
    return {};
  }

  void fill_info() {
    const SuiteEntry registered = entry();
    info_.name = registered.name;
    info_.version = "3";
    info_.protocols = registered.protocols;
    info_.default_shots = 0;
    info_.max_shots = kMaxShots;
    info_.title = "Text-to-SQL, " + settings_.dataset + ": " + std::to_string(dataset_.items.size()) + " of " +
                  std::to_string(dataset_.total) + " questions, compared by " +
                  std::string(comparison_name(settings_.rules.comparison));
    if (settings_.rules.comparison == Comparison::kSpider && settings_.rules.keep_distinct) {
      info_.title += " (DISTINCT kept)";
    }
    const std::size_t without = dataset_.total - dataset_.items.size() - left_out_golds_;
    if (without > 0) info_.title += "; " + std::to_string(without) + " left out: no database";
    if (left_out_golds_ > 0) info_.title += "; " + std::to_string(left_out_golds_) + " left out: gold query";
    const auto metric = [this](const char* name, const char* value) -> MetricSpec& {
      MetricSpec& spec = info_.metrics.emplace_back();
      spec.name = name;
      spec.value = value;
      return spec;
    };
    metric("execution_accuracy", "execution_accuracy").headline = true;
    MetricSpec& macro = metric("execution_accuracy_macro", "execution_accuracy");
    macro.aggregation = Aggregation::kMacroMean;
    macro.group_level = "database";
    metric("valid_sql", "valid_sql");
    if (settings_.rules.comparison == Comparison::kDefog) metric("exact_match", "exact_match");
    for (const Group& group : dataset_.items.front().groups) info_.group_levels.push_back(group.level);
    if (std::any_of(dataset_.items.begin(), dataset_.items.end(),
                    [](const Item& item) { return item.groups.size() > 1; }) &&
        info_.group_levels.size() < 2) {
      info_.group_levels.insert(info_.group_levels.begin(), "category");
    }
  }

  SuiteOptions options_;
  SuiteSettings settings_;
  SuiteInfo info_;
  DatasetSource source_;
  mutable WorkerPool pool_;
  DatabaseStore store_;
  mutable QueryJudge judge_;
  Dataset dataset_;
  std::size_t left_out_golds_ = 0;
  std::map<std::string, Schema> schemas_;
  std::vector<Item> examples_;
  std::vector<const Item*> candidates_;
};

}  // namespace

SuiteEntry entry() {
  SuiteEntry entry;
  entry.name = "text_to_sql";
  entry.help = "questions to SQL, judged by what the query returns: spider, bird, defog, or your own database";
  entry.protocols = {{"generate", {Ability::kGenerate, Ability::kChat}},
                     {"generate/sqlcoder", {Ability::kGenerate, Ability::kChat}}};
  entry.options = option_names();
  entry.max_shots = kMaxShots;
  entry.files = {"spider/dev.json",
                 "spider/tables.json",
                 "spider/database/*/*.sqlite",
                 "bird/mini_dev_sqlite.json",
                 "bird/dev_databases/*/*.sqlite",
                 "defog/*_sqlite.csv",
                 "defog/sqlite_ddl/*.sql"};
  entry.make = make_text_to_sql;
  entry.item_ids = {"text_to_sql/spider/INDEX", "text_to_sql/bird/INDEX", "text_to_sql/defog/FILE/ROW",
                    "text_to_sql/own/NAME/ROW (NAME: option, or the question file's)"};
  return entry;
}

Result<std::vector<ItemDefect>> gold_defects(const Suite& suite) {
  const auto* ours = dynamic_cast<const TextToSql*>(&suite);
  if (ours == nullptr) return internal_error("gold_defects() wants the suite text_to_sql");
  return ours->gold_defects();
}

void score_stream(const Suite& suite, const std::function<std::optional<Prediction>()>& next,
                  const std::function<void(const Prediction&, const Score&)>& sink) {
  struct Slot {
    Prediction prediction;
    std::optional<Score> score;
  };
  constexpr std::size_t kWindow = 1024;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<Slot>> window;  // in order; the front is handed on as soon as it is scored
  bool at_end = false;
  const auto work = [&] {
    std::unique_lock<std::mutex> lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return at_end || window.size() < kWindow; });
      if (at_end) return;
      std::optional<Prediction> prediction = next();
      if (!prediction) {
        at_end = true;
        changed.notify_all();
        return;
      }
      auto slot = std::make_shared<Slot>(Slot{std::move(*prediction), std::nullopt});
      window.push_back(slot);
      lock.unlock();
      Score score = suite.score(slot->prediction.item, slot->prediction.completion);
      lock.lock();
      slot->score = std::move(score);
      while (!window.empty() && window.front()->score) {
        sink(window.front()->prediction, *window.front()->score);
        window.pop_front();
      }
      changed.notify_all();
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < cores(); ++t) threads.emplace_back(work);
}

}  // namespace text_to_sql

Result<std::unique_ptr<Suite>> make_text_to_sql(const SuiteOptions& options) {
  Result<text_to_sql::SuiteSettings> settings = text_to_sql::parse_settings(options);
  if (!settings) return forward_error(settings);
  auto suite = std::make_unique<text_to_sql::TextToSql>(options, std::move(*settings));
  if (Result<void> prepared = suite->prepare(); !prepared) return forward_error(prepared);
  return std::unique_ptr<Suite>(std::move(suite));
}

}  // namespace assay
