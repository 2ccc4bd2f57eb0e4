#include "suites/custom/rendered_row.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "harness/core/text.h"
#include "suites/custom/length_rule.h"
#include "suites/reading/python_text.h"
#include "suites/scoring/multiple_choice.h"

namespace assay::custom {

std::string row_variables(const std::string& json) {
  const std::size_t open = json.find('{');
  const std::size_t first = json.find_first_not_of(" \t\r\n", open + 1);
  std::string text = "{\"row\":" + json;
  text += json[first] == '}' ? "}" : "," + json.substr(open + 1);
  return text;
}

std::string with_suggestion(const std::string& message, const Row& row) {
  const std::string mark = "' is undefined";
  const std::size_t end = message.find(mark);
  const std::size_t begin = end == std::string::npos || end == 0 ? std::string::npos : message.rfind('\'', end - 1);
  if (begin == std::string::npos) return message;
  return message + field_hint(row, message.substr(begin + 1, end - begin - 1), "; the row has ");
}

std::size_t RowRenderer::add(std::vector<templates::NamedTemplate>& all, const Placed& text) {
  all.push_back({text.where, text.text});
  all_.push_back(all.size() - 1);
  return all.size() - 1;
}

Result<std::unique_ptr<RowRenderer>> RowRenderer::start(const SuiteFile& file) {
  std::unique_ptr<RowRenderer> renderer(new RowRenderer(file));
  std::vector<templates::NamedTemplate> all;
  renderer->add(all, file.prompt);
  if (file.system) renderer->system_ = renderer->add(all, *file.system);
  if (file.target) renderer->target_ = renderer->add(all, *file.target);
  if (file.example_answer) renderer->example_answer_ = renderer->add(all, *file.example_answer);
  if (!file.scorer.tests_template().empty()) {
    renderer->tests_ = renderer->add(all, {file.scorer.tests_template(), file.scorer.tests_where()});
  }
  if (file.cot.reasoning) renderer->reasoning_ = renderer->add(all, *file.cot.reasoning);
  if (file.rag && file.rag->query) renderer->query_ = renderer->add(all, *file.rag->query);
  if (const Placed& source = file.scorer.source_template(); !source.text.empty()) {
    renderer->source_ = renderer->add(all, source);
  }
  if (file.choices_list) renderer->choices_list_ = renderer->add(all, *file.choices_list);
  for (const Placed& choice : file.choices) {
    const std::size_t index = renderer->add(all, choice);
    if (renderer->first_choice_ == kNone) renderer->first_choice_ = index;
  }
  auto engine = templates::TemplateEngine::start(std::move(all));
  if (!engine) return forward_error(engine);
  renderer->engine_ = std::move(*engine);
  return renderer;
}

Result<RenderedRow> RowRenderer::render(const Row& row) const {
  auto texts = engine_->render(all_, row_variables(row.json));
  if (!texts) return usage_error(with_suggestion(texts.error().message, row) + "; at " + row.where);
  RenderedRow rendered;
  rendered.prompt = texts->front();
  if (system_ != kNone) rendered.system = (*texts)[system_];
  if (file_.targets) {
    auto targets = field_texts(row, file_.targets->text, file_.targets_separator, file_.targets->where);
    if (!targets) return forward_error(targets);
    if (targets->empty())
      return usage_error(file_.targets->where + ": " + row.where + ": the list of right answers is empty");
    rendered.expected.targets = std::move(*targets);
  } else if (target_ != kNone) {
    rendered.expected.targets = {(*texts)[target_]};
  }
  rendered.query = query_ != kNone ? (*texts)[query_] : rendered.prompt;
  if (reasoning_ != kNone) rendered.reasoning = (*texts)[reasoning_];
  if (tests_ != kNone) rendered.expected.tests = (*texts)[tests_];
  if (source_ != kNone) rendered.expected.source_words = word_count((*texts)[source_]);
  if (file_.choices_column || file_.choices_list) {
    const std::string& where = file_.choices_column ? file_.choices_column->where : file_.choices_list->where;
    auto choices = file_.choices_column ? field_texts(row, file_.choices_column->text, "", where)
                                        : list_texts((*texts)[choices_list_], where + ": " + row.where);
    if (!choices) return forward_error(choices);
    constexpr std::size_t kMost = 26;
    if (choices->size() < 2 || choices->size() > kMost) {
      return usage_error(where + ": " + row.where + ": expected 2 to 26 choices, not " +
                         std::to_string(choices->size()));
    }
    rendered.choices = std::move(*choices);
  }
  for (std::size_t i = 0; i < file_.choices.size(); ++i) rendered.choices.push_back((*texts)[first_choice_ + i]);
  if (file_.has_choices()) {
    for (const std::string& choice : rendered.choices) {
      if (reading::python_strip(choice).empty())
        return usage_error(file_.path + ": choices: " + row.where + ": a choice is empty");
    }
    auto index = index_of_target(rendered.expected.targets.front(), rendered.choices, row);
    if (!index) return forward_error(index);
    rendered.target_index = *index;
  }
  if (const std::string& column = file_.scorer.pattern_column(); !column.empty()) {
    auto pattern = field_text(row, column, file_.path + ": score: regex: column");
    if (!pattern) return forward_error(pattern);
    rendered.expected.pattern = std::move(*pattern);
  }
  if (const std::string& column = file_.scorer.database_column(); !column.empty()) {
    auto database = field_text(row, column, file_.path + ": score: sql: column");
    if (!database) return forward_error(database);
    rendered.expected.database = std::move(*database);
  }
  if (file_.scores_text && file_.has_rules) {
    if (const std::string defect = file_.scorer.defect(rendered.expected); !defect.empty()) {
      return usage_error(file_.path + ": score: " + row.where + ": " + on_one_line(defect));
    }
  }
  if (example_answer_ != kNone) {
    rendered.example_answer = (*texts)[example_answer_];
  } else if (rendered.target_index >= 0) {
    rendered.example_answer = rendered.choices[static_cast<std::size_t>(rendered.target_index)];
  } else if (!rendered.expected.targets.empty()) {
    rendered.example_answer = rendered.expected.targets.front();
  }
  return rendered;
}

// The choice that a target means: by its text, else its letter, else its number from 0.
Result<int> RowRenderer::index_of_target(const std::string& target, const std::vector<std::string>& choices,
                                         const Row& row) const {
  const std::string wanted(reading::python_strip(target));
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (reading::python_strip(choices[i]) == wanted) return static_cast<int>(i);
  }
  const int count = static_cast<int>(choices.size());
  for (int i = 0; i < count; ++i) {
    if (scoring::letter(i) == wanted) return i;
  }
  int number = -1;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (!wanted.empty() && error == std::errc() && end == wanted.data() + wanted.size() && number >= 0 && number < count)
    return number;
  return usage_error(file_.target->where + ": " + row.where + ": '" + on_one_line(wanted.substr(0, 60)) +
                     "' is neither a choice's text nor its letter nor its number from 0");
}

}  // namespace assay::custom
