// `cot:` of a suite's file: how a model is asked to reason before it answers (chain of thought: J. Wei et al., NeurIPS
// 2022; without examples T. Kojima et al., NeurIPS 2022), and where its answer stands then.
#pragma once

#include <optional>
#include <string>

#include "harness/core/result.h"
#include "harness/core/yaml_tree.h"
#include "suites/custom/yaml_fields.h"

namespace assay::custom {

struct CotRules {
  std::optional<std::string> instruction;  ///< behind the prompt; absent: ours
  std::string marker = "Answer:";          ///< the answer is what follows the last of these
  std::optional<Placed> reasoning;         ///< template: what an example thinks before its answer; absent: nothing
  int max_tokens = 1024;                   ///< of reasoning and answer

  /// Reads the section. `path` is the file, for messages.
  [[nodiscard]] static Result<CotRules> parse(const YamlNode& node, const std::string& path);

  /// What the model is told behind the question; `by_letter`: which has lettered choices.
  [[nodiscard]] std::string told(bool by_letter) const;

  /// What a model concluded: the text behind the last marker, without blanks at its ends and the marks of bold text;
  /// all of it where there is no marker. The suite's own steps read it then.
  [[nodiscard]] std::string conclusion(const std::string& completion) const;

  /// The answer of an example: its reasoning, where there is one, and the marker with the answer on a line of its own.
  [[nodiscard]] std::string shown(const std::string& example_reasoning, const std::string& answer) const;
};

}  // namespace assay::custom
