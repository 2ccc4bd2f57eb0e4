#include "suites/gsm8k/gsm8k_suite.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "suites/gsm8k/number_answer.h"
#include "suites/gsm8k/problem.h"
#include "suites/gsm8k/prompt.h"
#include "suites/gsm8k/starter.h"
#include "suites/known_options.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/reading/python_random.h"

namespace assay::gsm8k {
namespace {

constexpr const char* kVersion = "1";
constexpr const char* kTestFile = "gsm8k/test.jsonl";
constexpr const char* kTrainFile = "gsm8k/train.jsonl";
constexpr int kDefaultShots = 5;
constexpr int kMaxShots = 32;
constexpr int kMaxTokens = 256;            // the reference's, where nothing else is said
constexpr std::uint64_t kShotSeed = 1234;  // the reference's --seed for few-shot examples

enum class Style { kHarness, kReasoned, kStepByStep };

/// One way to ask, with all that depends on it.
struct Way {
  const char* protocol;
  Style style;
  Ability needs;
  int max_shots;
  int default_shots;
};

// The order is the order of preference: the first that a model can do is the default.
constexpr std::array<Way, 4> kWays{{
    {"generate", Style::kHarness, Ability::kGenerate, kMaxShots, kDefaultShots},
    {"generate/chat", Style::kHarness, Ability::kChat, kMaxShots, kDefaultShots},
    {"generate/cot", Style::kReasoned, Ability::kGenerate, 8, 8},
    {"generate/cot-zeroshot", Style::kStepByStep, Ability::kGenerate, 0, 0},
}};

std::vector<Protocol> protocols() {
  std::vector<Protocol> list;
  for (const Way& way : kWays) {
    list.push_back({way.protocol, {way.needs}, way.max_shots, way.default_shots});
    list.back().reasons = way.style != Style::kHarness;
  }
  return list;
}

// Item::fields
enum Field : std::size_t { kAnswer, kExamples };

std::string joined(const std::vector<std::size_t>& numbers) {
  std::string text;
  for (const std::size_t number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

/// The problems of the test file. Each gets the examples that the reference draws for it in a run of all items: one
/// generator serves all, so the draw of an item depends on how many came before it, not on which are asked.
class Source : public ItemSource {
 public:
  Source(reading::JsonlReader rows, std::size_t examples, std::size_t shots)
      : rows_(std::move(rows)), examples_(examples), shots_(shots) {}

  Result<std::optional<Item>> next() override {
    Result<std::optional<reading::JsonObject>> row = rows_.next();
    if (!row) return forward_error(row);
    if (!*row) return std::optional<Item>();
    Result<Problem> problem = parse_problem(**row);
    if (!problem) return forward_error(problem);
    Item item;
    item.id = "gsm8k/" + std::to_string(order_);
    item.order = order_++;
    item.question = std::move(problem->question);
    item.target = final_number(problem->answer);
    item.fields = {std::move(problem->answer), joined(random_.sample(examples_, shots_))};
    return std::optional<Item>(std::move(item));
  }

 private:
  reading::JsonlReader rows_;
  std::size_t examples_;
  std::size_t shots_;
  reading::PythonRandom random_{kShotSeed};
  std::int64_t order_ = 0;
};

class Gsm8kSuite : public Suite {
 public:
  Gsm8kSuite(const Way& way, SuiteOptions options, std::vector<reading::DataFile> files, std::vector<Problem> examples)
      : way_(way),
        options_(std::move(options)),
        files_(std::move(files)),
        examples_(std::move(examples)),
        numbers_(way.style == Style::kHarness ? NumberPlace::kHashes : NumberPlace::kSentence) {
    info_ = {"gsm8k",
             kVersion,
             "GSM8K: word problems of grade-school mathematics",
             protocols(),
             {{"accuracy", "accuracy", Aggregation::kMean, 0, "", true},
              {"accuracy_flexible", "accuracy_flexible", Aggregation::kMean, 0, "", false}},
             {},
             way.default_shots,
             way.max_shots};
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    Result<reading::JsonlReader> rows = reading::JsonlReader::open(files_.front());
    if (!rows) return forward_error(rows);
    return std::make_unique<Source>(std::move(*rows), examples_.size(), drawn_shots());
  }

  Result<std::string> data_sha256() const override { return reading::data_set_sha256(files_); }

  Request ask(const Item& item, int sample) const override {
    GenerateRequest body;
    std::string text = prompt(item);
    if (way_.needs == Ability::kChat) {
      body.messages = {{Role::kUser, std::move(text)}};
    } else {
      body.prompt = std::move(text);
    }
    body.stop = {way_.style == Style::kHarness ? "Question:" : "Q:", "</s>", "<|im_end|>"};
    body.max_tokens = options_.max_tokens.value_or(kMaxTokens);
    body.temperature = options_.temperature.value_or(0);
    body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
    return {item.id, item.order, sample, std::move(body)};
  }

  Score score(const Item& item, const Completion& completion) const override {
    return numbers_.score(way_.style == Style::kReasoned ? item.target : item.fields.at(kAnswer), completion);
  }

 private:
  [[nodiscard]] std::size_t drawn_shots() const {
    return way_.style == Style::kHarness ? static_cast<std::size_t>(options_.shots) : 0;
  }

  [[nodiscard]] std::string prompt(const Item& item) const {
    if (way_.style == Style::kReasoned) return reasoned_prompt(options_.shots, item.question);
    if (way_.style == Style::kStepByStep) return step_by_step_prompt(item.question);
    std::vector<const Problem*> drawn;
    for (const std::string& number : comma_separated(item.fields.at(kExamples))) {
      std::size_t place = 0;
      std::from_chars(number.data(), number.data() + number.size(), place);
      drawn.push_back(&examples_.at(place));
    }
    return harness_prompt(drawn, item.question);
  }

  Way way_;
  SuiteOptions options_;
  std::vector<reading::DataFile> files_;  // the test file, and the training file where examples come from it
  std::vector<Problem> examples_;         // the training file's, in its order
  NumberAnswer numbers_;
  SuiteInfo info_;
};

Result<std::vector<Problem>> all_problems(const reading::DataFile& file) {
  Result<reading::JsonlReader> rows = reading::JsonlReader::open(file);
  if (!rows) return forward_error(rows);
  std::vector<Problem> problems;
  while (true) {
    Result<std::optional<reading::JsonObject>> row = rows->next();
    if (!row) return forward_error(row);
    if (!*row) return problems;
    Result<Problem> problem = parse_problem(**row);
    if (!problem) return forward_error(problem);
    problems.push_back(std::move(*problem));
  }
}

}  // namespace

SuiteEntry entry() {
  return {"gsm8k",       "word problems of grade-school mathematics, 1,319 questions",
          protocols(),   {},
          kDefaultShots, kMaxShots,
          {kTestFile},   make};
}

Result<std::unique_ptr<Suite>> make(const SuiteOptions& options) {
  if (Result<Protocol> known = known_protocol("gsm8k", protocols(), {}, options, ""); !known) {
    return forward_error(known);
  }
  const Way* way = nullptr;
  for (const Way& one : kWays) {
    if (options.protocol == one.protocol) way = &one;
  }
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  Result<reading::DataFile> test = folder.find(kTestFile);
  if (!test) return forward_error(test);
  std::vector<reading::DataFile> files{std::move(*test)};
  std::vector<Problem> examples;
  if (way->style == Style::kHarness && options.shots > 0) {
    Result<reading::DataFile> train = folder.find(kTrainFile);
    if (!train) return forward_error(train);
    Result<std::vector<Problem>> problems = all_problems(*train);
    if (!problems) return forward_error(problems);
    if (problems->size() < static_cast<std::size_t>(options.shots)) {
      return usage_error(train->shown + ": has " + std::to_string(problems->size()) + " rows where " +
                         std::to_string(options.shots) + " shots were asked for; use --shots, or fetch it again");
    }
    examples = std::move(*problems);
    files.push_back(std::move(*train));
  }
  return std::make_unique<Gsm8kSuite>(*way, options, std::move(files), std::move(examples));
}

}  // namespace assay::gsm8k
