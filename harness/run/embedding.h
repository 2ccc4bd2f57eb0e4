// Where suites that retrieve by embeddings get them from.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "adapters/registry.h"
#include "harness/core/embedder.h"

namespace assay {

/// What a run allows embedding.
struct EmbeddingLimits {
  std::string prices_file;  ///< imported prices, beside those that ship with assay; empty or not there: none
  std::optional<double> budget_usd;
  std::function<bool()> is_stopped = {};
  std::function<void(const std::string& line)> tell = {};
  bool asks_nobody = false;  ///< of a server only what the cache has is used
};

/// Makes embedders with the user's cache, and a price where one is known.
[[nodiscard]] EmbedderMaker embedder_maker(const AdapterContext& context, EmbeddingLimits limits);

}  // namespace assay
