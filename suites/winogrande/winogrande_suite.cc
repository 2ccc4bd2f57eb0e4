#include "suites/winogrande/winogrande_suite.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/text.h"
#include "suites/known_options.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/reading/python_text.h"
#include "suites/scoring/lettered_question.h"
#include "suites/scoring/multiple_choice.h"
#include "suites/winogrande/starter.h"

namespace assay::winogrande {
namespace {

constexpr const char* kVersion = "1";
constexpr const char* kFile = "winogrande/dev.jsonl";
constexpr std::array<const char*, 2> kProtocols{"loglikelihood", "generate"};

std::vector<Protocol> protocols() {
  return {{kProtocols[0], {Ability::kLoglikelihood}, 0}, {kProtocols[1], {Ability::kChat}, 0}};
}

bool blank(std::string_view text) { return reading::python_strip(text).empty(); }

/// One line of the file.
struct Row {
  std::string pair;  // what the two sentences of a pair share of their qID; empty where the file has none
  std::string sentence;
  std::vector<std::string> options;
  int answer = 0;
};

Result<Row> parse(const reading::JsonObject& object) {
  Row row;
  Result<std::string> sentence = object.text("sentence");
  if (!sentence) return forward_error(sentence);
  const std::size_t blank_at = sentence->find('_');
  if (blank_at == std::string::npos) {
    return usage_error(object.where() + ": \"sentence\" has no blank '_' to fill; fetch the file again");
  }
  if (blank(std::string_view(*sentence).substr(blank_at + 1))) {
    return usage_error(object.where() + ": nothing follows the blank of \"sentence\", so nothing can be compared");
  }
  row.sentence = std::move(*sentence);
  for (const char* key : {"option1", "option2"}) {
    Result<std::string> option = object.text(key);
    if (!option) return forward_error(option);
    if (blank(*option)) return usage_error(object.where() + ": \"" + key + "\" is empty; fetch the file again");
    row.options.push_back(std::move(*option));
  }
  Result<std::string> answer = object.text("answer");
  if (!answer) return forward_error(answer);
  if (*answer != "1" && *answer != "2") {
    return usage_error(object.where() + ": \"answer\" is \"" + on_one_line(*answer) +
                       "\" where \"1\" or \"2\" is expected" +
                       (answer->empty() ? "; the test set's answers are not public" : ""));
  }
  row.answer = *answer == "1" ? 0 : 1;
  if (object.has("qID")) {
    Result<std::string> id = object.text("qID");
    if (!id) return forward_error(id);
    row.pair = id->substr(0, id->rfind('-'));
  }
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
    item.id = "winogrande/" + std::to_string(order_);
    item.order = order_++;
    item.cluster = std::move(row->pair);
    item.question = std::move(row->sentence);
    item.choices = std::move(row->options);
    item.target_index = row->answer;
    item.target = lettered_ ? scoring::letter(row->answer) : std::to_string(row->answer + 1);
    return std::optional<Item>(std::move(item));
  }

 private:
  reading::JsonlReader rows_;
  bool lettered_;
  std::int64_t order_ = 0;
};

class WinoGrandeSuite : public Suite {
 public:
  WinoGrandeSuite(SuiteOptions options, reading::DataFile file) : options_(std::move(options)), file_(std::move(file)) {
    if (options_.protocol == kProtocols[1]) {
      lettered_.emplace("Which of the two options fills the blank (_) in the following sentence?");
    }
    info_ = {"winogrande", kVersion, "WinoGrande: which of two names a sentence means", protocols(), {}, {}, 0, 0};
    info_.metrics = lettered_ ? scoring::LetteredQuestion::metrics()
                              : std::vector<MetricSpec>{{"accuracy", "accuracy", Aggregation::kMean, 0, "", true}};
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    Result<reading::JsonlReader> rows = reading::JsonlReader::open(file_);
    if (!rows) return forward_error(rows);
    return std::make_unique<Source>(std::move(*rows), lettered_.has_value());
  }

  Result<std::string> data_sha256() const override { return reading::data_set_sha256({file_}); }

  Request ask(const Item& item, int sample) const override {
    Request request{item.id, item.order, sample, {}};
    if (lettered_) {
      request.body = lettered_->ask(item, options_, sample);
      return request;
    }
    // Partial evaluation: the names are given, and what follows the blank is compared.
    const std::size_t blank_at = item.question.find('_');
    const std::string_view rest = std::string_view(item.question).substr(blank_at + 1);
    LoglikelihoodRequest body;
    body.context = item.question.substr(0, blank_at);
    body.openings = item.choices;
    body.continuations.assign(item.choices.size(), " " + std::string(reading::python_strip(rest)));
    request.body = std::move(body);
    return request;
  }

  std::optional<Item> rotated(const Item& item, int by) const override {
    if (!lettered_) return std::nullopt;
    return scoring::rotated_choices(item, by);
  }

  Score score(const Item& item, const Completion& completion) const override {
    if (lettered_) return lettered_->score(item, completion);
    return scoring::score_logprobs(item, completion, {{"accuracy", scoring::Normalisation::kNone}}, {"1", "2"});
  }

 private:
  SuiteOptions options_;
  reading::DataFile file_;
  std::optional<scoring::LetteredQuestion> lettered_;  // with protocol "generate"
  SuiteInfo info_;
};

}  // namespace

SuiteEntry entry() {
  return {"winogrande", "which of two names fills a sentence's blank, 1,267 sentences", protocols(), {}, 0, 0, {kFile},
          make};
}

Result<std::unique_ptr<Suite>> make(const SuiteOptions& options) {
  if (Result<Protocol> known = known_protocol("winogrande", protocols(), {}, options,
                                              "examples come from the training set, which assay does not read");
      !known) {
    return forward_error(known);
  }
  const reading::DataFolder folder =
      options.starter ? reading::DataFolder::built_in(starter_files()) : reading::DataFolder::on_disk(options.data_dir);
  Result<reading::DataFile> file = folder.find(kFile);
  if (!file) return forward_error(file);
  return std::make_unique<WinoGrandeSuite>(options, std::move(*file));
}

}  // namespace assay::winogrande
