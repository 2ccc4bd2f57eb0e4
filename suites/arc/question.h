// One question of ARC, from the authors' file or from llm-foundry's.
#pragma once

#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/reading/json_object.h"

namespace assay::arc {

/// One line of a file.
struct Question {
  std::string stem;
  std::vector<std::string> options;  ///< three to five, in the file's order
  int answer = 0;                    ///< index of the right one
};

/// Reads a row of the authors' form: {"question": {"stem", "choices": [{"text", "label"}]}, "answerKey"}. Labels may be
/// letters or digits; the key is one of them.
[[nodiscard]] Result<Question> parse_published(const reading::JsonObject& row);

/// Reads a row of llm-foundry's form: {"query": "Question: …", "choices": [texts], "gold": index}.
[[nodiscard]] Result<Question> parse_foundry(const reading::JsonObject& row);

}  // namespace assay::arc
