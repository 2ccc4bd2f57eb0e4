#include "suites/mmlu/question.h"

#include <iterator>
#include <optional>

namespace assay::mmlu {

Result<std::optional<Question>> next_question(reading::CsvReader& rows) {
  Result<const reading::CsvRow*> row = rows.next(6);
  if (!row) return forward_error(row);
  if (*row == nullptr) return std::optional<Question>();
  const std::vector<std::string>& fields = (*row)->fields;
  // The authors' files have none of these (all 15,858 rows were looked at): where one turns up, a file is damaged.
  if ((*row)->text_after_quote) {
    return usage_error(rows.where() +
                       ": a field goes on behind its closing quote; a quote inside a quoted field is "
                       "written twice");
  }
  constexpr const char* kParts[] = {"question", "option A", "option B", "option C", "option D"};
  for (std::size_t i = 0; i < std::size(kParts); ++i) {
    if (fields[i].find_first_not_of(" \t\r\n") == std::string::npos) {
      return usage_error(rows.where() + ": the " + kParts[i] + " is empty; fetch the file again");
    }
  }
  const std::string& answer = fields[5];
  if (answer.size() != 1 || answer[0] < 'A' || answer[0] > 'D') {
    return usage_error(rows.where() + ": the answer is \"" + answer.substr(0, 40) +
                       "\" where A, B, C or D is expected; rows are question, A, B, C, D, answer, without a header");
  }
  return std::optional<Question>(
      Question{fields[0], {fields[1], fields[2], fields[3], fields[4]}, static_cast<int>(answer[0] - 'A')});
}

}  // namespace assay::mmlu
