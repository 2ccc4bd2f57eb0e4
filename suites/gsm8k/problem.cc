#include "suites/gsm8k/problem.h"

#include <utility>

#include "harness/core/text.h"
#include "suites/reading/python_text.h"

namespace assay::gsm8k {

Result<Problem> parse_problem(const reading::JsonObject& row) {
  Result<std::string> question = row.text("question");
  if (!question) return forward_error(question);
  if (reading::python_strip(*question).empty()) {
    return usage_error(row.where() + ": the question is empty; fetch the file again");
  }
  Result<std::string> answer = row.text("answer");
  if (!answer) return forward_error(answer);
  const std::string number = final_number(*answer);
  if (number.empty() || number.find_first_not_of("0123456789.,-$%") != std::string::npos) {
    return usage_error(row.where() + ": \"answer\" does not end in \"#### NUMBER\"" +
                       (number.empty() ? "" : " but in \"" + on_one_line(number.substr(0, 40)) + "\"") +
                       "; fetch the file again");
  }
  return Problem{std::move(*question), std::move(*answer)};
}

std::string final_number(const std::string& answer) {
  const std::size_t mark = answer.rfind("####");
  if (mark == std::string::npos) return "";
  return std::string(reading::python_strip(std::string_view(answer).substr(mark + 4)));
}

}  // namespace assay::gsm8k
