// The ways to use a model that a run compares on the same items: `--strategy`. docs/strategies.md has their meaning.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/core/result.h"

namespace assay {

enum class StrategyKind {
  kZeroShot,         ///< the question alone
  kFewShot,          ///< `count` worked examples before it
  kCot,              ///< chain of thought: the model is to reason before it answers
  kSelfConsistency,  ///< `count` sampled chains of thought, whose answers vote
  kRag,              ///< passages of the suite's documents before the question (retrieval-augmented generation)
};

/// One strategy with its number.
struct Strategy {
  StrategyKind kind = StrategyKind::kZeroShot;
  int count = 0;  ///< kFewShot: examples; kSelfConsistency: samples an item; else 0
  bool operator==(const Strategy&) const = default;
};

/// The key under which a result's strategy is among its options (ResultInfo::options, SuiteOptions::extra).
inline constexpr const char* kStrategyOption = "strategy";

/// The key under which stands what found the passages of the strategy `rag`: "bm25", or the embedding model and its
/// hash. It belongs to the strategy: other strategies of the same suite have none.
inline constexpr const char* kRetrieverOption = "retriever";

/// Reads "zero_shot", "few_shot:3", "cot", "self_consistency:5", "rag". The error says what there is; it begins
/// without the place.
[[nodiscard]] Result<Strategy> parse_strategy(const std::string& text);

/// The strategy as parse_strategy() reads it.
[[nodiscard]] std::string strategy_text(const Strategy& strategy);

/// The strategy among options; empty where none is.
[[nodiscard]] std::string strategy_of(const std::vector<std::pair<std::string, std::string>>& options);

}  // namespace assay
