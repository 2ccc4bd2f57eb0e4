// How the answers of a custom suite are judged: the rules of `score:` in its file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/completion.h"
#include "harness/core/metric.h"
#include "harness/core/result.h"
#include "harness/core/score.h"
#include "harness/core/yaml_tree.h"
#include "suites/custom/answer_reader.h"
#include "suites/custom/yaml_fields.h"
#include "suites/reading/data_file.h"
#include "suites/suite.h"

namespace assay::custom {

/// What a row says of the right answer.
struct Expected {
  std::vector<std::string> targets;  ///< each is right; the first is shown
  std::string pattern;               ///< regex: the row's own expression, where the rule names a column
  std::string tests;                 ///< code: Python that asserts
  std::string database;              ///< sql: the row's name for it; may be empty
  std::int64_t source_words = 0;     ///< length: of the text that is summarised, where the rule names one
};

/// The rules, in order; the first is the headline. Thread-safe once prepared.
class Scorer {
 public:
  Scorer();
  Scorer(Scorer&&) noexcept;
  Scorer& operator=(Scorer&&) noexcept;
  ~Scorer();

  /// Reads `score:`: a rule or a list of rules, each a name or {name: {options}}. `node` may be null: exact match.
  /// Paths in it are relative to `folder`.
  [[nodiscard]] static Result<Scorer> parse(const YamlNode* node, const std::string& path, const std::string& folder);

  /// Makes what the rules need: a sandbox, database workers. Errors: the machine cannot, an option is wrong.
  [[nodiscard]] Result<void> prepare(const SuiteOptions& options, const std::string& suite);

  [[nodiscard]] std::vector<MetricSpec> metrics() const;

  /// The step by which an answer is read where the file says nothing: "strip", "code" or "sql".
  [[nodiscard]] std::string default_answer() const;

  /// The option keys of the suite: those of executed programs where a rule executes some.
  [[nodiscard]] std::vector<std::string> option_names() const;

  /// Columns that the rules read.
  [[nodiscard]] const std::string& pattern_column() const;
  [[nodiscard]] const std::string& tests_template() const;   ///< empty: no rule executes code
  [[nodiscard]] const std::string& tests_where() const;      ///< its place, for messages
  [[nodiscard]] const Placed& source_template() const;       ///< of `length`; empty: there is none
  [[nodiscard]] const std::string& database_column() const;  ///< empty: the database is one
  [[nodiscard]] bool needs_target() const;
  [[nodiscard]] bool executes() const;  ///< a rule runs code or queries

  /// What is wrong with a row's expectation (a target that is no number, a pattern that does not compile, …); empty:
  /// nothing.
  [[nodiscard]] std::string defect(const Expected& expected) const;

  /// Files that the rules read: part of the data set's hash.
  [[nodiscard]] const std::vector<reading::DataFile>& files() const;

  /// How programs are isolated here; empty where none are executed.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> notes() const;

  /// Judges an answer. `read` has no text: every metric is 0.
  [[nodiscard]] Score judge(const Expected& expected, const ReadAnswer& read, const Completion& completion) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::custom
