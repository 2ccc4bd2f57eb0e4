// BLEU as sacrebleu computes it (tokenizer 13a, four-grams, smoothing exp), as fractions of 1 where it says 0 to 100.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::scoring {

/// What a corpus' BLEU is computed from; the sum over its segments.
struct BleuCounts {
  static constexpr std::size_t kOrder = 4;
  std::array<std::int64_t, kOrder> matched{};  ///< n-grams that a reference has too, clipped
  std::array<std::int64_t, kOrder> total{};    ///< n-grams of the answers
  std::int64_t answer_words = 0;
  std::int64_t reference_words = 0;  ///< of the reference nearest in length
  BleuCounts& operator+=(const BleuCounts& other);
};

/// sacrebleu's tokenizer 13a (mteval-v13a).
[[nodiscard]] std::string tokenised_13a(std::string_view text);

/// The counts of one segment against its references.
[[nodiscard]] BleuCounts bleu_counts(const std::vector<std::string>& references, std::string_view answer);

/// sacrebleu.corpus_bleu() of the summed counts.
[[nodiscard]] double corpus_bleu(const BleuCounts& counts);

/// sacrebleu.sentence_bleu(): the effective order is that of the answer.
[[nodiscard]] double sentence_bleu(const std::vector<std::string>& references, std::string_view answer);

}  // namespace assay::scoring
