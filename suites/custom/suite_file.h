// The file that describes a custom suite, read and checked. docs/your-own-tasks.md and `assay suite new` show the
// format.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/custom/answer_reader.h"
#include "suites/custom/cot_rules.h"
#include "suites/custom/judge_rules.h"
#include "suites/custom/rag_rules.h"
#include "suites/custom/scorer.h"
#include "suites/custom/yaml_fields.h"
#include "suites/reading/data_file.h"

namespace assay::custom {

/// `examples:`: the rows that are shown, with their answers, before a question.
struct ExampleRules {
  int count = 0;        ///< unless a run says otherwise (`--shots`)
  bool random = false;  ///< chosen by `seed`; else the first ones
  std::uint64_t seed = 0;
  std::string same;                ///< a column: examples have the item's value there; empty: any
  std::optional<Placed> file;      ///< where they come from; absent: the suite's own rows
  std::string separator = "\n\n";  ///< between examples and question in one text
};

/// How text is taken from a model.
struct GenerateRules {
  std::optional<int> max_tokens;
  double temperature = 0;
  double top_p = 1;
  std::optional<std::vector<std::string>> stop;  ///< absent: none in a chat, the separator in one text
};

/// A suite's file.
struct SuiteFile {
  std::string path;
  std::string folder;  ///< of the file: paths in it are relative to it
  std::string name;    ///< item ids begin with it
  std::string title;
  std::string version;  ///< "1-" and a hash over what the file says, its title, comments and order of keys left out
  Placed data_path;
  reading::DataFile data;
  std::optional<Placed> id_column;
  std::vector<Placed> group_columns;
  std::optional<Placed> cluster_column;

  std::optional<Placed> system;   ///< template
  Placed prompt;                  ///< template
  std::optional<Placed> target;   ///< template
  std::optional<Placed> targets;  ///< a column that holds a list of right answers
  std::string targets_separator;  ///< of a column of text: between them
  std::vector<Placed> choices;    ///< templates, one a choice; empty where another form or none is given
  std::optional<Placed> choices_column;
  std::optional<Placed> choices_list;    ///< a template that gives all choices as a JSON list
  std::optional<Placed> example_answer;  ///< template of an example's answer; absent: its target
  std::string delimiter = " ";           ///< between a prompt and an answer in one text
  std::string letter_instruction;        ///< behind the lettered choices

  bool has_examples = false;  ///< `examples:` is there: a run may ask for any number of them
  ExampleRules examples;
  GenerateRules generate;
  CotRules cot;
  std::optional<RagRules> rag;
  std::optional<AnswerReader> answer;
  Scorer scorer;
  bool has_rules = true;               ///< `score:` is there, or nobody else judges
  std::optional<JudgeRules> judge;     ///< absent: the rules alone do
  std::string rubric_sha256;           ///< of `judge:` without its model
  bool scores_text = false;            ///< `score:` is there, or there are no choices
  std::string headline;                ///< loglikelihood: the metric that is the headline
  std::vector<std::string> protocols;  ///< by name, the default order first

  [[nodiscard]] bool has_choices() const { return !choices.empty() || choices_column || choices_list; }
};

/// The largest file that is read.
inline constexpr std::size_t kMaxSuiteFile = std::size_t{1} << 20;

/// Reads a suite's file and looks for the files it names. Errors name file, line, column and key.
[[nodiscard]] Result<SuiteFile> read_suite_file(const std::string& path);

/// The file that `examples: file` names.
[[nodiscard]] Result<reading::DataFile> example_file(const SuiteFile& file);

/// The most examples before a question.
inline constexpr int kMaxExamples = 1000;

/// The bytes of a YAML file of at most kMaxSuiteFile.
[[nodiscard]] Result<std::string> read_yaml_text(const std::string& path);

}  // namespace assay::custom
