#include "suites/mmlu/mmlu_suite.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/mmlu/prompt.h"
#include "suites/mmlu/question.h"
#include "suites/mmlu/starter.h"
#include "suites/mmlu/subjects.h"
#include "suites/reading/csv_reader.h"
#include "suites/reading/data_file.h"
#include "suites/scoring/answer_letter.h"
#include "suites/scoring/multiple_choice.h"
#include "suites/scoring/stated_answer.h"

namespace assay::mmlu {
namespace {

constexpr int kDefaultShots = 5;
constexpr int kMaxShots = 5;
constexpr int kOptions = 4;
constexpr int kOriginalContext = 2048;  // hendrycks/test, crop.py
constexpr const char* kVersion = "1";

/// One way to ask, with all that depends on it.
struct Way {
  const char* protocol;
  PromptStyle style;
  Ability needs;
  int max_shots;
  int max_tokens;    // generating ways only
  int top_logprobs;  // alternatives of the first token
};

// The order is the order of preference: the first that a model can do is the default.
constexpr std::array<Way, 6> kWays{{
    {"loglikelihood", PromptStyle::kHarness, Ability::kLoglikelihood, kMaxShots, 0, 0},
    {"loglikelihood/original", PromptStyle::kOriginal, Ability::kLoglikelihood, kMaxShots, 0, 0},
    {"loglikelihood/cloze", PromptStyle::kCloze, Ability::kLoglikelihood, kMaxShots, 0, 0},
    {"top_logprobs", PromptStyle::kLetter, Ability::kTopLogprobs, kMaxShots, 1, 20},
    {"generate", PromptStyle::kLetter, Ability::kChat, kMaxShots, 32, 0},
    {"generate/cot", PromptStyle::kReasoned, Ability::kChat, 0, 2048, 0},
}};

std::vector<Protocol> protocols() {
  std::vector<Protocol> list;
  for (const Way& way : kWays) {
    list.push_back({way.protocol, {way.needs}, way.max_shots});
    list.back().reasons = way.style == PromptStyle::kReasoned;
  }
  return list;
}

std::string test_file(std::string_view subject) { return "mmlu/test/" + std::string(subject) + "_test.csv"; }
std::string dev_file(std::string_view subject) { return "mmlu/dev/" + std::string(subject) + "_dev.csv"; }

std::vector<MetricSpec> metrics_of(const Way& way) {
  const MetricSpec accuracy{"accuracy", "accuracy", Aggregation::kMean, 0, "", way.style != PromptStyle::kCloze};
  const MetricSpec macro{"accuracy_macro", "accuracy", Aggregation::kMacroMean, 0, "subject", false};
  if (way.style == PromptStyle::kCloze) {
    return {{"accuracy_norm", "accuracy_norm", Aggregation::kMean, 0, "", true}, accuracy, macro};
  }
  if (way.style == PromptStyle::kLetter && way.top_logprobs == 0) {
    return {accuracy, macro, {"accuracy_flexible", "accuracy_flexible", Aggregation::kMean, 0, "", false}};
  }
  return {accuracy, macro};
}

/// Goes through the test files of the subjects, one after the other.
class Source : public ItemSource {
 public:
  Source(reading::DataFolder folder, std::vector<const Subject*> subjects, PromptStyle style)
      : folder_(std::move(folder)), subjects_(std::move(subjects)), style_(style) {}

  Result<std::optional<Item>> next() override {
    while (true) {
      if (!rows_) {
        if (subject_ == subjects_.size()) return std::optional<Item>();
        Result<reading::DataFile> file = folder_.find(test_file(subjects_[subject_]->name));
        if (!file) return forward_error(file);
        Result<reading::CsvReader> rows = reading::CsvReader::open(*file);
        if (!rows) return forward_error(rows);
        rows_.emplace(std::move(*rows));
        row_ = 0;
      }
      Result<std::optional<Question>> question = next_question(*rows_);
      if (!question) return forward_error(question);
      if (*question) return std::optional<Item>(item(std::move(**question)));
      rows_.reset();
      ++subject_;
    }
  }

 private:
  Item item(Question&& question) {
    const Subject& subject = *subjects_[subject_];
    Item item;
    item.id = "mmlu/" + std::string(subject.name) + "/" + std::to_string(row_++);
    item.order = order_++;
    item.groups = {{"category", std::string(subject.category)},
                   {"subcategory", std::string(subject.subcategory)},
                   {"subject", std::string(subject.name)}};
    item.cluster = subject.name;
    item.question = std::move(question.text);
    item.fields.assign(std::make_move_iterator(question.options.begin()),
                       std::make_move_iterator(question.options.end()));
    item.choices = style_ == PromptStyle::kCloze ? item.fields : scoring::letters(kOptions);
    item.target_index = question.answer;
    item.target = scoring::letter(question.answer);
    return item;
  }

  reading::DataFolder folder_;
  std::vector<const Subject*> subjects_;
  PromptStyle style_;
  std::size_t subject_ = 0;
  std::optional<reading::CsvReader> rows_;
  std::int64_t row_ = 0;
  std::int64_t order_ = 0;
};

class MmluSuite : public Suite {
 public:
  MmluSuite(const Way& way, SuiteOptions options, reading::DataFolder folder, std::vector<const Subject*> subjects,
            std::map<std::string, PromptStart, std::less<>> starts)
      : way_(way),
        options_(std::move(options)),
        folder_(std::move(folder)),
        subjects_(std::move(subjects)),
        starts_(std::move(starts)),
        labels_(scoring::letters(kOptions)) {
    if (way_.style == PromptStyle::kLetter) letter_.emplace(kOptions);
    if (way_.style == PromptStyle::kReasoned) stated_.emplace();
    info_ = {"mmlu",
             kVersion,
             "MMLU: 57 subjects of school, university and professions, four options",
             protocols(),
             metrics_of(way),
             {"category", "subcategory", "subject"},
             std::min(kDefaultShots, way.max_shots),
             way.max_shots};
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    return std::make_unique<Source>(folder_, subjects_, way_.style);
  }

  Result<std::string> data_sha256() const override {
    std::vector<reading::DataFile> files;
    for (const Subject* subject : subjects_) {
      std::vector<std::string> names{test_file(subject->name)};
      if (options_.shots > 0) names.push_back(dev_file(subject->name));
      for (const std::string& name : names) {
        Result<reading::DataFile> file = folder_.find(name);
        if (!file) return forward_error(file);
        files.push_back(std::move(*file));
      }
    }
    return reading::data_set_sha256(files);
  }

  Request ask(const Item& item, int sample) const override {
    Request request{item.id, item.order, sample, {}};
    const Question question{
        item.question, {item.fields.at(0), item.fields.at(1), item.fields.at(2), item.fields.at(3)}, item.target_index};
    const PromptStart& start = starts_.find(item.cluster)->second;
    std::string text = start.text + prompt_question(way_.style, options_.format, question);
    if (way_.needs == Ability::kLoglikelihood) {
      LoglikelihoodRequest body;
      body.context = std::move(text);
      body.continuations = continuations(way_.style, question);
      if (way_.style == PromptStyle::kOriginal) {
        body.droppable = start.examples;
        body.max_context_tokens = kOriginalContext;
      }
      request.body = std::move(body);
      return request;
    }
    GenerateRequest body;
    body.messages = {{Role::kUser, std::move(text)}};
    body.max_tokens = options_.max_tokens.value_or(way_.max_tokens);
    body.temperature = options_.temperature.value_or(0);
    body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
    body.top_logprobs = way_.top_logprobs;
    body.choices = labels_;
    request.body = std::move(body);
    return request;
  }

  std::optional<Item> rotated(const Item& item, int by) const override {
    if (way_.style == PromptStyle::kCloze) return std::nullopt;
    Item moved = item;
    std::rotate(moved.fields.begin(), moved.fields.begin() + by % kOptions, moved.fields.end());
    moved.target_index = (item.target_index - by % kOptions + kOptions) % kOptions;
    moved.target = scoring::letter(moved.target_index);
    return moved;
  }

  Score score(const Item& item, const Completion& completion) const override {
    using scoring::Normalisation;
    switch (way_.style) {
      case PromptStyle::kHarness:
      case PromptStyle::kOriginal:
        return scoring::score_logprobs(item, completion, {{"accuracy", Normalisation::kNone}}, labels_);
      case PromptStyle::kCloze:
        return scoring::score_logprobs(
            item, completion, {{"accuracy_norm", Normalisation::kCodePoints}, {"accuracy", Normalisation::kNone}},
            labels_);
      case PromptStyle::kLetter:
        if (way_.top_logprobs > 0) return scoring::score_top_logprobs(item, completion, labels_);
        return letter_->score(item, completion);
      case PromptStyle::kReasoned:
        break;
    }
    return stated_->score(item, completion);
  }

 private:
  Way way_;
  SuiteOptions options_;
  reading::DataFolder folder_;
  std::vector<const Subject*> subjects_;
  std::map<std::string, PromptStart, std::less<>> starts_;  // by subject
  std::vector<std::string> labels_;
  std::optional<scoring::AnswerLetter> letter_;  // kLetter only
  std::optional<scoring::StatedAnswer> stated_;  // kReasoned only
  SuiteInfo info_;
};

Result<const Way*> find_way(const std::string& protocol) {
  std::vector<std::string> names;
  for (const Way& way : kWays) {
    if (protocol == way.protocol) return &way;
    names.emplace_back(way.protocol);
  }
  return usage_error("mmlu: unknown protocol '" + protocol + "'" + did_you_mean(protocol, names) + "; it has " +
                     listed(names));
}

// The subjects that the options name, in their fixed order; all that there are where they name none.
Result<std::vector<const Subject*>> chosen_subjects(const SuiteOptions& options, const reading::DataFolder& folder) {
  std::vector<std::string> names;
  for (const auto& [key, value] : options.extra) {
    if (key != "subjects") {
      return usage_error("mmlu: unknown option '" + key + "'" + did_you_mean(key, {"subjects"}) + "; it has: subjects");
    }
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t comma = std::min(value.find(',', at), value.size());
      const std::size_t first = std::min(value.find_first_not_of(' ', at), comma);
      std::string name = value.substr(first, comma - first);
      name.erase(name.find_last_not_of(' ') + 1);
      if (!name.empty()) names.push_back(std::move(name));
      at = comma + 1;
    }
    if (names.empty()) return usage_error("mmlu: the option 'subjects' names none; it takes names joined by commas");
  }
  std::vector<std::string> known;
  for (const Subject& subject : all_subjects()) known.emplace_back(subject.name);
  for (const std::string& name : names) {
    if (find_subject(name) == nullptr) {
      return usage_error("mmlu: unknown subject '" + name + "'" + did_you_mean(name, known) +
                         "; subjects are named as their files are");
    }
  }
  std::vector<const Subject*> chosen;
  for (const Subject& subject : all_subjects()) {
    const bool named = std::find(names.begin(), names.end(), subject.name) != names.end();
    // Without names, the starter items are what they are; of the data set all subjects must be there.
    if (named || (names.empty() && (!options.starter || folder.has(test_file(subject.name))))) {
      chosen.push_back(&subject);
    }
  }
  return chosen;
}

Result<std::vector<Question>> first_examples(const reading::DataFolder& folder, const Subject& subject, int count) {
  std::vector<Question> examples;
  if (count == 0) return examples;
  Result<reading::DataFile> file = folder.find(dev_file(subject.name));
  if (!file) return forward_error(file);
  Result<reading::CsvReader> rows = reading::CsvReader::open(*file);
  if (!rows) return forward_error(rows);
  while (examples.size() < static_cast<std::size_t>(count)) {
    Result<std::optional<Question>> question = next_question(*rows);
    if (!question) return forward_error(question);
    if (!*question) {
      return usage_error(file->shown + ": has " + std::to_string(examples.size()) + " rows where " +
                         std::to_string(count) + " shots were asked for; use --shots, or fetch the file again");
    }
    examples.push_back(std::move(**question));
  }
  return examples;
}

}  // namespace

SuiteEntry entry() {
  return {
      "mmlu",    "multiple choice from 57 subjects, 14,042 questions", protocols(), {"subjects"},        kDefaultShots,
      kMaxShots, {"mmlu/test/*_test.csv", "mmlu/dev/*_dev.csv"},       make,        {"mmlu/SUBJECT/ROW"}};
}

Result<std::unique_ptr<Suite>> make(const SuiteOptions& options) {
  Result<const Way*> way = find_way(options.protocol);
  if (!way) return forward_error(way);
  const int max_shots = (*way)->max_shots;
  if (options.shots < 0 || options.shots > max_shots) {
    return usage_error(
        "mmlu: " + std::to_string(options.shots) + " shots where " +
        (max_shots == 0 ? std::string("none can be given") : "0 to " + std::to_string(max_shots) + " can be given") +
        " with protocol " + (*way)->protocol + "; use --shots");
  }
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  Result<std::vector<const Subject*>> subjects = chosen_subjects(options, folder);
  if (!subjects) return forward_error(subjects);
  std::map<std::string, PromptStart, std::less<>> starts;
  for (const Subject* subject : *subjects) {
    Result<reading::DataFile> file = folder.find(test_file(subject->name));
    if (!file) return forward_error(file);
    Result<std::vector<Question>> examples = first_examples(folder, *subject, options.shots);
    if (!examples) return forward_error(examples);
    starts.emplace(subject->name, prompt_start((*way)->style, options.format, subject->name, *examples));
  }
  return std::make_unique<MmluSuite>(**way, options, folder, std::move(*subjects), std::move(starts));
}

}  // namespace assay::mmlu
