// How GSM8K is asked, protocol by protocol, as lm-evaluation-harness does (tasks/gsm8k).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "suites/gsm8k/problem.h"

namespace assay::gsm8k {

/// "Question: …\nAnswer:", after the examples, each the same with its whole solution and a blank line.
[[nodiscard]] std::string harness_prompt(const std::vector<const Problem*>& examples, std::string_view question);

/// The number of reasoned examples there are.
[[nodiscard]] int reasoned_examples();

/// "Q: …\nA:", after the first `shots` of the eight examples of chain-of-thought prompting (Wei et al. 2022, appendix
/// G, in lm-evaluation-harness's wording).
[[nodiscard]] std::string reasoned_prompt(int shots, std::string_view question);

/// "Q: …\nA: Let's think step by step." (Kojima et al. 2022).
[[nodiscard]] std::string step_by_step_prompt(std::string_view question);

}  // namespace assay::gsm8k
