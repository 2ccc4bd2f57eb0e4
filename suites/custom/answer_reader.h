// From what a model wrote to the answer that is judged: the steps of `answer:` in a suite's file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "harness/core/yaml_tree.h"
#include "suites/scoring/json_answer.h"

namespace re2 {
class RE2;
}

namespace assay::custom {

/// What came of reading an answer.
struct ReadAnswer {
  std::optional<std::string> text;  ///< the answer
  std::string missing;              ///< why there is none: "no match of answer: regex"
};

/// The steps, each applied to what the one before gave. Thread-safe.
class AnswerReader {
 public:
  /// One step without parameters: "strip", "code", "sql", …. `key` is what messages call it.
  explicit AnswerReader(const std::string& step, std::string key = "answer");
  AnswerReader(AnswerReader&&) noexcept;
  AnswerReader& operator=(AnswerReader&&) noexcept;
  ~AnswerReader();

  /// Reads `answer:`, or another key that is read alike: one step or a list of them. `path` is the file, for messages.
  [[nodiscard]] static Result<AnswerReader> parse(const YamlNode& node, const std::string& path,
                                                  const std::string& key = "answer");

  [[nodiscard]] ReadAnswer read(const std::string& completion) const;

  /// The steps in words: "fence last, json $.label".
  [[nodiscard]] std::string description() const;

 private:
  struct Step;
  std::vector<Step> steps_;
  std::string key_;
};

/// A regular expression of a suite's file. Linear time (RE2).
[[nodiscard]] Result<std::unique_ptr<re2::RE2>> compile_regex(const std::string& pattern, const std::string& where);

}  // namespace assay::custom
