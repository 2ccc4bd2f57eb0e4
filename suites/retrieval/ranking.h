// Which passages are most like a question: exact cosine of embeddings, and BM25 of words; and how good that is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "suites/retrieval/passages.h"

namespace assay::retrieval {

/// A passage that was found.
struct Hit {
  std::size_t passage = 0;  ///< index into the passages
  double score = 0;
};

/// The best first; of equal ones the earlier passage first.
using Ranking = std::vector<Hit>;

/// The `k` highest of the passages' scores; fewer where others are not above `floor`.
[[nodiscard]] Ranking best(const std::vector<double>& scores, std::size_t k, std::optional<double> floor = {});

/// All passages' vectors, each of length 1: every question is compared with all of them, so that nothing is missed.
class VectorIndex {
 public:
  /// Vectors of one length, which are given up one by one; one that is all zero is like nothing.
  explicit VectorIndex(std::vector<std::vector<float>> vectors);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t dimensions() const { return dimensions_; }

  /// Cosines with a vector of dimensions() numbers: sums of products in double precision, in an order of their own.
  [[nodiscard]] std::vector<double> cosines(const std::vector<float>& vector) const;

 private:
  std::size_t size_;
  std::size_t dimensions_;
  std::vector<float> values_;  // one vector after the other
};

/// Words of a text for BM25: runs of letters, marks and digits (Unicode), in lower case.
[[nodiscard]] std::vector<std::string> lexical_words(std::string_view text);

/// Okapi BM25 (S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009, eq. 3.15)
/// with k1 = 1.2 and b = 0.75; the weight of a word in n of N passages is ln(1 + (N - n + 0.5) / (n + 0.5)), as in
/// Lucene, so that none is negative. A question's word counts as often as it is in it. Immutable; thread-safe.
class Bm25 {
 public:
  /// Texts are read, and not kept.
  explicit Bm25(const std::vector<std::string_view>& texts);

  /// A score a text; 0 where they share no word.
  [[nodiscard]] std::vector<double> scores(std::string_view question) const;

 private:
  std::vector<double> lengths_;
  double mean_length_ = 1;
  std::unordered_map<std::string, std::vector<std::pair<std::size_t, int>>> postings_;  // text, how often
};

/// What should be found: a document, of which any passage will do, or a place in it, which the passage has to hold.
struct Gold {
  std::size_t document = 0;
  std::optional<std::size_t> at;  ///< a byte of the document
  bool operator==(const Gold&) const = default;
};

[[nodiscard]] bool is_gold(const Passage& passage, const Gold& gold);

/// How well a ranking finds what it should.
struct Quality {
  double recall = 0;           ///< the share of the gold of which a passage is there
  double reciprocal_rank = 0;  ///< 1 / the place (from 1) of the first passage that is of the gold; 0 where none is
};

/// `gold` is not empty; what is there twice counts once.
[[nodiscard]] Quality quality_of(const Ranking& ranking, const std::vector<Passage>& passages,
                                 const std::vector<Gold>& gold);

}  // namespace assay::retrieval
