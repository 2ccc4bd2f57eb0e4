// Which n-grams of a suite's items a corpus has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/item.h"

namespace assay::contamination {

/// A place in the corpus.
struct Place {
  std::uint32_t file = 0;  ///< index of the corpus's files
  std::int64_t line = 0;   ///< from 1: where the n-gram ended
};

/// What is said of an item.
enum class Standing {
  kClean,     ///< it has n-grams, and the corpus has none of them
  kFlagged,   ///< the corpus has one at least (Brown et al. 2020, appendix C: "dirty")
  kTooShort,  ///< it has no n-gram of its own: nothing can be said
};

/// "clean", "flagged", "too_short".
[[nodiscard]] const char* standing_name(Standing standing);

/// One item's overlap.
struct ItemOverlap {
  std::string id;
  std::vector<Group> groups;
  std::int64_t ngrams = 0;          ///< different ones that count
  std::int64_t found = 0;           ///< of these, in the corpus
  std::optional<Place> first = {};  ///< the earliest place of one that was found

  [[nodiscard]] Standing standing() const {
    if (ngrams == 0) return Standing::kTooShort;
    return found > 0 ? Standing::kFlagged : Standing::kClean;
  }
};

/// The texts of an item that somebody could have learnt by heart: its question, its options (the item's fields, where
/// its choices are the letters of these), and the right answer where that is a text.
[[nodiscard]] std::vector<std::string> texts_of(const Item& item);

/// The words of the longest of an item's texts.
[[nodiscard]] int longest_text(const std::vector<std::string>& texts);

/// The n that fits items of these lengths in words: their 5th percentile, but 8 at least and 13 at most (Brown et al.
/// 2020, appendix C). `lengths` is not empty.
[[nodiscard]] int fitting_ngram(std::vector<int> lengths);

/// The n-grams of a suite, and which of them have been seen. N-grams are taken within each of an item's texts, so that
/// neither the order nor the marks of options matter. What stands in more than kMostAlike items and in more than a
/// tenth of all is how the suite words its questions, not what they ask, and does not count. Memory grows with the
/// suite alone: some 100 bytes an n-gram. Not thread-safe.
class Overlap {
 public:
  static constexpr int kMostAlike = 10;

  /// `n` words an n-gram, at least 1.
  explicit Overlap(int n) : n_(n) {}

  /// `texts` are those of the item that count: texts_of(), or what its suite says (Suite::own_texts()).
  void add(const Item& item, const std::vector<std::string>& texts);

  /// No more items come: what counts is settled.
  void close();

  /// The corpus has this n-gram (RollingGrams) there. Only after close().
  void see(std::uint64_t gram, Place place) {
    const std::uint64_t bit = gram >> shift_;
    if (((filter_[bit / 64] >> (bit % 64)) & 1) != 0) look_up(gram, place);
  }

  [[nodiscard]] int n() const { return n_; }
  [[nodiscard]] std::int64_t ngrams() const {
    return static_cast<std::int64_t>(grams_.size()) - common_;
  }                                                              ///< that count
  [[nodiscard]] std::int64_t common() const { return common_; }  ///< that do not, as the suite's own wording

  /// How many items have a gram that was seen.
  [[nodiscard]] std::int64_t flagged() const;

  /// All items, in the order in which they were added.
  [[nodiscard]] std::vector<ItemOverlap> items() const;

 private:
  struct Gram {
    std::int32_t items = 0;  // that have it
    std::uint32_t file = 0;  // where it was seen first
    std::int64_t line = 0;   // 0: not seen
    bool counts = true;
  };
  struct Kept {
    std::string id;
    std::vector<Group> groups;
    std::vector<std::uint32_t> grams;  // indices, each once
  };

  void look_up(std::uint64_t gram, Place place);

  int n_;
  std::int64_t common_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> index_;
  std::vector<Gram> grams_;
  std::vector<Kept> items_;
  std::vector<std::uint64_t> filter_;  // a bit for the upper bits of each hash: almost all words of a corpus end here
  int shift_ = 0;
};

}  // namespace assay::contamination
