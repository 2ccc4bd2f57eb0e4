// LegalBench's judgement of one answer, as its evaluation.py makes it, quirks included; results/statistics puts them
// together.
#pragma once

#include <string>
#include <string_view>

#include "harness/core/result.h"
#include "suites/legalbench/task.h"

namespace assay::legalbench {

/// What an answer is worth. A task's number is the mean of `value` weighted by `weight`, over the items of a gold
/// answer and then over those (kExact), or over all items. For F1 tasks, with hits, false and missed names counted:
/// value 2·hits / weight, weight 2·hits + false + missed, so that the weighted mean is the F1 of all items together.
struct Judgement {
  double value = 0;
  double weight = 1;
  std::string extracted;  ///< the answer as it was compared
  std::string why;
};

/// The text without ASCII punctuation, without blanks around it, in lower case (evaluation.py's normalize()).
[[nodiscard]] std::string normalised(std::string_view text);

/// The gold answer's class for balanced accuracy: normalised for kExact; the same for all items of other tasks.
[[nodiscard]] std::string gold_class(Judging judging, std::string_view answer);

/// Whether a gold answer can be judged against: sara_numeric's must be an amount ("$62000"). The error says what it is.
[[nodiscard]] Result<void> check_answer(Judging judging, const std::string& answer);

/// Judges a generation; `answer` has passed check_answer(), `judging` is not kByHand. Both are well-formed UTF-8.
[[nodiscard]] Judgement judge(Judging judging, std::string_view generation, std::string_view answer);

}  // namespace assay::legalbench
