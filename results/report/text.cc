#include "results/report/text.h"

#include <utf8proc.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "harness/core/text.h"

namespace assay::report {
namespace {

/// Calls `use(code point, its bytes)` for each code point of well-formed UTF-8.
template <class Use>
void each_code_point(std::string_view text, Use use) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t size = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    if (size <= 0) return;
    use(point, text.substr(at, static_cast<std::size_t>(size)));
    at += static_cast<std::size_t>(size);
  }
}

bool dangerous(std::int32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x200e || point == 0x200f || point == 0x061c ||
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

std::string rounded(double value, int digits, std::chars_format format = std::chars_format::fixed) {
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, digits);
  return error == std::errc() ? std::string(buffer.data(), end) : exact_text(value);
}

std::size_t width_of(std::int32_t point) {
  const int width = utf8proc_charwidth(point);
  return width > 0 ? static_cast<std::size_t>(width) : 0;
}

}  // namespace

std::string neutralised(std::string_view text, Lines lines) {
  const std::string whole = repaired_utf8(text);
  std::string out;
  out.reserve(whole.size());
  each_code_point(whole, [&](std::int32_t point, std::string_view bytes) {
    if (!dangerous(point) || (lines == Lines::kKeep && (point == '\n' || point == '\t'))) {
      out += bytes;
    } else if (point == '\n') {
      out += "\\n";
    } else if (point == '\t') {
      out += "\\t";
    } else if (point == '\r') {
      out += "\\r";
    } else {
      std::array<char, 12> buffer{};
      std::snprintf(buffer.data(), buffer.size(), point < 0x80 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(point));
      out += buffer.data();
    }
  });
  return out;
}

std::string plain(std::string_view text) { return neutralised(text, Lines::kEscape); }

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  each_code_point(text, [&](std::int32_t point, std::string_view) { width += width_of(point); });
  return width;
}

std::string shortened(const std::string& text, std::size_t width) {
  const std::size_t whole = display_width(text);
  if (whole <= width || width == 0) return text;
  const std::size_t head = (width - 1) / 2;
  const std::size_t tail = width - 1 - head;
  std::string front;
  std::string back;
  std::size_t column = 0;
  each_code_point(text, [&](std::int32_t point, std::string_view bytes) {
    if (column + width_of(point) <= head) {
      front += bytes;
    } else if (column >= whole - tail) {
      back += bytes;
    }
    column += width_of(point);
  });
  return front + "…" + back;
}

std::string left(const std::string& text, std::size_t width) {
  const std::size_t used = display_width(text);
  return used >= width ? text : text + std::string(width - used, ' ');
}

std::string right(const std::string& text, std::size_t width) {
  const std::size_t used = display_width(text);
  return used >= width ? text : std::string(width - used, ' ') + text;
}

std::string fraction_text(const std::optional<double>& value) { return value ? rounded(*value, 3) : "–"; }

std::string ms_text(const std::optional<double>& value) {
  if (!value) return "–";
  if (*value < 9.95) return rounded(*value, 1);
  if (*value < 9999.5) return rounded(*value, 0);
  return rounded(*value / 1000, 1) + "s";
}

std::string usd_text(const std::optional<double>& value) {
  if (!value) return "–";
  if (*value == 0) return "0";
  if (*value < 1e-4) return rounded(*value, 1, std::chars_format::scientific);
  if (*value < 1) return rounded(*value, 4);
  return rounded(*value, 2);
}

std::string exact_text(double value) {
  if (!std::isfinite(value)) return "";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

}  // namespace assay::report
