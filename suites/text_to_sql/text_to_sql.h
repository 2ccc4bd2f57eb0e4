// The suite text_to_sql: questions turned into SQL by a model, judged by what the SQL returns. README.md has data
// sets, prompts, comparisons and metrics.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/result.h"
#include "suites/registry.h"
#include "suites/suite.h"
#include "suites/text_to_sql/query_judge.h"

namespace assay {

/// Makes the suite. Reads the questions and finds or builds their databases; own questions are checked: each gold
/// query must run. Errors: unknown options or values, files that are not there, workers that do not start.
[[nodiscard]] Result<std::unique_ptr<Suite>> make_text_to_sql(const SuiteOptions& options);

namespace text_to_sql {

/// The suite's entry in the registry.
[[nodiscard]] SuiteEntry entry();

/// A question whose gold query does not run or does not always give the same result.
struct ItemDefect {
  std::string item;
  GoldDefect defect;
};

/// Runs every gold query of a suite made by make_text_to_sql() against itself, on all cores. Errors: another suite.
[[nodiscard]] Result<std::vector<ItemDefect>> gold_defects(const Suite& suite);

/// A completion and the item it answers.
struct Prediction {
  Item item;
  Completion completion;
};

/// Scores a stream of predictions on all cores. `next` gives predictions until it gives none; `sink` gets them in
/// the same order with their scores. Both are called from one thread at a time. Memory is bounded by a window of
/// predictions at work.
void score_stream(const Suite& suite, const std::function<std::optional<Prediction>()>& next,
                  const std::function<void(const Prediction&, const Score&)>& sink);

}  // namespace text_to_sql
}  // namespace assay
