#include "suites/custom/scorer.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>

#include "harness/core/excerpt.h"
#include "harness/core/text.h"
#include "suites/custom/length_rule.h"
#include "suites/custom/yaml_fields.h"
#include "suites/humaneval/execution_options.h"
#include "suites/humaneval/program_score.h"
#include "suites/mbpp/task.h"
#include "suites/reading/python_text.h"
#include "suites/scoring/bleu.h"
#include "suites/scoring/json_answer.h"
#include "suites/scoring/json_schema.h"
#include "suites/scoring/rouge.h"
#include "suites/scoring/token_f1.h"
#include "suites/text_to_sql/datasets/dataset.h"
#include "suites/text_to_sql/query_judge.h"

namespace assay::custom {
namespace {

const std::vector<std::string>& rule_names() {
  static const std::vector<std::string> names{"exact", "contains",    "regex",       "numeric", "f1",   "rouge_l",
                                              "bleu",  "json_schema", "json_fields", "sql",     "code", "length"};
  return names;
}

// What is shown of a text in one line.
std::string shown(const std::string& text) {
  constexpr std::size_t kLongest = 60;
  return "'" + excerpt(on_one_line(text), kLongest) + "'";
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

// A number as people write it: a currency sign before it, thousands' commas, a percent sign behind it.
std::optional<double> number_in(std::string_view text) {
  std::string digits(reading::python_strip(text));
  for (const std::string_view sign : {"$", "€", "£", "¥"}) {
    if (digits.starts_with(sign)) digits = digits.substr(sign.size());
  }
  if (digits.ends_with('%')) digits.pop_back();
  if (digits.ends_with('.')) digits.pop_back();
  std::erase(digits, ',');
  digits = reading::python_strip(digits);
  if (digits.starts_with('+')) digits.erase(0, 1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// The values of one rule for one answer, and why.
struct Verdict {
  std::vector<std::pair<std::string, double>> values;
  std::string why;
  std::string detail;
  std::string not_judged;
};

// The largest of a measure over the targets.
double best(const std::vector<std::string>& targets, const std::function<double(const std::string&)>& measure) {
  double most = 0;
  for (const std::string& target : targets) most = std::max(most, measure(target));
  return most;
}

struct Rule {
  std::string name;
  scoring::Normalise normalise{false, false, false, true};  // exact
  bool balanced = false;                                    // exact
  bool lowercase = false;                                   // contains
  bool all = false;                                         // contains
  std::shared_ptr<const RE2> regex;                         // regex
  std::string column;                                       // regex, sql
  double absolute = 0;                                      // numeric
  double relative = 0;                                      // numeric
  std::shared_ptr<const scoring::JsonSchema> schema;        // json_schema
  std::vector<scoring::JsonPath> fields;                    // json_fields
  std::string database;                                     // sql: the place
  text_to_sql::JudgeRules sql;                              // sql
  Placed tests;                                             // code
  LengthRule length;                                        // length

  [[nodiscard]] std::vector<std::string> value_names() const {
    if (name == "exact") return {"exact_match"};
    if (name == "regex") return {"regex_match"};
    if (name == "numeric") return {"numeric_match"};
    if (name == "json_schema") return {"json_valid"};
    if (name == "json_fields") return {"json_fields", "json_match"};
    if (name == "sql") return {"execution_accuracy", "valid_sql"};
    if (name == "length") return length.metrics();
    return {name};
  }

  [[nodiscard]] Verdict of_one(double value, std::string why) const {
    return {{{value_names()[0], value}}, std::move(why), "", ""};
  }

  [[nodiscard]] Verdict judge_exact(const Expected& expected, const std::string& answer) const {
    const std::string given = scoring::normalised(answer, normalise);
    const bool right = std::any_of(expected.targets.begin(), expected.targets.end(), [&](const std::string& target) {
      return scoring::normalised(target, normalise) == given;
    });
    return of_one(right ? 1 : 0, right ? "answered " + shown(answer) + ", right"
                                       : "answered " + shown(answer) + ", right is " + shown(expected.targets.front()));
  }

  [[nodiscard]] Verdict judge_contains(const Expected& expected, const std::string& answer) const {
    const auto folded = [this](const std::string& text) { return lowercase ? reading::python_lower(text) : text; };
    const std::string given = folded(answer);
    const auto has = [&](const std::string& target) { return given.find(folded(target)) != std::string::npos; };
    const bool right = all ? std::all_of(expected.targets.begin(), expected.targets.end(), has)
                           : std::any_of(expected.targets.begin(), expected.targets.end(), has);
    return of_one(right ? 1 : 0, std::string(right ? "contains " : "does not contain ") +
                                     shown(expected.targets.front()) +
                                     (expected.targets.size() > 1 ? " and its like" : ""));
  }

  [[nodiscard]] Verdict judge_regex(const Expected& expected, const std::string& answer) const {
    bool right = false;
    if (regex) {
      right = RE2::PartialMatch(answer, *regex);
    } else if (auto own = compile_regex(expected.pattern, "")) {  // checked when the row was read
      right = RE2::PartialMatch(answer, **own);
    }
    const std::string pattern = regex ? regex->pattern() : expected.pattern;
    return of_one(right ? 1 : 0, shown(answer) + (right ? " matches " : " does not match ") + shown(pattern));
  }

  [[nodiscard]] Verdict judge_numeric(const Expected& expected, const std::string& answer) const {
    const std::optional<double> given = number_in(answer);
    if (!given) return of_one(0, shown(answer) + " is no number; right is " + shown(expected.targets.front()));
    const bool right = std::any_of(expected.targets.begin(), expected.targets.end(), [&](const std::string& target) {
      const std::optional<double> wanted = number_in(target);
      return wanted && std::fabs(*given - *wanted) <= std::max(absolute, relative * std::fabs(*wanted));
    });
    return of_one(right ? 1 : 0,
                  "answered " + shown(answer) + (right ? ", right" : ", right is " + shown(expected.targets.front())));
  }

  [[nodiscard]] Verdict judge_fields(const Expected& expected, const std::string& answer) const {
    Verdict verdict;
    const std::optional<std::string> json = scoring::json_in(answer);
    const auto match = json ? scoring::match_fields(expected.targets.front(), *json, fields) : std::nullopt;
    if (!match || match->wanted == 0) {
      verdict.values = {{"json_fields", 0}, {"json_match", 0}};
      verdict.why = "no JSON in the answer";
      return verdict;
    }
    const double part = static_cast<double>(match->equal) / match->wanted;
    verdict.values = {{"json_fields", part}, {"json_match", match->equal == match->wanted ? 1 : 0}};
    verdict.why = std::to_string(match->equal) + " of " + std::to_string(match->wanted) + " fields are right" +
                  (match->first_difference.empty() ? "" : "; " + on_one_line(match->first_difference));
    return verdict;
  }

  [[nodiscard]] Verdict judge_schema(const std::string& answer) const {
    const std::optional<std::string> json = scoring::json_in(answer);
    const std::string wrong = schema->violation(json ? *json : answer);
    const bool given_up = wrong.starts_with(scoring::JsonSchema::kGivenUp);
    return of_one(wrong.empty() ? 1 : 0, wrong.empty() ? "valid by the schema"
                                         : given_up    ? wrong
                                                       : "not valid by the schema: " + wrong);
  }
};

}  // namespace

struct Scorer::State {
  std::vector<Rule> rules;
  std::vector<reading::DataFile> files;
  std::string none;
  Placed no_template;

  // code
  humaneval::ExecutionOptions execution;
  std::vector<int> ks{1};
  std::unique_ptr<sandbox::Sandbox> sandbox;
  // sql
  std::unique_ptr<text_to_sql::WorkerPool> pool;
  std::unique_ptr<text_to_sql::DatabaseStore> store;
  std::unique_ptr<text_to_sql::QueryJudge> judge;
  mutable std::mutex databases_mutex;
  mutable std::map<std::string, std::string> databases;  // by the row's name

  [[nodiscard]] const Rule* rule(const std::string& name) const {
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& one) { return one.name == name; });
    return found == rules.end() ? nullptr : &*found;
  }

  [[nodiscard]] Result<std::string> database_of(const Rule& rule, const std::string& name) const {
    const std::lock_guard<std::mutex> lock(databases_mutex);
    if (const auto known = databases.find(name); known != databases.end()) return known->second;
    auto found = text_to_sql::own_database(rule.database, name, *store);
    if (found) databases[name] = *found;
    return found;
  }

  [[nodiscard]] Verdict judge_sql(const Rule& rule, const Expected& expected, const std::string& answer) const {
    Verdict verdict;
    text_to_sql::Judgement judgement;
    auto file = database_of(rule, expected.database);
    if (file) {
      text_to_sql::Question question;
      question.files = {*file};
      question.gold = expected.targets.front();
      judgement = judge->judge(question, answer);
    } else {
      judgement.unavailable = true;
      judgement.why = file.error().message;
    }
    verdict.values = {{"execution_accuracy", judgement.match ? 1 : 0},
                      {"valid_sql", judgement.status == text_to_sql::QueryStatus::kRows ? 1 : 0}};
    verdict.why = judgement.why;
    verdict.detail = judgement.detail;
    if (judgement.unavailable) verdict.not_judged = judgement.why;
    return verdict;
  }

  [[nodiscard]] Verdict judge_rule(const Rule& rule, const Expected& expected, const std::string& answer) const {
    if (rule.name == "exact") return rule.judge_exact(expected, answer);
    if (rule.name == "contains") return rule.judge_contains(expected, answer);
    if (rule.name == "regex") return rule.judge_regex(expected, answer);
    if (rule.name == "numeric") return rule.judge_numeric(expected, answer);
    if (rule.name == "json_fields") return rule.judge_fields(expected, answer);
    if (rule.name == "json_schema") return rule.judge_schema(answer);
    if (rule.name == "sql") return judge_sql(rule, expected, answer);
    if (rule.name == "length") {
      const std::int64_t source_words = expected.source_words;
      return {rule.length.values(answer, source_words), rule.length.why(answer, source_words), "", ""};
    }
    double value = 0;
    if (rule.name == "f1") {
      value = best(expected.targets, [&](const std::string& target) { return scoring::token_f1(target, answer); });
    } else if (rule.name == "rouge_l") {
      value = best(expected.targets, [&](const std::string& target) { return scoring::rouge_l(target, answer).f1; });
    } else {
      value = scoring::sentence_bleu(expected.targets, answer);
    }
    return rule.of_one(value, rule.name + " " + rounded(value));
  }
};

Scorer::Scorer() : state_(std::make_unique<State>()) {}
Scorer::Scorer(Scorer&&) noexcept = default;
Scorer& Scorer::operator=(Scorer&&) noexcept = default;
Scorer::~Scorer() = default;

namespace {

// Fills what is already in `target` where the file has the key.
template <class Target, class Read>
Result<void> fill(Target& target, Read read) {
  auto value = read;
  if (!value) return forward_error(value);
  if (*value) target = **value;
  return {};
}

Result<void> read_options(YamlFields& fields, const std::string& folder, Rule& rule,
                          std::vector<reading::DataFile>& files) {
  const auto flag = [&](const char* key, bool& into) { return fill(into, fields.truth(key)); };
  if (rule.name == "exact") {
    for (const auto& [key, into] : {std::pair{"lowercase", &rule.normalise.lowercase},
                                    {"punctuation", &rule.normalise.punctuation},
                                    {"articles", &rule.normalise.articles},
                                    {"whitespace", &rule.normalise.whitespace},
                                    {"balanced", &rule.balanced}}) {
      if (auto read = flag(key, *into); !read) return read;
    }
  } else if (rule.name == "contains") {
    if (auto read = flag("lowercase", rule.lowercase); !read) return read;
    if (auto read = flag("all", rule.all); !read) return read;
  } else if (rule.name == "regex") {
    auto pattern = fields.text("pattern");
    if (!pattern) return forward_error(pattern);
    auto column = fields.text("column");
    if (!column) return forward_error(column);
    if (pattern->has_value() == column->has_value()) {
      return usage_error(fields.where("pattern") + ": regex needs either a pattern or the column that has one");
    }
    if (*column) rule.column = (*column)->text;
    if (*pattern) {
      auto compiled = compile_regex((*pattern)->text, (*pattern)->where);
      if (!compiled) return forward_error(compiled);
      rule.regex = std::move(*compiled);
    }
  } else if (rule.name == "numeric") {
    if (auto read = fill(rule.absolute, fields.number("absolute", 0, 1e300)); !read) return read;
    if (auto read = fill(rule.relative, fields.number("relative", 0, 1)); !read) return read;
  } else if (rule.name == "json_schema") {
    auto file = fields.text("file");
    if (!file) return forward_error(file);
    if (!*file) return usage_error(fields.where("file") + ": json_schema needs the file of the schema");
    auto found = reading::file_at(beside(folder, (*file)->text));
    if (!found) return usage_error((*file)->where + ": " + found.error().message);
    constexpr std::size_t kMost = std::size_t{1} << 20;
    std::ifstream stream(found->shown, std::ios::binary);
    std::string text(kMost + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMost) return usage_error((*file)->where + ": " + found->shown + " is larger than 1 MiB");
    auto schema = scoring::JsonSchema::parse(text, found->shown);
    if (!schema) return usage_error((*file)->where + ": " + schema.error().message);
    rule.schema = std::make_shared<const scoring::JsonSchema>(std::move(*schema));
    found->name = (*file)->text;
    files.push_back(std::move(*found));
  } else if (rule.name == "json_fields") {
    auto paths = fields.texts("fields");
    if (!paths) return forward_error(paths);
    for (const Placed& path : *paths) {
      auto parsed = scoring::JsonPath::parse(path.text, path.where);
      if (!parsed) return forward_error(parsed);
      rule.fields.push_back(std::move(*parsed));
    }
  } else if (rule.name == "sql") {
    auto database = fields.text("database");
    if (!database) return forward_error(database);
    if (!*database)
      return usage_error(fields.where("database") +
                         ": sql needs a database: an SQLite file, an .sql script or a folder of them");
    rule.database = beside(folder, (*database)->text);
    auto column = fields.text("column");
    if (!column) return forward_error(column);
    if (*column) rule.column = (*column)->text;
    auto compare = fields.text("compare");
    if (!compare) return forward_error(compare);
    if (*compare) {
      auto comparison = text_to_sql::comparison_from_name((*compare)->text);
      if (!comparison) return usage_error((*compare)->where + ": " + comparison.error().message);
      rule.sql.comparison = *comparison;
    }
    rule.sql.keep_distinct = true;  // as for a user's own questions: DISTINCT is meant
    std::optional<std::int64_t> timeout;
    if (auto read = fields.integer("timeout_ms", 1, 3'600'000); read) {
      timeout = *read;
    } else {
      return forward_error(read);
    }
    if (timeout) rule.sql.limits.timeout_ms = static_cast<std::uint32_t>(*timeout);
    if (rule.column.empty()) {
      auto found = reading::file_at(rule.database);
      if (!found) return usage_error((*database)->where + ": " + found.error().message);
      found->name = (*database)->text;
      files.push_back(std::move(*found));
    }
  } else if (rule.name == "code") {
    auto tests = fields.text("tests");
    if (!tests) return forward_error(tests);
    if (!*tests)
      return usage_error(fields.where("tests") + ": code needs the tests of a row, as in tests: \"{{ tests }}\"");
    rule.tests = **tests;
  } else if (rule.name == "length") {
    auto length = LengthRule::read(fields);
    if (!length) return forward_error(length);
    rule.length = std::move(*length);
  }
  return fields.finish();
}

}  // namespace

Result<Scorer> Scorer::parse(const YamlNode* node, const std::string& path, const std::string& folder) {
  Scorer scorer;
  if (node == nullptr) {
    scorer.state_->rules.emplace_back().name = "exact";
    return scorer;
  }
  const std::vector<YamlNode> one{*node};
  const std::vector<YamlNode>& nodes = node->kind == YamlNode::Kind::kList ? node->items : one;
  for (const YamlNode& part : nodes) {
    const std::string at = path + ":" + std::to_string(part.line) + ":" + std::to_string(part.column) + ": score";
    const bool is_map = part.kind == YamlNode::Kind::kMap;
    if (!is_map && part.kind != YamlNode::Kind::kScalar)
      return usage_error(at + ": expected a rule, not " + part.kind_name());
    const std::vector<YamlEntry> plain{{part, YamlNode{}}};
    for (const YamlEntry& entry : is_map ? part.entries : plain) {
      const std::string& name = entry.key.text;
      const auto& names = rule_names();
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        return usage_error(path + ":" + std::to_string(entry.key.line) + ":" + std::to_string(entry.key.column) +
                           ": score: no rule '" + on_one_line(name) + "'" + did_you_mean(name, names) + "; there are " +
                           listed(names));
      }
      if (scorer.state_->rule(name) != nullptr) return usage_error(at + ": the rule '" + name + "' is given twice");
      Rule rule;
      rule.name = name;
      YamlNode options = entry.value;
      if (options.kind == YamlNode::Kind::kNull) {
        options = part;
        options.kind = YamlNode::Kind::kMap;
        options.entries.clear();
      }
      auto fields = YamlFields::of(options, path, name);
      if (!fields) return forward_error(fields);
      if (auto read = read_options(*fields, folder, rule, scorer.state_->files); !read) return forward_error(read);
      scorer.state_->rules.push_back(std::move(rule));
    }
  }
  if (scorer.state_->rules.empty())
    return usage_error(path + ": score: has no rule; there are " + listed(rule_names()));
  if (scorer.state_->rule("code") != nullptr && scorer.state_->rules.size() > 1) {
    return usage_error(path + ": score: code is judged by its tests alone; take the other rules out");
  }
  const LengthRule& first = scorer.state_->rules.front().length;
  if (scorer.state_->rules.front().name == "length" && !first.min_words && !first.max_words) {
    return usage_error(path +
                       ": score: a length by itself is neither right nor wrong, and the first rule is the headline: "
                       "give length max_words, or put another rule before it");
  }
  return scorer;
}

Result<void> Scorer::prepare(const SuiteOptions& options, const std::string& suite) {
  if (state_->rule("code") != nullptr) {
    SuiteOptions own = options;
    std::erase_if(own.extra, [](const auto& option) { return option.first == "file"; });
    auto execution = humaneval::parse_execution_options(own, suite, humaneval::execution_option_names());
    if (!execution) return forward_error(execution);
    auto ks = humaneval::parse_ks(execution->k, options.samples, suite);
    if (!ks) return forward_error(ks);
    auto made = sandbox::Sandbox::create(execution->sandbox);
    if (!made) return forward_error(made);
    state_->execution = std::move(*execution);
    state_->ks = std::move(*ks);
    state_->sandbox = std::move(*made);
  }
  if (const Rule* sql = state_->rule("sql")) {
    state_->pool = std::make_unique<text_to_sql::WorkerPool>(text_to_sql::WorkerPoolOptions{});
    if (auto started = state_->pool->check(); !started) return forward_error(started);
    state_->store = std::make_unique<text_to_sql::DatabaseStore>(*state_->pool);
    state_->judge = std::make_unique<text_to_sql::QueryJudge>(*state_->pool, sql->sql);
  }
  return {};
}

std::vector<MetricSpec> Scorer::metrics() const {
  if (state_->rule("code") != nullptr) return humaneval::program_metrics(state_->ks);
  std::vector<MetricSpec> metrics;
  for (const Rule& rule : state_->rules) {
    for (const std::string& value : rule.value_names()) {
      metrics.push_back({value, value, Aggregation::kMean, 0, "", metrics.empty()});
    }
    if (rule.balanced)
      metrics.push_back({"balanced_accuracy", "exact_match", Aggregation::kBalancedAccuracy, 0, "", false});
  }
  return metrics;
}

std::string Scorer::default_answer() const {
  if (state_->rule("code") != nullptr) return "code";
  return state_->rule("sql") != nullptr ? "sql" : "strip";
}

std::vector<std::string> Scorer::option_names() const {
  return state_->rule("code") != nullptr ? humaneval::execution_option_names() : std::vector<std::string>{};
}

const std::string& Scorer::pattern_column() const {
  const Rule* rule = state_->rule("regex");
  return rule == nullptr ? state_->none : rule->column;
}

const std::string& Scorer::tests_template() const {
  const Rule* rule = state_->rule("code");
  return rule == nullptr ? state_->none : rule->tests.text;
}

const std::string& Scorer::tests_where() const {
  const Rule* rule = state_->rule("code");
  return rule == nullptr ? state_->none : rule->tests.where;
}

const Placed& Scorer::source_template() const {
  const Rule* rule = state_->rule("length");
  return rule == nullptr ? state_->no_template : rule->length.source;
}

const std::string& Scorer::database_column() const {
  const Rule* rule = state_->rule("sql");
  return rule == nullptr ? state_->none : rule->column;
}

bool Scorer::needs_target() const {
  return std::any_of(state_->rules.begin(), state_->rules.end(), [](const Rule& rule) {
    return rule.name != "regex" && rule.name != "json_schema" && rule.name != "code" && rule.name != "length";
  });
}

bool Scorer::executes() const { return state_->rule("code") != nullptr || state_->rule("sql") != nullptr; }

std::string Scorer::defect(const Expected& expected) const {
  if (needs_target() && expected.targets.empty()) return "there is no target";
  for (const Rule& rule : state_->rules) {
    if (rule.name == "numeric") {
      for (const std::string& target : expected.targets) {
        if (!number_in(target)) return "the target " + shown(target) + " is no number";
      }
    }
    if (rule.name == "contains") {
      const bool is_empty = std::any_of(expected.targets.begin(), expected.targets.end(),
                                        [](const std::string& target) { return target.empty(); });
      if (is_empty) return "the target is empty, and every answer contains that";
    }
    if (rule.name == "regex" && !rule.regex) {
      if (expected.pattern.empty()) return "the column " + rule.column + " is empty, and every answer matches that";
      if (auto compiled = compile_regex(expected.pattern, "the column " + rule.column); !compiled)
        return compiled.error().message;
    }
    if (rule.name == "json_fields") {
      const std::string& target = expected.targets.front();
      const auto match = scoring::match_fields(target, target, rule.fields);
      if (!match || match->wanted == 0)
        return "the target " + shown(target) + " is no JSON object with the fields to compare";
    }
    if (rule.name == "code" && reading::python_strip(expected.tests).empty()) return "the tests are empty";
    if (rule.name == "length" && !rule.length.source.text.empty() && expected.source_words == 0) {
      return "the text that length is compared with (of:) is empty";
    }
    if (rule.name == "sql" && state_->judge != nullptr) {
      auto file = state_->database_of(rule, expected.database);
      if (!file) return file.error().message;
      text_to_sql::Question question;
      question.files = {*file};
      question.gold = expected.targets.front();
      const text_to_sql::Judgement judgement = state_->judge->judge(question, question.gold);
      if (judgement.gold_failed) return "the gold query does not run: " + judgement.why;
    }
  }
  return "";
}

const std::vector<reading::DataFile>& Scorer::files() const { return state_->files; }

std::vector<std::pair<std::string, std::string>> Scorer::notes() const {
  if (state_->sandbox == nullptr) return {};
  return humaneval::isolation_notes(*state_->sandbox);
}

Score Scorer::judge(const Expected& expected, const ReadAnswer& read, const Completion& completion) const {
  Score score;
  if (!read.text || reading::python_strip(completion.text).empty()) {
    for (const MetricSpec& metric : metrics()) {
      const auto same = [&](const auto& value) { return value.first == metric.value; };
      const bool is_measured = metric.value != LengthRule::kCompression;  // nothing is no short summary
      if (is_measured && std::none_of(score.values.begin(), score.values.end(), same)) {
        score.values.emplace_back(metric.value, 0);
      }
    }
    score.why = read.text || reading::python_strip(completion.text).empty() ? "the answer is empty" : read.missing;
    if (completion.finish == FinishReason::kLength) score.why += " [cut off by length]";
    return score;
  }
  if (state_->rule("code") != nullptr) {
    mbpp::Task task;
    task.tests = {expected.tests};
    const sandbox::Trial trial{.program = *read.text, .check = mbpp::check_source(task)};
    return humaneval::program_score(state_->sandbox->judge(trial, state_->execution.limits), *read.text);
  }
  score.extracted = *read.text;
  for (const Rule& rule : state_->rules) {
    Verdict verdict = state_->judge_rule(rule, expected, *read.text);
    if (score.values.empty()) {
      score.value = verdict.values.front().second;
      score.why = std::move(verdict.why);
    }
    if (!verdict.detail.empty()) score.detail = std::move(verdict.detail);
    if (!verdict.not_judged.empty()) score.not_judged = std::move(verdict.not_judged);
    score.values.insert(score.values.end(), verdict.values.begin(), verdict.values.end());
  }
  if (score.value < 1 && completion.finish == FinishReason::kLength) score.why += " [cut off by length]";
  return score;
}

}  // namespace assay::custom
