#include "suites/contamination/json_strings.h"

#include <utf8proc.h>

#include <utility>

namespace assay::contamination {
namespace {

// What can stand between strings: punctuation, blanks, numbers, and the letters of true, false, null, NaN, Infinity.
bool is_between(unsigned char byte) {
  constexpr std::string_view kAllowed = "{}[]:, \t\r0123456789+-.eEtrufalsnINity";
  return kAllowed.find(static_cast<char>(byte)) != std::string_view::npos;
}

}  // namespace

bool JsonStrings::fail(std::string defect) {
  defect_ = std::move(defect);
  return false;
}

bool JsonStrings::take(unsigned char byte) {
  switch (state_) {
    case State::kOutside:
      return take_outside(byte);
    case State::kEscape:
      return take_escape(byte);
    case State::kHex:
      return take_hex(byte);
    case State::kInString:
      break;
  }
  if (byte == '\\') {
    state_ = State::kEscape;
  } else if (byte == '"') {
    high_ = 0;
    state_ = State::kOutside;
  } else {
    return fail(byte == '\n' ? "a string does not end on its line" : "a control character stands in a string");
  }
  return true;
}

bool JsonStrings::take_outside(unsigned char byte) {
  if (byte == '\n') {
    ++line_;
    line_is_empty_ = true;
    return true;
  }
  const bool begins = line_is_empty_ && byte != ' ' && byte != '\t' && byte != '\r';
  if (begins && lines_ && byte != '{' && byte != '[' && byte != '"') {
    return fail("the line begins with no object, array or string");
  }
  if (begins) line_is_empty_ = false;
  if (byte == '"') {
    state_ = State::kInString;
    return true;
  }
  return is_between(byte) || fail("what stands between strings is no JSON");
}

bool JsonStrings::take_escape(unsigned char byte) {
  state_ = State::kInString;
  if (byte == 'u') {
    state_ = State::kHex;
    unit_ = 0;
    digits_ = 0;
    return true;
  }
  high_ = 0;
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/ \n\n\n\t";
  const std::size_t found = kEscapes.find(static_cast<char>(byte));
  if (found == std::string_view::npos) return fail("a backslash in a string begins no escape that JSON has");
  piece_[0] = kMeant[found];
  piece_size_ = 1;
  return true;
}

bool JsonStrings::take_hex(unsigned char byte) {
  std::uint32_t digit = 0;
  if (byte >= '0' && byte <= '9') {
    digit = byte - '0';
  } else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f') {
    digit = (byte | 0x20) - 'a' + 10U;
  } else {
    return fail("\\u in a string is not followed by four hexadecimal digits");
  }
  unit_ = unit_ * 16 + digit;
  if (++digits_ < 4) return true;
  state_ = State::kInString;
  give_unit();
  return true;
}

void JsonStrings::give_unit() {
  std::uint32_t code_point = unit_;
  const bool is_low = unit_ >= 0xdc00 && unit_ <= 0xdfff;
  if (unit_ >= 0xd800 && unit_ <= 0xdbff) {
    high_ = unit_;
    return;
  }
  if (is_low && high_ != 0) code_point = 0x10000 + ((high_ - 0xd800) << 10) + (unit_ - 0xdc00);
  const bool is_half = is_low && high_ == 0;
  high_ = 0;
  if (is_half) return;
  utf8proc_uint8_t bytes[4] = {};
  piece_size_ = static_cast<std::size_t>(utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes));
  for (std::size_t i = 0; i < piece_size_; ++i) piece_[i] = static_cast<char>(bytes[i]);
}

bool JsonStrings::finish() {
  if (state_ == State::kOutside) return true;
  return fail("the file ends in the middle of a string");
}

}  // namespace assay::contamination
