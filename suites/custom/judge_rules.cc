#include "suites/custom/judge_rules.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/core/excerpt.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/custom/rendered_row.h"
#include "suites/reading/python_text.h"

namespace assay::custom {
namespace {

constexpr const char* kScore = "judge_score";
constexpr const char* kPass = "judge_pass";
constexpr const char* kWinRate = "judge_win_rate";
constexpr const char* kAgreement = "judge_agreement";
constexpr const char* kFirstRate = "judge_first_rate";

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// A verdict's word without the marks that models put around it: "**PASS**." is "pass".
std::string bare(const std::string& text) {
  constexpr std::string_view kMarks = " \t\r\n*_`\"'.,:;!()[]{}<>#";
  const std::size_t begin = text.find_first_not_of(kMarks);
  if (begin == std::string::npos) return "";
  return reading::python_lower(text.substr(begin, text.find_last_not_of(kMarks) - begin + 1));
}

std::optional<double> number_in(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n*_`\"'()[]:+");
  const std::size_t end_of_it = text.find_last_not_of(" \t\r\n*_`\"'()[]:.");
  if (begin == std::string::npos || end_of_it == std::string::npos || end_of_it < begin) return std::nullopt;
  const std::string digits = text.substr(begin, end_of_it + 1 - begin);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_number =
      !digits.empty() && error == std::errc() && end == digits.data() + digits.size() && std::isfinite(value);
  return is_number ? std::optional(value) : std::nullopt;
}

// The grade that the last line with a digit says, where nobody said how verdicts are read: its only number, or "4/5"
// and "4 out of 5" where 5 is the best grade. Of several numbers nobody knows which one is meant.
std::optional<std::string> grade_in(const std::string& text, double most) {
  static const RE2 kNumber(R"re([-+]?\d+(?:\.\d+)?)re");
  static const RE2 kOutOf(R"re(([-+]?\d+(?:\.\d+)?)\s*(?:/|out of)\s*(\d+(?:\.\d+)?))re");
  std::string line;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string one = text.substr(begin, end - begin);
    if (one.find_first_of("0123456789") != std::string::npos) line = one;
    begin = end + 1;
  }
  std::vector<std::string> numbers;
  re2::StringPiece rest(line);
  re2::StringPiece number;
  while (numbers.size() < 3 && kNumber.Match(rest, 0, rest.size(), RE2::UNANCHORED, &number, 1)) {
    numbers.emplace_back(number.data(), number.size());
    rest.remove_prefix(static_cast<std::size_t>(number.data() - rest.data()) + number.size());
  }
  if (numbers.size() == 1) return numbers.front();
  std::string grade;
  std::string of;
  const bool is_out_of = numbers.size() == 2 && RE2::PartialMatch(line, kOutOf, &grade, &of);
  return is_out_of && number_in(of) == most ? std::optional(grade) : std::nullopt;
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string shown(const std::string& text) {
  constexpr std::size_t kLongest = 60;
  return "'" + excerpt(on_one_line(text), kLongest) + "'";
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The words of a key, as bare() gives them; `usual` where the key is not there.
Result<std::vector<std::string>> words_of(YamlFields& fields, const std::string& key,
                                          const std::vector<std::string>& usual) {
  auto given = fields.texts(key);
  if (!given) return forward_error(given);
  if (given->empty()) return usual;
  std::vector<std::string> words;
  for (const Placed& word : *given) {
    words.push_back(bare(word.text));
    if (words.back().empty()) return usage_error(word.where + ": expected a word that the judge answers with");
  }
  return words;
}

}  // namespace

Result<JudgeRules> JudgeRules::parse(const YamlNode& node, const std::string& path) {
  JudgeRules rules;
  auto fields = YamlFields::of(node, path, "judge");
  if (!fields) return forward_error(fields);
  rules.where_ = fields->place(node) + ": judge";
  auto model = fields->text("model");
  if (!model) return forward_error(model);
  if (*model) rules.model_ = (*model)->text;
  auto system = fields->text("system");
  if (!system) return forward_error(system);
  rules.system_ = std::move(*system);
  auto rubric = fields->text("rubric");
  if (!rubric) return forward_error(rubric);
  if (!*rubric || (*rubric)->text.empty()) {
    return usage_error(fields->where("rubric") +
                       ": is missing: what the judge is asked, a template over the row's fields, 'answer' and "
                       "'reference'");
  }
  rules.rubric_ = std::move(**rubric);
  auto max_tokens = fields->integer("max_tokens", 1, 10'000'000);
  if (!max_tokens) return forward_error(max_tokens);
  if (*max_tokens) rules.max_tokens_ = static_cast<int>(**max_tokens);
  auto temperature = fields->number("temperature", 0, 10);
  if (!temperature) return forward_error(temperature);
  rules.temperature_ = temperature->value_or(0);
  if (auto read = rules.read_form(*fields); !read) return forward_error(read);
  if (const YamlNode* verdict = fields->take("verdict")) {
    auto reader = AnswerReader::parse(*verdict, path, "verdict");
    if (!reader) return forward_error(reader);
    rules.verdict_ = std::move(*reader);
  } else {
    rules.verdict_ = AnswerReader(rules.form_ == Form::kScale ? "whole" : "last_line", "verdict");
    rules.finds_grade_ = rules.form_ == Form::kScale;
  }
  if (auto finished = fields->finish(); !finished) return forward_error(finished);
  return rules;
}

Result<void> JudgeRules::read_form(YamlFields& fields) {
  const YamlNode* scale = fields.take("scale");
  const YamlNode* pass = fields.take("pass");
  const YamlNode* fail = fields.take("fail");
  const YamlNode* pairwise = fields.take("pairwise");
  const int forms =
      (scale != nullptr ? 1 : 0) + (pass != nullptr || fail != nullptr ? 1 : 0) + (pairwise != nullptr ? 1 : 0);
  if (forms != 1) {
    return usage_error(where_ +
                       ": expected one form of verdict: 'scale: [1, 5]', 'pass: yes' with 'fail: no', or 'pairwise: "
                       "{first: A, second: B, tie: C}'");
  }
  if (scale != nullptr) {
    auto bounds = fields.texts("scale");
    if (!bounds) return forward_error(bounds);
    const auto number = [&](std::size_t i) { return i < bounds->size() ? number_in((*bounds)[i].text) : std::nullopt; };
    const std::optional<double> least = number(0);
    const std::optional<double> most = number(1);
    if (bounds->size() != 2 || !least || !most || *least >= *most) {
      return usage_error(fields.where("scale") + ": expected the worst and the best grade, as in [1, 5]");
    }
    form_ = Form::kScale;
    least_ = *least;
    most_ = *most;
    return {};
  }
  YamlFields words = fields;
  if (pairwise != nullptr) {
    auto own = YamlFields::of(*pairwise, fields.path(), "pairwise");
    if (!own) return forward_error(own);
    words = std::move(*own);
  }
  form_ = pairwise != nullptr ? Form::kPairwise : Form::kPassFail;
  auto high = words_of(words, pairwise != nullptr ? "first" : "pass", {pairwise != nullptr ? "a" : "pass"});
  if (!high) return forward_error(high);
  auto low = words_of(words, pairwise != nullptr ? "second" : "fail", {pairwise != nullptr ? "b" : "fail"});
  if (!low) return forward_error(low);
  high_ = std::move(*high);
  low_ = std::move(*low);
  if (pairwise != nullptr) {
    auto tie = words_of(words, "tie", {});
    if (!tie) return forward_error(tie);
    tie_ = std::move(*tie);
    auto swap = words.truth("swap");
    if (!swap) return forward_error(swap);
    swap_ = swap->value_or(true);
    if (auto finished = words.finish(); !finished) return finished;
  }
  for (const std::string& word : high_) {
    if (has(low_, word) || has(tie_, word)) return usage_error(where_ + ": '" + word + "' stands for two verdicts");
  }
  for (const std::string& word : low_) {
    if (has(tie_, word)) return usage_error(where_ + ": '" + word + "' stands for two verdicts");
  }
  return {};
}

Result<void> JudgeRules::start() {
  std::vector<templates::NamedTemplate> all{{rubric_.where, rubric_.text}};
  if (system_) all.push_back({system_->where, system_->text});
  auto engine = templates::TemplateEngine::start(std::move(all));
  if (!engine) return forward_error(engine);
  engine_ = std::move(*engine);
  return {};
}

std::vector<MetricSpec> JudgeRules::metrics() const {
  const auto mean = [](const char* name, bool headline) {
    return MetricSpec{name, name, Aggregation::kMean, 0, "", headline};
  };
  if (form_ == Form::kScale) return {mean(kScore, true)};
  if (form_ == Form::kPassFail) return {mean(kPass, true)};
  if (!swap_) return {mean(kWinRate, true), mean(kFirstRate, false)};
  return {mean(kWinRate, true), mean(kAgreement, false), mean(kFirstRate, false)};
}

Result<std::vector<Request>> JudgeRules::questions(const JudgedAnswer& judged) const {
  std::vector<std::size_t> which{0};
  if (system_) which.push_back(1);
  std::vector<Request> questions;
  const int orders = is_pairwise() && swap_ ? 2 : 1;
  for (int order = 0; order < orders; ++order) {
    // The answers come last: of two members of one name the later one counts, so that no column hides them.
    std::string fields = row_variables(judged.row_json);
    fields.resize(fields.rfind('}'));
    if (judged.reference) fields += ",\"reference\":" + quoted(*judged.reference);
    if (is_pairwise()) {
      const std::string& first = order == 0 ? judged.answer : judged.other;
      const std::string& second = order == 0 ? judged.other : judged.answer;
      fields += ",\"first\":" + quoted(first) + ",\"second\":" + quoted(second) + "}";
    } else {
      fields += ",\"answer\":" + quoted(judged.answer) + "}";
    }
    auto texts = engine_->render(which, fields);
    if (!texts) return forward_error(texts);
    GenerateRequest body;
    if (system_) body.messages.push_back({Role::kSystem, (*texts)[1]});
    body.messages.push_back({Role::kUser, (*texts)[0]});
    body.max_tokens = max_tokens_;
    body.temperature = temperature_;
    body.seed = random_key(0, judged.seed_key + "#judge#" + std::to_string(order));
    Request request;
    request.body = std::move(body);
    questions.push_back(std::move(request));
  }
  return questions;
}

// The word that a judge's answer comes to; the error is why there is none.
Result<std::string> JudgeRules::word_of(const JudgeAnswer& answer) const {
  const ReadAnswer read = verdict_.read(answer.completion.text);
  const std::string cut =
      answer.completion.finish == FinishReason::kLength ? " [the judge was cut off: raise max_tokens of judge:]" : "";
  if (!read.text) {
    return usage_error(read.missing + " in the judge's answer " + shown(answer.completion.text) + cut);
  }
  if (form_ == Form::kScale) {
    const std::string text = finds_grade_ ? grade_in(*read.text, most_).value_or(*read.text) : *read.text;
    const std::optional<double> grade = number_in(text);
    if (grade && *grade >= least_ && *grade <= most_) return text;
    return usage_error(shown(*read.text) + " of the judge is no grade from " + number_text(least_) + " to " +
                       number_text(most_) + cut);
  }
  std::string word = bare(*read.text);
  if (has(high_, word) || has(low_, word) || has(tie_, word)) return word;
  return usage_error(shown(*read.text) + " of the judge is none of its verdicts" + cut);
}

// A verdict as a number: 1 for pass or the answer that was shown first, 0 for the opposite, 0.5 for a tie; a grade's
// place on its scale.
Result<double> JudgeRules::point(const JudgeAnswer& answer) const {
  auto word = word_of(answer);
  if (!word) return forward_error(word);
  if (form_ == Form::kScale) return (*number_in(*word) - least_) / (most_ - least_);
  if (has(high_, *word)) return 1.0;
  return has(low_, *word) ? 0.0 : 0.5;
}

JudgeVerdict JudgeRules::verdict(const std::vector<JudgeAnswer>& answers) const {
  JudgeVerdict verdict;
  std::vector<double> points;
  for (const JudgeAnswer& answer : answers) {
    auto one = point(answer);
    if (!one) {
      verdict.missing = one.error().message;
      return verdict;
    }
    points.push_back(*one);
  }
  const std::size_t wanted = is_pairwise() && swap_ ? 2 : 1;
  if (points.size() != wanted) {
    verdict.missing = "the judge was asked " + std::to_string(points.size()) + " times, not " + std::to_string(wanted);
    return verdict;
  }
  if (form_ == Form::kScale) {
    verdict.values = {{kScore, points[0]}};
    verdict.why = "the judge says " + number_text(least_ + points[0] * (most_ - least_)) + " (of " +
                  number_text(least_) + " to " + number_text(most_) + ")";
    return verdict;
  }
  if (form_ == Form::kPassFail) {
    verdict.values = {{kPass, points[0]}};
    verdict.why = points[0] == 1 ? "the judge lets it pass" : "the judge does not let it pass";
    return verdict;
  }
  const auto outcome = [](double won) { return won == 1 ? "better" : won == 0 ? "worse" : "a tie"; };
  if (!swap_) {
    verdict.values = {{kWinRate, points[0]}, {kFirstRate, points[0]}};
    verdict.why = std::string("the judge says ") + outcome(points[0]) + " (asked in one order)";
    return verdict;
  }
  const double second = 1 - points[1];  // in the other order the answer was shown second
  const bool agrees = points[0] == second;
  verdict.values = {
      {kWinRate, agrees ? points[0] : 0.5}, {kAgreement, agrees ? 1 : 0}, {kFirstRate, (points[0] + points[1]) / 2}};
  verdict.why = agrees ? std::string("the judge says ") + outcome(points[0]) + " in both orders"
                       : std::string("the judge says ") + outcome(points[0]) + " where it is shown first and " +
                             outcome(second) + " where second: a tie";
  return verdict;
}

}  // namespace assay::custom
