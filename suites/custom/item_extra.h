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
  std::string row_json;  ///< for a judge; else empty
  /// By the strategy rag: what was retrieved, the passages' places in the question, and the values of
  /// RagRules::quality_names().
  std::string retrieved;
  std::vector<TextSpan> passages;
  std::vector<double> retrieval;
};

/// As a field holds it.
[[nodiscard]] std::string to_text(const Extra& extra);

/// What to_text() made of it.
[[nodiscard]] Extra from_text(const std::string& text);

}  // namespace assay::custom
