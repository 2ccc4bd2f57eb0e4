// One word problem of GSM8K.
#pragma once

#include <string>

#include "harness/core/result.h"
#include "suites/reading/json_object.h"

namespace assay::gsm8k {

/// One line of a file.
struct Problem {
  std::string question;
  std::string answer;  ///< the worked solution, which ends in a line "#### 18"
};

/// Reads a row. Errors: keys missing, an empty question, no number behind a last "####".
[[nodiscard]] Result<Problem> parse_problem(const reading::JsonObject& row);

/// What stands behind the last "#### " of an answer, without blanks around it: "1,000".
[[nodiscard]] std::string final_number(const std::string& answer);

}  // namespace assay::gsm8k
