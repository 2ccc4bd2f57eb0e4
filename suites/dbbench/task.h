// One task of dbbench: a table, what is to be found or changed, and what is right.
#pragma once

#include <string>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/result.h"
#include "suites/reading/json_object.h"
#include "suites/text_to_sql/execution/scratch_database.h"

namespace assay::dbbench {

/// A row of the file.
struct Task {
  std::string question;             ///< what is asked, and the table's name and headers
  std::string type;                 ///< "INSERT", "UPDATE", "DELETE", "counting", "ranking", …
  std::vector<std::string> labels;  ///< the answers; of a change the statement that makes it
  std::string md5;                  ///< of the table after the change, in lower case; empty of questions
  std::string table_json;           ///< {"table_name", "table_info": {"columns", "rows"}}

  /// Whether it is to change the table, and not to answer.
  [[nodiscard]] bool is_change() const { return type == "INSERT" || type == "UPDATE" || type == "DELETE"; }
};

/// Reads a row and its table. Errors name line and key.
[[nodiscard]] Result<Task> parse_task(const reading::JsonObject& row);

/// The table of a task, as parse_task() found it good. Numbers become the file's digits.
[[nodiscard]] text_to_sql::ScratchTable table_of(const std::string& table_json);

/// To and from Item::fields, type first.
[[nodiscard]] std::vector<std::string> fields_of(Task task);
[[nodiscard]] Task task_of(const Item& item);

}  // namespace assay::dbbench
