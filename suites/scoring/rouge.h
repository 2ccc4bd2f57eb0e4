// ROUGE-L as the package rouge-score (google-research) computes it, without stemming.
#pragma once

#include <string_view>

namespace assay::scoring {

/// The parts of a ROUGE value, each 0..1.
struct Rouge {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

/// RougeScorer(["rougeL"]).score(target, answer): the longest common subsequence of the words, which are runs of ASCII
/// letters and digits after str.lower(). Time grows with the product of the lengths: of more than kMaxRougeWords words
/// in a text only the first so many count.
[[nodiscard]] Rouge rouge_l(std::string_view target, std::string_view answer);

inline constexpr int kMaxRougeWords = 20'000;

}  // namespace assay::scoring
