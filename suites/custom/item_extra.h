// What an item of a custom suite carries in its one field.
#pragma once

#include <string>
#include <vector>

#include "harness/core/request.h"
#include "suites/custom/example_pool.h"
#include "suites/custom/scorer.h"

namespace assay::custom {

/// What asking and scoring need of a row beside the item's own members.
struct Extra {
  std::string system;
  Expected expected;
  std::vector<Example> examples;
  std::vector<TextSpan> own;  ///< where the question holds texts of the row; the rest is the suite's wording
  std::string row_json;       ///< for a judge; else empty
  /// By the strategy rag: what was retrieved, the passages' places in the question, and the values of
  /// RagRules::quality_names().
  std::string retrieved;
  std::vector<TextSpan> passages;
  std::vector<double> retrieval;
};

/// Spans `by` bytes further on.
[[nodiscard]] std::vector<TextSpan> moved(std::vector<TextSpan> spans, std::size_t by);

/// As a field holds it.
[[nodiscard]] std::string to_text(const Extra& extra);

/// What to_text() made of it.
[[nodiscard]] Extra from_text(const std::string& text);

}  // namespace assay::custom
