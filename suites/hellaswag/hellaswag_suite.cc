#include "suites/hellaswag/hellaswag_suite.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/hellaswag/preprocess.h"
#include "suites/hellaswag/starter.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/scoring/answer_letter.h"
#include "suites/scoring/lettered_question.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::hellaswag {
namespace {

constexpr int kEndings = 4;
constexpr int kMaxTokens = 32;
constexpr const char* kVersion = "1";
constexpr const char* kFile = "hellaswag/hellaswag_val.jsonl";
constexpr std::array<const char*, 2> kProtocols{"loglikelihood", "generate"};

std::vector<Protocol> protocols() {
  return {{kProtocols[0], {Ability::kLoglikelihood}, 0}, {kProtocols[1], {Ability::kChat}, 0}};
}

/// One line of the file.
struct Row {
  std::string activity_label;
  std::string ctx_a;
  std::string ctx_b;
  std::vector<std::string> endings;
  int label = 0;
  std::string source;      // "activitynet" or "wikihow"; empty where the file does not say
  std::string split_type;  // "indomain" or "zeroshot"; empty where the file does not say
};

// A text that may be missing or null.
Result<std::string> optional_text(const reading::JsonObject& object, const std::string& key) {
  if (!object.has(key)) return std::string();
  return object.text(key);
}

Result<Row> parse(const reading::JsonObject& object) {
  Row row;
  struct Part {
    const char* key;
    std::string* value;
  };
  for (const Part& part :
       {Part{"activity_label", &row.activity_label}, Part{"ctx_a", &row.ctx_a}, Part{"ctx_b", &row.ctx_b}}) {
    Result<std::string> text = object.text(part.key);
    if (!text) return forward_error(text);
    *part.value = std::move(*text);
  }
  Result<std::vector<std::string>> endings = object.texts("endings");
  if (!endings) return forward_error(endings);
  if (endings->size() != kEndings) {
    return usage_error(object.where() + ": has " + std::to_string(endings->size()) + " endings where 4 are expected");
  }
  const auto blank = [](const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; };
  if (blank(row.ctx_a) && blank(row.ctx_b)) {
    return usage_error(object.where() + ": the context (ctx_a, ctx_b) is empty; fetch the file again");
  }
  for (const std::string& ending : *endings) {
    if (blank(ending)) return usage_error(object.where() + ": an ending is empty; fetch the file again");
  }
  row.endings = std::move(*endings);
  Result<std::int64_t> label = object.integer_or_digits("label");
  if (!label) return forward_error(label);
  if (*label < 0 || *label >= kEndings) {
    return usage_error(object.where() + ": \"label\" is " + std::to_string(*label) + " where 0 to 3 is expected");
  }
  row.label = static_cast<int>(*label);
  Result<std::string> source = optional_text(object, "source_id");
  if (!source) return forward_error(source);
  // The authors write "activitynet~<video>" and "wikihow~<article>".
  row.source = source->substr(0, source->find('~'));
  Result<std::string> split_type = optional_text(object, "split_type");
  if (!split_type) return forward_error(split_type);
  row.split_type = std::move(*split_type);
  return row;
}

class Source : public ItemSource {
 public:
  Source(reading::JsonlReader rows, bool lettered) : rows_(std::move(rows)), lettered_(lettered) {}

  Result<std::optional<Item>> next() override {
    Result<std::optional<reading::JsonObject>> object = rows_.next();
    if (!object) return forward_error(object);
    if (!*object) return std::optional<Item>();
    Result<Row> row = parse(**object);
    if (!row) return forward_error(row);
    Item item;
    item.id = "hellaswag/" + std::to_string(order_);
    item.order = order_++;
    if (!row->source.empty()) item.groups.push_back({"source", row->source});
    if (!row->split_type.empty()) item.groups.push_back({"split_type", row->split_type});
    item.question = context(row->activity_label, row->ctx_a, row->ctx_b);
    for (const std::string& ending : row->endings) item.choices.push_back(preprocess(ending));
    item.target_index = row->label;
    // As the answer is read out: a letter where letters are asked for.
    item.target =
        lettered_ ? scoring::letters(kEndings)[static_cast<std::size_t>(row->label)] : std::to_string(row->label);
    return std::optional<Item>(std::move(item));
  }

 private:
  reading::JsonlReader rows_;
  bool lettered_;
  std::int64_t order_ = 0;
};

// The prompt of `generate`: ours, for chat models.
std::string lettered_prompt(const Item& item) {
  std::string text =
      "Which ending continues the text best? Reply with the letter of the ending (A, B, C or D) and nothing else.\n\n" +
      item.question + "\n";
  for (int i = 0; i < kEndings; ++i) {
    text.append("\n").append(scoring::letter(i)).append(". ").append(item.choices.at(static_cast<std::size_t>(i)));
  }
  return text + "\n\nAnswer:";
}

class HellaSwagSuite : public Suite {
 public:
  HellaSwagSuite(SuiteOptions options, reading::DataFile file) : options_(std::move(options)), file_(std::move(file)) {
    if (options_.protocol == kProtocols[1]) letter_.emplace(kEndings);
    info_ = {"hellaswag", kVersion, "HellaSwag: which of four endings continues an everyday text",
             protocols(), {},       {"source", "split_type"},
             0,           0};
    if (letter_) {
      info_.metrics = {{"accuracy", "accuracy", Aggregation::kMean, 0, "", true},
                       {"accuracy_flexible", "accuracy_flexible", Aggregation::kMean, 0, "", false}};
    } else {
      info_.metrics = {{"accuracy_norm", "accuracy_norm", Aggregation::kMean, 0, "", true},
                       {"accuracy", "accuracy", Aggregation::kMean, 0, "", false},
                       {"accuracy_norm_bytes", "accuracy_norm_bytes", Aggregation::kMean, 0, "", false}};
    }
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    Result<reading::JsonlReader> rows = reading::JsonlReader::open(file_);
    if (!rows) return forward_error(rows);
    return std::make_unique<Source>(std::move(*rows), letter_.has_value());
  }

  Result<std::string> data_sha256() const override { return reading::data_set_sha256({file_}); }

  Request ask(const Item& item, int sample) const override {
    Request request{item.id, item.order, sample, {}};
    if (letter_) {
      GenerateRequest body;
      body.messages = {{Role::kUser, lettered_prompt(item)}};
      body.max_tokens = options_.max_tokens.value_or(kMaxTokens);
      body.temperature = options_.temperature.value_or(0);
      body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
      body.choices = scoring::letters(kEndings);
      request.body = std::move(body);
      return request;
    }
    LoglikelihoodRequest body;
    body.context = item.question;
    for (const std::string& ending : item.choices) body.continuations.push_back(" " + ending);
    request.body = std::move(body);
    return request;
  }

  std::optional<Item> rotated(const Item& item, int by) const override {
    if (!letter_) return std::nullopt;
    return scoring::rotated_choices(item, by);
  }

  Score score(const Item& item, const Completion& completion) const override {
    if (letter_) return letter_->score(item, completion);
    using scoring::Normalisation;
    return scoring::score_logprobs(item, completion,
                                   {{"accuracy_norm", Normalisation::kCodePoints},
                                    {"accuracy", Normalisation::kNone},
                                    {"accuracy_norm_bytes", Normalisation::kBytes}},
                                   scoring::indices(kEndings));
  }

 private:
  SuiteOptions options_;
  reading::DataFile file_;
  std::optional<scoring::AnswerLetter> letter_;  // with protocol "generate"
  SuiteInfo info_;
};

}  // namespace

SuiteEntry entry() {
  return {"hellaswag",
          "which of four endings continues a text, 10,042 contexts",
          protocols(),
          {},
          0,
          0,
          {kFile},
          make,
          {"hellaswag/LINE"}};
}

Result<std::unique_ptr<Suite>> make(const SuiteOptions& options) {
  if (options.protocol != kProtocols[0] && options.protocol != kProtocols[1]) {
    return usage_error("hellaswag: unknown protocol '" + options.protocol + "'" +
                       did_you_mean(options.protocol, {kProtocols.begin(), kProtocols.end()}) + "; it has " +
                       kProtocols[0] + ", " + kProtocols[1]);
  }
  if (!options.extra.empty()) {
    return usage_error("hellaswag: unknown option '" + options.extra.front().first + "'; it has none of its own");
  }
  if (options.shots != 0) {
    return usage_error("hellaswag: " + std::to_string(options.shots) +
                       " shots where none can be given: examples come from the training set, which assay does not "
                       "read; use --shots 0");
  }
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  Result<reading::DataFile> file = folder.find(kFile);
  if (!file) return forward_error(file);
  return std::make_unique<HellaSwagSuite>(options, std::move(*file));
}

}  // namespace assay::hellaswag
