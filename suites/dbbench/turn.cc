#include "suites/dbbench/turn.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstddef>

#include "suites/reading/python_text.h"
#include "suites/text_to_sql/comparison/result_table.h"

namespace assay::dbbench {
namespace {

constexpr std::size_t kToldBytes = 800;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace

struct TurnReader::Patterns {
  RE2 action{"Action: ([^\\n]*?)\\n", quiet()};
  RE2 block{"```sql\\n((?s:.*?))\\n```", quiet()};
  RE2 answer{"\\nFinal Answer:([^\\n]*)", quiet()};
};

TurnReader::TurnReader() : patterns_(std::make_unique<const Patterns>()) {}
TurnReader::~TurnReader() = default;

std::optional<std::string> TurnReader::operation(std::string_view text) const {
  std::string action;
  if (!RE2::PartialMatch(piece(text), patterns_->action, &action) || action != "Operation") return std::nullopt;
  std::string sql;
  if (!RE2::PartialMatch(piece(text), patterns_->block, &sql)) return std::nullopt;
  sql = std::string(reading::python_strip(sql));
  std::replace(sql.begin(), sql.end(), '\n', ' ');
  return sql;
}

std::optional<std::string> TurnReader::final_answer(std::string_view text) const {
  std::string answer;
  if (!RE2::PartialMatch(piece(text), patterns_->answer, &answer)) return std::nullopt;
  return answer;
}

std::string rules() {
  return "You work on a SQLite database that holds one table, by SQL, to answer a question about it or to change it. "
         "All columns hold text.\n"
         "In every turn, first write down what you think. Then choose one of two actions.\n\n"
         "To run a statement, write:\n"
         "Action: Operation\n"
         "```sql\n"
         "SELECT * FROM `table` WHERE condition;\n"
         "```\n"
         "One statement a turn, in one line, without comments; of several code blocks only the first is run. Its "
         "result "
         "comes as the next message.\n\n"
         "To end, write:\n"
         "Action: Answer\n"
         "Final Answer: [\"ANSWER1\", \"ANSWER2\", ...]\n"
         "The answer must be exactly the right one, and is final. Where the table was to be changed, the list may hold "
         "anything. A turn in neither form ends the task as failed.";
}

std::string told(const text_to_sql::QueryOutcome& outcome) {
  if (outcome.status != text_to_sql::QueryStatus::kRows) return "error: " + outcome.message;
  const text_to_sql::ResultTable& table = outcome.table;
  if (table.column_count() == 0) return "done";
  std::string text;
  for (std::size_t c = 0; c < table.column_count(); ++c) text += (c > 0 ? " | " : "") + table.columns[c];
  for (std::size_t row = 0; row < table.row_count && text.size() <= kToldBytes; ++row) {
    text += "\n";
    for (std::size_t c = 0; c < table.column_count(); ++c) {
      text += (c > 0 ? " | " : "") + text_to_sql::python_text(table.at(row, c));
    }
  }
  if (table.row_count == 0) text += "\n(no rows)";
  if (text.size() > kToldBytes) {
    std::size_t end = kToldBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
    text.resize(end);
    text += "\n[cut; " + std::to_string(table.row_count) + (table.row_count == 1 ? " row in all]" : " rows in all]");
  }
  return text;
}

}  // namespace assay::dbbench
