#include "suites/arc/arc_suite.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "suites/arc/question.h"
#include "suites/arc/starter.h"
#include "suites/formats/prompt_format.h"
#include "suites/known_options.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/scoring/lettered_question.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::arc {
namespace {

constexpr const char* kVersion = "1";
constexpr std::array<const char*, 2> kProtocols{"loglikelihood", "generate"};

/// One of the two sets.
struct Part {
  const char* suite;
  const char* title;
  const char* help;
  const char* published;  ///< the authors' file
  const char* foundry;    ///< llm-foundry's, read where the authors' is not there
};

constexpr Part kEasy{"arc_easy", "ARC-Easy: school science, what simple methods answer",
                     "multiple choice from school science tests, the easy set, 2,376 questions",
                     "arc/ARC-Easy-Test.jsonl", "arc/llm-foundry/arc_easy.jsonl"};
constexpr Part kChallenge{"arc_challenge", "ARC-Challenge: school science, what simple methods get wrong",
                          "multiple choice from school science tests, the challenge set, 1,172 questions",
                          "arc/ARC-Challenge-Test.jsonl", "arc/llm-foundry/arc_challenge.jsonl"};

std::vector<Protocol> protocols() {
  return {{kProtocols[0], {Ability::kLoglikelihood}, 0}, {kProtocols[1], {Ability::kChat}, 0}};
}

class Source : public ItemSource {
 public:
  Source(const Part& part, bool published, reading::JsonlReader rows)
      : part_(part), published_(published), rows_(std::move(rows)) {}

  Result<std::optional<Item>> next() override {
    Result<std::optional<reading::JsonObject>> row = rows_.next();
    if (!row) return forward_error(row);
    if (!*row) return std::optional<Item>();
    Result<Question> question = published_ ? parse_published(**row) : parse_foundry(**row);
    if (!question) return forward_error(question);
    Item item;
    item.id = std::string(part_.suite) + "/" + std::to_string(order_);
    item.order = order_++;
    item.question = std::move(question->stem);
    item.choices = std::move(question->options);
    item.target_index = question->answer;
    item.target = scoring::letter(question->answer);
    return std::optional<Item>(std::move(item));
  }

 private:
  const Part& part_;
  bool published_;
  reading::JsonlReader rows_;
  std::int64_t order_ = 0;
};

class ArcSuite : public Suite {
 public:
  ArcSuite(const Part& part, SuiteOptions options, reading::DataFile file)
      : part_(part), options_(std::move(options)), file_(std::move(file)) {
    if (options_.protocol == kProtocols[1]) lettered_.emplace("Answer the following question from a science test.");
    info_ = {part.suite, kVersion, part.title, protocols(), {}, {}, 0, 0};
    if (lettered_) {
      info_.metrics = scoring::LetteredQuestion::metrics();
    } else {
      info_.metrics = {{"accuracy_norm", "accuracy_norm", Aggregation::kMean, 0, "", true},
                       {"accuracy", "accuracy", Aggregation::kMean, 0, "", false}};
    }
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    Result<reading::JsonlReader> rows = reading::JsonlReader::open(file_);
    if (!rows) return forward_error(rows);
    return std::make_unique<Source>(part_, file_.name == part_.published, std::move(*rows));
  }

  Result<std::string> data_sha256() const override { return reading::data_set_sha256({file_}); }

  Request ask(const Item& item, int sample) const override {
    Request request{item.id, item.order, sample, {}};
    if (lettered_) {
      request.body = lettered_->ask(item, options_, sample);
      return request;
    }
    LoglikelihoodRequest body;
    body.context = "Question: " + item.question + "\nAnswer:";
    if (const PromptFormat* format = options_.format; format != nullptr) {
      body.context = formats::written_question(*format, item.question, {}).append(format->answer);
    }
    for (const std::string& choice : item.choices) body.continuations.push_back(" " + choice);
    request.body = std::move(body);
    return request;
  }

  std::optional<Item> rotated(const Item& item, int by) const override {
    if (!lettered_) return std::nullopt;
    return scoring::rotated_choices(item, by);
  }

  Score score(const Item& item, const Completion& completion) const override {
    if (lettered_) return lettered_->score(item, completion);
    using scoring::Normalisation;
    return scoring::score_logprobs(item, completion,
                                   {{"accuracy_norm", Normalisation::kCodePoints}, {"accuracy", Normalisation::kNone}},
                                   scoring::letters(static_cast<int>(item.choices.size())));
  }

 private:
  const Part& part_;
  SuiteOptions options_;
  reading::DataFile file_;
  std::optional<scoring::LetteredQuestion> lettered_;  // with protocol "generate"
  SuiteInfo info_;
};

Result<std::unique_ptr<Suite>> make(const Part& part, const SuiteOptions& options) {
  if (Result<Protocol> known = known_protocol(part.suite, protocols(), {}, options,
                                              "examples come from the training set, which assay does not read");
      !known) {
    return forward_error(known);
  }
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  const bool only_foundry = !folder.has(part.published) && folder.has(part.foundry);
  Result<reading::DataFile> file = folder.find(only_foundry ? part.foundry : part.published);
  if (!file) return forward_error(file);
  return std::make_unique<ArcSuite>(part, options, std::move(*file));
}

SuiteEntry entry(const Part& part) {
  return {part.suite,
          part.help,
          protocols(),
          {},
          0,
          0,
          {std::string(part.published) + " or " + part.foundry},
          [&part](const SuiteOptions& options) { return make(part, options); }};
}

}  // namespace

SuiteEntry easy_entry() { return entry(kEasy); }
SuiteEntry challenge_entry() { return entry(kChallenge); }

}  // namespace assay::arc
