// The words of a text as overlap is counted in them, from bytes that come piece by piece.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::contamination {

/// Splits text into words and gives each as a 64-bit hash. A word is what stands between white space, in small letters
/// and without punctuation (T. Brown et al., "Language models are few-shot learners", 2020, appendix C, whose n-grams
/// are of "lowercase, whitespace delimited words with no punctuation"). Beyond ASCII: of a code point count only
/// letters and numbers, after case folding and compatibility decomposition and without accents, so that it does not
/// matter how a text is composed; code points of scripts without blanks (Han, kana, Thai, Lao, Khmer, Myanmar) are
/// words of their own; bytes that are no UTF-8 are passed over. Memory is constant, however long a word. Not
/// thread-safe.
class WordSplitter {
 public:
  /// Takes the next bytes of a text, cut anywhere; calls `word(hash)` for each word that is complete by now.
  template <class Word>
  void add(std::string_view bytes, Word&& word) {
    for (const char byte : bytes) {
      take(static_cast<unsigned char>(byte));
      for (std::size_t i = 0; i < ended_count_; ++i) word(ended_[i]);
      ended_count_ = 0;
    }
  }

  /// The text ends here: its last word is complete.
  template <class Word>
  void end(Word&& word) {
    pending_size_ = 0;
    end_word();
    for (std::size_t i = 0; i < ended_count_; ++i) word(ended_[i]);
    ended_count_ = 0;
  }

 private:
  void take(unsigned char byte) {
    if (byte >= 0x80 || pending_size_ > 0) {
      take_beyond_ascii(byte);
    } else {
      take_ascii(byte);
    }
  }
  void take_ascii(unsigned char byte);
  void take_beyond_ascii(unsigned char byte);
  void take_code_point(std::int32_t code_point);
  void put(std::uint32_t code_point);
  void end_word();

  std::uint64_t hash_ = 0;
  bool in_word_ = false;
  std::array<unsigned char, 4> pending_{};  // of a code point that is not whole yet
  std::size_t pending_size_ = 0;
  std::size_t pending_wanted_ = 0;
  std::array<std::uint64_t, 2> ended_{};  // words that the last byte ended: at most the one before it, and itself
  std::size_t ended_count_ = 0;
};

/// The hashes of all runs of n words, from words that come one at a time. Two different runs share a hash with a chance
/// of 1 in 2^64, against texts that were not made to.
class RollingGrams {
 public:
  explicit RollingGrams(int n);

  /// The hash of the last n words, once there are n since the last reset().
  [[nodiscard]] std::optional<std::uint64_t> add(std::uint64_t word);

  /// Another text begins: no run goes over this point.
  void reset();

 private:
  std::vector<std::uint64_t> last_;  // the last n words, in a ring
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::uint64_t hash_ = 0;
  std::uint64_t leaving_ = 1;  // what the word that leaves is multiplied with
};

/// The hashes of a whole text's words.
[[nodiscard]] std::vector<std::uint64_t> words_of(std::string_view text);

}  // namespace assay::contamination
