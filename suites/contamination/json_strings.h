// The texts in JSON, whatever its shape, from bytes that come piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::contamination {

/// Finds the strings of JSON or JSON Lines, names of members included, and unescapes them as it goes: memory is
/// constant, however long a line or a string. It does not check that brackets match, only that what is between strings
/// can be JSON at all, so that a text by mistake called .json is noticed. Not thread-safe.
class JsonStrings {
 public:
  /// `lines`: each line begins an object, an array or a string (JSON Lines).
  explicit JsonStrings(bool lines) : lines_(lines) {}

  /// Takes the next bytes, cut anywhere. `text(bytes)` gets a string piece by piece, `end()` is called behind each.
  /// False: this is no JSON, defect() says why, and line() where.
  template <class Text, class End>
  [[nodiscard]] bool add(std::string_view bytes, Text&& text, End&& end) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      if (state_ == State::kInString) {
        const std::size_t begin = at;
        while (at < bytes.size() && is_plain(bytes[at])) ++at;
        if (at > begin) {
          high_ = 0;
          text(bytes.substr(begin, at - begin));
        }
        if (at == bytes.size()) break;
      }
      const bool was_inside = state_ != State::kOutside;
      if (!take(static_cast<unsigned char>(bytes[at++]))) return false;
      if (piece_size_ > 0) text(std::string_view(piece_, piece_size_));
      piece_size_ = 0;
      if (was_inside && state_ == State::kOutside) end();
    }
    return true;
  }

  /// The bytes end here. False where that is in the middle of a string.
  [[nodiscard]] bool finish();

  /// The line, from 1, that the last byte was in.
  [[nodiscard]] std::int64_t line() const { return line_; }
  [[nodiscard]] const std::string& defect() const { return defect_; }

 private:
  enum class State { kOutside, kInString, kEscape, kHex };

  static bool is_plain(char byte) { return byte != '"' && byte != '\\' && static_cast<unsigned char>(byte) >= 0x20; }
  bool take(unsigned char byte);
  bool take_outside(unsigned char byte);
  bool take_escape(unsigned char byte);
  bool take_hex(unsigned char byte);
  void give_unit();
  bool fail(std::string defect);

  bool lines_;
  State state_ = State::kOutside;
  bool line_is_empty_ = true;  // nothing but blanks on this line so far
  std::int64_t line_ = 1;
  std::uint32_t unit_ = 0;  // of \uXXXX, as far as it is read
  int digits_ = 0;
  std::uint32_t high_ = 0;  // the first half of a UTF-16 pair, waiting for the second
  char piece_[4] = {};      // what an escape stands for
  std::size_t piece_size_ = 0;
  std::string defect_;
};

}  // namespace assay::contamination
