// One task of MBPP, as its authors write it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/result.h"
#include "suites/reading/json_object.h"

namespace assay::mbpp {

/// A row of mbpp.jsonl.
struct Task {
  std::int64_t task_id = 0;
  std::string text;                ///< what the function is to do
  std::string code;                ///< the authors' solution
  std::string setup;               ///< Python before the tests; mostly empty
  std::vector<std::string> tests;  ///< assert statements

  /// The authors' split: 1 to 10 are for prompts, 11 to 510 are the test set, the rest is for validation and training.
  [[nodiscard]] bool is_test() const { return task_id >= 11 && task_id <= 510; }
};

/// Reads a row. Errors name file, line and key.
[[nodiscard]] Result<Task> parse_task(const reading::JsonObject& row);

/// The task as an item of the suite, and back.
[[nodiscard]] Item to_item(const Task& task, std::int64_t order);
[[nodiscard]] Task from_item(const Item& item);

/// The task's tests as the judge's interpreter runs them: every name in them that is neither Python's nor made by the
/// tests themselves is the program's.
[[nodiscard]] std::string check_source(const Task& task);

}  // namespace assay::mbpp
