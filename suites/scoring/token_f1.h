// SQuAD's comparison of two short texts: both normalised, equal or overlapping in their words.
#pragma once

#include <string>
#include <string_view>

namespace assay::scoring {

/// Which parts of SQuAD's normalisation are done, in this order. All of them: SQuAD's own.
struct Normalise {
  bool lowercase = true;    ///< str.lower()
  bool punctuation = true;  ///< ASCII punctuation is taken out (Python's string.punctuation)
  bool articles = true;     ///< the words a, an and the become a blank
  bool whitespace = true;   ///< runs of blanks become one, those at the ends go
};

/// The normalised text. Source: normalize_answer of the official evaluate-v2.0.py.
[[nodiscard]] std::string normalised(std::string_view text, const Normalise& parts);

/// The F1 of the words of the two normalised texts, counted with their multiplicity; where one has no words, 1 if the
/// other has none either and else 0. Source: compute_f1 of the official evaluate-v2.0.py.
[[nodiscard]] double token_f1(std::string_view target, std::string_view answer);

}  // namespace assay::scoring
