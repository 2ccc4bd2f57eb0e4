#include "suites/custom/custom_suite.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/custom/item_extra.h"
#include "suites/custom/item_source.h"
#include "suites/custom/passage_finder.h"
#include "suites/custom/protocols.h"
#include "suites/custom/rendered_row.h"
#include "suites/custom/suite_file.h"
#include "suites/formats/prompt_format.h"
#include "suites/reading/bounded_json.h"
#include "suites/reading/python_text.h"
#include "suites/scoring/answer_letter.h"
#include "suites/scoring/lettered_question.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::custom {
namespace {

constexpr int kMaxTokens = 256;
constexpr int kMaxLetterTokens = 32;

int max_shots_of(const SuiteFile& file) { return file.has_examples ? kMaxExamples : 0; }

class CustomSuite : public Suite {
 public:
  CustomSuite(SuiteFile file, SuiteOptions options) : file_(std::move(file)), options_(std::move(options)) {}

  Result<void> prepare() {
    auto renderer = RowRenderer::start(file_);
    if (!renderer) return forward_error(renderer);
    renderer_ = std::move(*renderer);
    const bool scores_text = options_.protocol != kLoglikelihood && !is_by_letter(file_, options_.protocol);
    if (file_.judge) {
      if (auto started = file_.judge->start(); !started) return started;
      const bool compares = options_.against != nullptr || file_.target || file_.targets;
      if (file_.judge->is_pairwise() && !compares) {
        return usage_error(file_.judge->where() +
                           ": pairwise needs an answer to compare with: a target, or another run's, --suite " +
                           file_.path + ":" + kAgainstOption + "=RUN");
      }
      info_.judge = SuiteJudge{file_.judge->model(), file_.rubric_sha256};
    }
    if (scores_text && file_.has_rules) {
      if (auto prepared = file_.scorer.prepare(options_, file_.name); !prepared) return prepared;
    }
    if (is_by_letter(file_, options_.protocol)) {
      for (std::size_t count = 2; count < letters_.size(); ++count) letters_[count].emplace(static_cast<int>(count));
    }
    info_.name = file_.name;
    info_.version = file_.version;
    info_.title = file_.title;
    info_.protocols = protocols_of(file_);
    info_.metrics = scores_text ? text_metrics() : choice_metrics();
    for (const Placed& column : file_.group_columns) info_.group_levels.push_back(column.text);
    info_.default_shots = file_.examples.count;
    info_.max_shots = max_shots_of(file_);
    info_.notes = file_.scorer.notes();
    return options_.retrieve ? prepare_retrieval() : Result<void>{};
  }

  Result<void> choose(const std::vector<std::int64_t>& orders) override {
    if (finder_ == nullptr) return {};
    auto rows = RowReader::open(file_.data);
    if (!rows) return forward_error(rows);
    std::vector<std::pair<std::int64_t, std::string>> questions;
    for (auto order = orders.begin(); order != orders.end();) {
      auto row = (*rows)->next();
      if (!row) return forward_error(row);
      if (!*row) break;
      if ((*row)->index != *order) continue;
      ++order;
      auto rendered = renderer_->render(**row);
      if (!rendered) return forward_error(rendered);
      questions.emplace_back((*row)->index, std::move(rendered->query));
    }
    auto found = finder_->find(questions);
    info_.retrieval = finder_->retrieval();
    return found;
  }

  const SuiteInfo& info() const override { return info_; }

  Result<std::unique_ptr<ItemSource>> load() const override {
    return open_items(file_, *renderer_, options_, finder_.get());
  }

  Result<std::string> data_sha256() const override {
    std::vector<reading::DataFile> files{file_.data};
    if (file_.examples.file) {
      auto examples = example_file(file_);
      if (!examples) return forward_error(examples);
      files.push_back(std::move(*examples));
    }
    files.insert(files.end(), file_.scorer.files().begin(), file_.scorer.files().end());
    if (file_.rag) {
      // By every strategy: all of them are asked of the same data.
      auto documents = retrieval::document_files(file_.rag->documents, file_.rag->where);
      if (!documents) return forward_error(documents);
      files.insert(files.end(), documents->begin(), documents->end());
    }
    return reading::data_set_sha256(files);
  }

  Request ask(const Item& item, int sample) const override {
    const Extra extra = from_text(item.fields.at(0));
    Request request{item.id, item.order, sample, {}};
    if (options_.protocol == kLoglikelihood) {
      LoglikelihoodRequest body;
      body.context = one_text(item, extra);
      body.droppable = moved(extra.passages, body.context.size() - item.question.size());
      for (const std::string& choice : item.choices) body.continuations.push_back(file_.delimiter + choice);
      request.body = std::move(body);
      return request;
    }
    GenerateRequest body;
    if (options_.protocol == kCompletion) {
      body.prompt = one_text(item, extra);
      body.droppable = moved(extra.passages, body.prompt.size() - item.question.size());
      body.stop = file_.generate.stop.value_or(std::vector<std::string>{file_.examples.separator});
    } else {
      if (!extra.system.empty()) body.messages.push_back({Role::kSystem, extra.system});
      for (const Example& example : extra.examples) {
        body.messages.push_back({Role::kUser, turn(example.prompt, example.choices)});
        body.messages.push_back({Role::kAssistant, example.answer});
      }
      body.messages.push_back({Role::kUser, turn(item.question, item.choices)});
      body.droppable = extra.passages;
      // Where an answer alone ends, reasoning may only begin.
      if (options_.protocol != kCot) body.stop = file_.generate.stop.value_or(std::vector<std::string>{});
    }
    const bool by_letter = options_.protocol == kLetter;
    if (by_letter) body.choices = scoring::letters(static_cast<int>(item.choices.size()));
    const int usual = file_.generate.max_tokens.value_or(by_letter ? kMaxLetterTokens : kMaxTokens);
    body.max_tokens = options_.max_tokens.value_or(options_.protocol == kCot ? file_.cot.max_tokens : usual);
    body.temperature = options_.temperature.value_or(file_.generate.temperature);
    body.top_p = file_.generate.top_p;
    body.seed = random_key(options_.sample_seed, item.id + "#" + std::to_string(sample));
    request.body = std::move(body);
    return request;
  }

  std::optional<Item> rotated(const Item& item, int by) const override {
    if (options_.protocol != kLetter) return std::nullopt;
    return scoring::rotated_choices(item, by);
  }

  std::optional<std::vector<std::string>> own_texts(const Item& item) const override {
    const Extra extra = from_text(item.fields.at(0));
    std::vector<std::string> texts;
    for (const TextSpan& span : extra.own) texts.push_back(item.question.substr(span.begin, span.end - span.begin));
    if (texts.empty()) texts.push_back(item.question);
    texts.insert(texts.end(), item.choices.begin(), item.choices.end());
    if (item.choices.empty()) texts.push_back(item.target);
    return texts;
  }

  Score score(const Item& item, const Completion& completion) const override {
    return with_retrieval(item, score_answer(item, completion));
  }

  Result<std::vector<Request>> judge_questions(const Item& item, int sample,
                                               const Completion& completion) const override {
    std::vector<Request> none;
    const ReadAnswer read = read_answer(completion.text);
    if (!file_.judge || is_empty(read)) return none;
    const Extra extra = from_text(item.fields.at(0));
    JudgedAnswer judged{extra.row_json, *read.text, std::nullopt, "", item.id + "#" + std::to_string(sample)};
    if (!extra.expected.targets.empty()) judged.reference = extra.expected.targets.front();
    if (file_.judge->is_pairwise()) {
      auto other = other_answer(item, sample, judged.reference);
      if (!other) return forward_error(other);
      judged.other = std::move(*other);
    }
    return file_.judge->questions(judged);
  }

  Score score_judged(const Item& item, const Completion& completion,
                     const std::vector<JudgeAnswer>& judge_answers) const override {
    return with_retrieval(item, score_by_judge(item, completion, judge_answers));
  }

 private:
  // Once, before any item is read: documents that cannot be read are found before anything is asked.
  Result<void> prepare_retrieval() {
    auto finder = PassageFinder::make(*file_.rag, options_.embedder, options_.is_dry_run);
    if (!finder) return forward_error(finder);
    finder_ = std::move(*finder);
    info_.retrieval = finder_->retrieval();
    if (!file_.rag->gold) return {};
    for (const std::string& name : file_.rag->quality_names()) {
      info_.metrics.push_back({name, name, Aggregation::kMean, 0, "", false});
    }
    return {};
  }

  // How well passages were found is no matter of the answer.
  [[nodiscard]] Score with_retrieval(const Item& item, Score score) const {
    if (finder_ == nullptr) return score;
    const Extra extra = from_text(item.fields.at(0));
    const std::vector<std::string> names = file_.rag->quality_names();
    for (std::size_t i = 0; i < extra.retrieval.size(); ++i) score.values.emplace_back(names[i], extra.retrieval[i]);
    score.detail += (score.detail.empty() ? "" : "\n\n") + extra.retrieved;
    return score;
  }

  [[nodiscard]] Score score_answer(const Item& item, const Completion& completion) const {
    if (options_.protocol == kLoglikelihood) {
      std::vector<scoring::ChoiceMetric> metrics;
      for (const MetricSpec& metric : choice_metrics())
        metrics.push_back({metric.value, normalisation_of(metric.value)});
      return scoring::score_logprobs(item, completion, metrics,
                                     scoring::letters(static_cast<int>(item.choices.size())));
    }
    if (is_by_letter(file_, options_.protocol)) {
      return letters_.at(item.choices.size())->score(item, concluded(completion));
    }
    const Extra extra = from_text(item.fields.at(0));
    const ReadAnswer read = read_answer(completion.text);
    if (!file_.judge) return file_.scorer.judge(extra.expected, read, completion);
    Score score = unjudged(extra, read, completion);
    if (!score.extracted.empty()) score.not_judged = "a judge's answer is needed";
    return score;
  }

  [[nodiscard]] Score score_by_judge(const Item& item, const Completion& completion,
                                     const std::vector<JudgeAnswer>& judge_answers) const {
    const Extra extra = from_text(item.fields.at(0));
    const ReadAnswer read = read_answer(completion.text);
    Score score = unjudged(extra, read, completion);
    if (is_empty(read)) return score;
    JudgeVerdict verdict = file_.judge->verdict(judge_answers);
    if (!verdict.missing.empty()) {
      score.not_judged = verdict.missing;
      return score;
    }
    score.value = verdict.values.front().second;
    score.why = std::move(verdict.why);
    for (auto& [name, value] : verdict.values) {
      const auto same = [&name = name](const auto& one) { return one.first == name; };
      const auto known = std::find_if(score.values.begin(), score.values.end(), same);
      if (known != score.values.end()) {
        known->second = value;
      } else {
        score.values.emplace_back(name, value);
      }
    }
    return score;
  }

  // What the user says in a turn of a chat: a prompt, its choices below it where the answer is a letter, and what is
  // told about answering. A format has no word before a question here: the prompt is the file's.
  [[nodiscard]] std::string turn(const std::string& prompt, const std::vector<std::string>& choices) const {
    const bool by_letter = is_by_letter(file_, options_.protocol);
    std::string told = by_letter ? file_.letter_instruction : "";
    if (options_.protocol == kCot) told = file_.cot.told(file_.has_choices());
    std::string text = prompt;
    if (by_letter && options_.format != nullptr) {
      text.append(options_.format->options).append(formats::written_options(*options_.format, choices));
    } else if (by_letter) {
      text += "\n";
      for (std::size_t i = 0; i < choices.size(); ++i) {
        text += "\n" + scoring::letter(static_cast<int>(i)) + ". " + choices[i];
      }
    }
    if (!told.empty()) text += "\n\n" + told;
    return text;
  }

  // The answer, read out of what the model said; its reasoning is left out.
  [[nodiscard]] ReadAnswer read_answer(const std::string& text) const {
    return file_.answer->read(options_.protocol == kCot ? file_.cot.conclusion(text) : text);
  }

  // The same for an answer that is a letter.
  [[nodiscard]] Completion concluded(const Completion& completion) const {
    Completion answer = completion;
    if (options_.protocol == kCot) answer.text = file_.cot.conclusion(completion.text);
    return answer;
  }

  static bool is_empty(const ReadAnswer& read) { return !read.text || reading::python_strip(*read.text).empty(); }

  // The metrics of an answer's text: the judge's before those of the rules.
  [[nodiscard]] std::vector<MetricSpec> text_metrics() const {
    if (!file_.judge) return file_.scorer.metrics();
    std::vector<MetricSpec> metrics = file_.judge->metrics();
    if (!file_.has_rules) return metrics;
    for (MetricSpec& metric : file_.scorer.metrics()) {
      metric.headline = false;
      metrics.push_back(std::move(metric));
    }
    return metrics;
  }

  // The score of an answer as long as the judge says nothing: its headline is 0, and the metrics of the rules are
  // there. What the judge's verdicts are like (their agreement) is not known of an answer that it never saw.
  [[nodiscard]] Score unjudged(const Extra& extra, const ReadAnswer& read, const Completion& completion) const {
    Score rules;
    if (file_.has_rules) rules = file_.scorer.judge(extra.expected, read, completion);
    Score score;
    score.values.emplace_back(file_.judge->metrics().front().value, 0);
    score.values.insert(score.values.end(), rules.values.begin(), rules.values.end());
    if (is_empty(read)) {
      score.why = read.text || completion.text.empty() ? "the answer is empty" : read.missing;
      if (completion.finish == FinishReason::kLength) score.why += " [cut off by length]";
      return score;
    }
    score.extracted = *read.text;
    return score;
  }

  // The answer that an item's is compared with: another run's, or the target.
  [[nodiscard]] Result<std::string> other_answer(const Item& item, int sample,
                                                 const std::optional<std::string>& reference) const {
    if (options_.against == nullptr) return *reference;
    const std::optional<Completion> other = options_.against->find_sample(item.id, sample);
    const ReadAnswer read = other ? read_answer(other->text) : ReadAnswer{};
    if (is_empty(read)) {
      return usage_error("the run to compare with has no answer of " + options_.against->model().name + " to " +
                         item.id);
    }
    return *read.text;
  }

  static scoring::Normalisation normalisation_of(const std::string& metric) {
    if (metric == "accuracy_norm") return scoring::Normalisation::kCodePoints;
    return metric == "accuracy_norm_bytes" ? scoring::Normalisation::kBytes : scoring::Normalisation::kNone;
  }

  [[nodiscard]] std::vector<MetricSpec> choice_metrics() const {
    std::vector<std::string> names{"accuracy", "accuracy_flexible"};
    if (options_.protocol == kLoglikelihood) {
      names = {"accuracy", "accuracy_norm", "accuracy_norm_bytes"};
      std::stable_partition(names.begin(), names.end(),
                            [&](const std::string& name) { return name == file_.headline; });
    }
    std::vector<MetricSpec> metrics;
    for (const std::string& name : names) metrics.push_back({name, name, Aggregation::kMean, 0, "", metrics.empty()});
    return metrics;
  }

  // System text, examples and question as one text.
  [[nodiscard]] std::string one_text(const Item& item, const Extra& extra) const {
    std::string text;
    if (!extra.system.empty()) text += extra.system + file_.examples.separator;
    for (const Example& example : extra.examples) {
      text += example.prompt + file_.delimiter + example.answer + file_.examples.separator;
    }
    return text + item.question;
  }

  SuiteFile file_;
  SuiteOptions options_;
  SuiteInfo info_;
  std::unique_ptr<RowRenderer> renderer_;                         // thread-safe
  std::unique_ptr<PassageFinder> finder_;                         // null: no passages stand before questions
  std::array<std::optional<scoring::AnswerLetter>, 27> letters_;  // by number of choices
};

}  // namespace

Result<SuiteEntry> entry(const std::string& path) {
  auto file = read_suite_file(path);
  if (!file) return forward_error(file);
  SuiteEntry entry;
  entry.name = file->name;
  entry.help = file->title;
  entry.protocols = protocols_of(*file);
  entry.options = file->scorer.option_names();
  if (file->judge && file->judge->is_pairwise()) entry.options.emplace_back(kAgainstOption);
  entry.default_shots = file->examples.count;
  entry.max_shots = max_shots_of(*file);
  entry.retrieves = file->rag.has_value();
  entry.make = [path](const SuiteOptions& options) { return make(path, options); };
  return entry;
}

Result<std::unique_ptr<Suite>> make(const std::string& path, const SuiteOptions& options) {
  if (options.starter) {
    return usage_error(path + ": a suite of your own has no starter items; leave --starter out");
  }
  auto file = read_suite_file(path);
  if (!file) return forward_error(file);
  if (options.retrieve && !file->rag) {
    return usage_error(path + ": has no strategy rag: no 'rag:' says where its documents are");
  }
  SuiteOptions chosen = options;
  if (chosen.protocol.empty()) chosen.protocol = file->protocols.front();
  const std::vector<std::string>& known = file->protocols;
  if (std::find(known.begin(), known.end(), chosen.protocol) == known.end()) {
    return usage_error(path + ": has no protocol '" + chosen.protocol + "'" + did_you_mean(chosen.protocol, known) +
                       "; it has " + listed(known));
  }
  auto suite = std::make_unique<CustomSuite>(std::move(*file), std::move(chosen));
  if (auto prepared = suite->prepare(); !prepared) return forward_error(prepared);
  return std::unique_ptr<Suite>(std::move(suite));
}

}  // namespace assay::custom
