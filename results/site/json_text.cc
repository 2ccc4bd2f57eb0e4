#include "results/site/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "harness/core/text.h"

namespace assay::site {
namespace {

/// Bytes that cannot stand in a literal as they are; 0xe2 begins U+2028 and U+2029.
constexpr std::array<bool, 256> special_bytes() {
  std::array<bool, 256> special{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) special[byte] = true;
  for (const char c : {'"', '\\', '<', '>', '&', '\x7f', '\xe2'}) special[static_cast<unsigned char>(c)] = true;
  return special;
}

constexpr std::array<bool, 256> kSpecial = special_bytes();

void append_escaped(std::string& out, unsigned char byte) {
  constexpr const char* kDigits = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
  }
}

}  // namespace

JsonText& JsonText::open(char bracket) {
  separate();
  out_ += bracket;
  separated_ = true;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  out_ += bracket;
  separated_ = false;
  return *this;
}

JsonText& JsonText::interval(const std::optional<statistics::Interval>& interval) {
  if (!interval) return null();
  return begin_array().number(interval->low).number(interval->high).end_array();
}

void JsonText::separate() {
  if (!separated_) out_ += ',';
  separated_ = false;
}

void JsonText::clear() {
  out_.clear();
  separated_ = true;
}

void JsonText::quote(std::string_view value) {
  if (invalid_utf8_at(value) != std::string_view::npos) return quote(repaired_utf8(value));
  out_ += '"';
  std::size_t plain = 0;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const auto byte = static_cast<unsigned char>(value[at]);
    if (!kSpecial[byte]) continue;
    if (byte == 0xe2) {
      const std::string_view character = value.substr(at, 3);
      if (character != "\xe2\x80\xa8" && character != "\xe2\x80\xa9") continue;
      out_.append(value.substr(plain, at - plain));
      out_ += character.back() == '\xa8' ? "\\u2028" : "\\u2029";
      at += 2;
    } else {
      out_.append(value.substr(plain, at - plain));
      append_escaped(out_, byte);
    }
    plain = at + 1;
  }
  out_.append(value.substr(plain));
  out_ += '"';
}

JsonText& JsonText::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
  separated_ = true;
  return *this;
}

JsonText& JsonText::text(std::string_view value) {
  separate();
  quote(value);
  return *this;
}

JsonText& JsonText::integer(std::int64_t value) {
  separate();
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value);
  out_.append(digits.data(), end.ptr);
  return *this;
}

JsonText& JsonText::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonText& JsonText::null() { return raw("null"); }

JsonText& JsonText::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value);
  out_.append(digits.data(), end.ptr);
  return *this;
}

JsonText& JsonText::rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return number(std::abs(value) < 1e12 ? std::round(value * scale) / scale : value);
}

JsonText& JsonText::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

}  // namespace assay::site
