#include "suites/contamination/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "suites/reading/python_text.h"

namespace assay::contamination {
namespace {

using reading::is_letter_or_number;

constexpr std::uint64_t kStart = 0xcbf29ce484222325;
constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;  // odd: a product with it loses nothing

std::uint64_t mixed(std::uint64_t value) {
  // S. Vigna, splitmix64: every bit of the result depends on every bit of the value
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

bool is_ascii_blank(unsigned char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

bool is_blank(std::int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
         code_point == 0x85;
}

// Scripts that put no blanks between words: runs of words are counted in code points there.
bool is_word_of_its_own(std::int32_t code_point) {
  constexpr std::array<std::pair<std::int32_t, std::int32_t>, 8> kRanges{{
      {0x0e00, 0x0eff},    // Thai, Lao
      {0x1000, 0x109f},    // Myanmar
      {0x1780, 0x17ff},    // Khmer
      {0x3040, 0x30ff},    // Hiragana, Katakana
      {0x3400, 0x4dbf},    // Han, extension A
      {0x4e00, 0x9fff},    // Han
      {0xf900, 0xfaff},    // Han, compatibility
      {0x20000, 0x3ffff},  // Han, further extensions
  }};
  return std::any_of(kRanges.begin(), kRanges.end(), [code_point](const auto& range) {
    return code_point >= range.first && code_point <= range.second;
  });
}

}  // namespace

void WordSplitter::put(std::uint32_t code_point) {
  if (!in_word_) hash_ = kStart;
  in_word_ = true;
  hash_ = (hash_ ^ code_point) * kFactor;
  hash_ ^= hash_ >> 32;
}

void WordSplitter::end_word() {
  if (!in_word_) return;
  in_word_ = false;
  ended_[ended_count_++] = mixed(hash_);
}

void WordSplitter::take_ascii(unsigned char byte) {
  if (byte >= 'a' && byte <= 'z') {
    put(byte);
  } else if (byte >= 'A' && byte <= 'Z') {
    put(static_cast<std::uint32_t>(byte) + 32U);
  } else if (is_ascii_blank(byte)) {
    end_word();
  } else if (byte >= '0' && byte <= '9') {
    put(byte);
  }
}

void WordSplitter::take_beyond_ascii(unsigned char byte) {
  if (pending_size_ > 0 && (byte & 0xc0) != 0x80) {
    pending_size_ = 0;  // what came before is no code point
    return take(byte);
  }
  if (pending_size_ == 0) {
    pending_wanted_ = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte < 0xc2 || byte > 0xf4) return;  // begins nothing
  }
  pending_[pending_size_++] = byte;
  if (pending_size_ < pending_wanted_) return;
  utf8proc_int32_t code_point = -1;
  const utf8proc_ssize_t size =
      utf8proc_iterate(pending_.data(), static_cast<utf8proc_ssize_t>(pending_size_), &code_point);
  pending_size_ = 0;
  if (size > 0 && code_point >= 0) take_code_point(code_point);
}

void WordSplitter::take_code_point(std::int32_t code_point) {
  if (is_blank(code_point)) return end_word();
  if (!is_letter_or_number(code_point)) return;
  const bool is_alone = is_word_of_its_own(code_point);
  if (is_alone) end_word();
  std::array<utf8proc_int32_t, 32> parts{};  // the longest decomposition has 18
  int boundary = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      code_point, parts.data(), static_cast<utf8proc_ssize_t>(parts.size()), options, &boundary);
  for (utf8proc_ssize_t i = 0; i < std::min(count, static_cast<utf8proc_ssize_t>(parts.size())); ++i) {
    const utf8proc_int32_t part = parts[static_cast<std::size_t>(i)];
    if (is_letter_or_number(part)) put(static_cast<std::uint32_t>(part));
  }
  if (is_alone) end_word();
}

RollingGrams::RollingGrams(int n) : last_(static_cast<std::size_t>(n)) {
  for (int i = 0; i < n; ++i) leaving_ *= kFactor;
}

std::optional<std::uint64_t> RollingGrams::add(std::uint64_t word) {
  const std::uint64_t left = count_ < last_.size() ? 0 : last_[next_];
  hash_ = hash_ * kFactor + word - left * leaving_;
  last_[next_] = word;
  next_ = next_ + 1 == last_.size() ? 0 : next_ + 1;
  count_ = std::min(count_ + 1, last_.size());
  if (count_ < last_.size()) return std::nullopt;
  return mixed(hash_);
}

void RollingGrams::reset() {
  next_ = 0;
  count_ = 0;
  hash_ = 0;
}

std::vector<std::uint64_t> words_of(std::string_view text) {
  std::vector<std::uint64_t> words;
  WordSplitter splitter;
  const auto keep = [&words](std::uint64_t word) { words.push_back(word); };
  splitter.add(text, keep);
  splitter.end(keep);
  return words;
}

}  // namespace assay::contamination
