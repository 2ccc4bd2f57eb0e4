// One question of TruthfulQA's multiple-choice file.
#pragma once

#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/reading/json_object.h"

namespace assay::truthfulqa {

/// The answers of one of the file's lists, in its order; `is_true` says which are true.
struct Answers {
  std::vector<std::string> texts;
  std::vector<bool> is_true;
};

/// A question with the answers of one list.
struct Question {
  std::string text;
  Answers answers;
};

/// Reads a question and its `list` ("mc1_targets", "mc2_targets"): an object from each answer to 1 or 0.
/// There must be true and false ones.
[[nodiscard]] Result<Question> parse_question(const reading::JsonObject& row, const std::string& list);

}  // namespace assay::truthfulqa
