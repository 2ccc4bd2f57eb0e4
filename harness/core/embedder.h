// Texts as vectors: what retrieval needs of an embedding model. Implemented by adapters, used by suites.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"

namespace assay {

/// What embedding took so far.
struct EmbeddingUse {
  std::int64_t texts = 0;                  ///< asked for
  std::int64_t cached = 0;                 ///< of them, found in the cache
  std::optional<std::int64_t> tokens = 0;  ///< of the others, as the model counts; absent where a server did not say
  double ms = 0;                           ///< in which the others were computed
  std::optional<double> usd = 0;           ///< to be paid to a provider for the others; absent: not known
};

/// One embedding model. Calls block until the answer is there; one caller at a time.
class Embedder {
 public:
  virtual ~Embedder() = default;

  /// Which model it is, so that vectors of another are never taken for its own: name, hash, pooling.
  [[nodiscard]] virtual std::string identity() const = 0;

  /// A vector for each text, in order, all of one length above 0. No text is empty. Errors say what failed.
  [[nodiscard]] virtual Result<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) = 0;

  /// How many tokens a word takes, blanks before it included; estimated where the vocabulary is not at hand.
  [[nodiscard]] virtual int tokens_of(std::string_view word) const = 0;

  /// The most tokens of a text that have a part in its vector; 0: not known.
  [[nodiscard]] virtual int most_tokens() const = 0;

  /// How many texts one call of embed() is best given.
  [[nodiscard]] virtual std::size_t texts_at_once() const = 0;

  [[nodiscard]] virtual EmbeddingUse use() const = 0;
};

/// Tokens of a word by a rule of thumb, where no vocabulary is at hand: one for each 4 bytes begun.
[[nodiscard]] inline int estimated_tokens(std::string_view word) { return static_cast<int>((word.size() + 3) / 4); }

/// Makes an embedder of a model reference ("llama:model.gguf", "openai:NAME@URL"). Nothing is asked yet.
using EmbedderMaker = std::function<Result<std::unique_ptr<Embedder>>(const std::string& reference)>;

}  // namespace assay
