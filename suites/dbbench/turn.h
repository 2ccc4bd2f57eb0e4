// What a model says in one turn, in AgentBench's form, and how it is told what came of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "suites/text_to_sql/execution/query_outcome.h"

namespace assay::dbbench {

/// Reads turns. Linear time in the text (RE2). Thread-safe.
class TurnReader {
 public:
  TurnReader();
  ~TurnReader();

  /// The statement to run: where the first "Action: …" line says Operation, the first ```sql block, on one line.
  [[nodiscard]] std::optional<std::string> operation(std::string_view text) const;

  /// What the text behind the first "Final Answer:" of a line's beginning says, to the line's end.
  [[nodiscard]] std::optional<std::string> final_answer(std::string_view text) const;

 private:
  struct Patterns;
  std::unique_ptr<const Patterns> patterns_;
};

/// The rules of the game: what a model is told before its task.
[[nodiscard]] std::string rules();

/// What a statement gave, as the model is told: column names and rows, one a line, at most 800 bytes; "done" where
/// there are no columns; the error otherwise.
[[nodiscard]] std::string told(const text_to_sql::QueryOutcome& outcome);

}  // namespace assay::dbbench
