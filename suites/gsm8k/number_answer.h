// Reading the final number out of a worked solution, by the two rules of lm-evaluation-harness (tasks/gsm8k): where it
// was asked to stand, and the last number wherever it stands.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/core/completion.h"
#include "harness/core/item.h"
#include "harness/core/score.h"

namespace assay::gsm8k {

/// Where a protocol asks for the number.
enum class NumberPlace {
  kHashes,    ///< "#### 18": tasks gsm8k
  kSentence,  ///< "The answer is 18.": tasks gsm8k_cot, gsm8k_cot_zeroshot
};

/// Finds numbers in solutions. Linear time in the text (RE2). Thread-safe.
class NumberAnswer {
 public:
  explicit NumberAnswer(NumberPlace place);
  ~NumberAnswer();
  NumberAnswer(NumberAnswer&&) noexcept;
  NumberAnswer& operator=(NumberAnswer&&) noexcept;

  /// The first number where it was asked to stand (the filter "strict-match"); empty: none.
  [[nodiscard]] std::string strict(std::string_view text) const;

  /// The last run of digits, "$", "." and ",", or last digit (the filter "flexible-extract"); empty: none.
  [[nodiscard]] std::string flexible(std::string_view text) const;

  /// A number or a whole solution as the reference compares them: without ",", "$", what stands before the last
  /// "#### ", and a full stop at the end; in lower case.
  [[nodiscard]] std::string comparable(std::string_view text) const;

  /// Scores a text: "accuracy" by strict(), which is the headline, "accuracy_flexible" by flexible(), against
  /// `answer`, the solution or number that the reference compares with.
  [[nodiscard]] Score score(const std::string& answer, const Completion& completion) const;

 private:
  struct Patterns;
  std::unique_ptr<const Patterns> patterns_;
};

}  // namespace assay::gsm8k
