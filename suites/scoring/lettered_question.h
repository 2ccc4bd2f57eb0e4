// A question whose options are lettered and whose answer is a letter, for chat models: ours, for suites whose authors
// have no such prompt.
#pragma once

#include <string>
#include <vector>

#include "harness/core/completion.h"
#include "harness/core/item.h"
#include "harness/core/metric.h"
#include "harness/core/request.h"
#include "harness/core/score.h"
#include "suites/scoring/answer_letter.h"
#include "suites/suite.h"

namespace assay::scoring {

/// An item that is asked with letters, its choices moved on by `by` places: the choice at place i comes from i + by,
/// round the end. `target` is the letter of the right one.
[[nodiscard]] Item rotated_choices(Item item, int by);

/// Asks for the letter of one of an item's choices and reads it out of the answer. Thread-safe.
class LetteredQuestion {
 public:
  /// The most choices that an item may have.
  static constexpr int kMost = 26;

  /// `instruction` begins the prompt: one sentence, which "Reply with the letter …" follows.
  explicit LetteredQuestion(std::string instruction);

  /// One message: the instruction, the question, "A. …" for each of the item's choices, "Answer:". At most 32 tokens,
  /// greedy, unless the options say otherwise. SuiteOptions::format writes what follows the instruction.
  [[nodiscard]] GenerateRequest ask(const Item& item, const SuiteOptions& options, int sample) const;

  /// "accuracy" by the strict reading, which is the headline, and "accuracy_flexible" (scoring::AnswerLetter).
  [[nodiscard]] Score score(const Item& item, const Completion& completion) const;

  /// The metrics of score().
  [[nodiscard]] static std::vector<MetricSpec> metrics();

 private:
  std::string instruction_;
  std::vector<AnswerLetter> answers_;  // for 2, 3, … choices
};

}  // namespace assay::scoring
