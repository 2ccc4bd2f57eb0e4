// The suite's own options, checked.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/suite.h"
#include "suites/text_to_sql/datasets/dataset.h"
#include "suites/text_to_sql/prompt/prompt.h"
#include "suites/text_to_sql/query_judge.h"

namespace assay::text_to_sql {

enum class GoldCheck { kOff, kList, kStrict, kLeaveOut };

/// What SuiteOptions::extra means.
struct SuiteSettings {
  std::string dataset = "spider";  ///< spider, bird, defog, own, starter
  JudgeRules rules;
  PromptOptions prompt;
  std::vector<std::string> defog_files;
  OwnFiles own;
  std::string examples;  ///< own: a file of examples for shots
  WithoutDatabase without_database = WithoutDatabase::kLeaveOut;
  GoldCheck gold_check = GoldCheck::kList;
  std::size_t workers = 0;
  std::string worker_program = "/proc/self/exe";
  bool descriptions = false;
};

/// The option keys, for the registry and for suggestions.
[[nodiscard]] const std::vector<std::string>& option_names();

/// Errors name key, value and the allowed set.
[[nodiscard]] Result<SuiteSettings> parse_settings(const SuiteOptions& options);

}  // namespace assay::text_to_sql
