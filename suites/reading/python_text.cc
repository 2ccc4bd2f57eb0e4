#include "suites/reading/python_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::reading {
namespace {

using CodePoint = utf8proc_int32_t;

struct TitleMapping {
  CodePoint from;
  std::array<CodePoint, 3> to;
};

constexpr TitleMapping kTitleMappings[] = {
#include "suites/reading/title_mappings.inc"
};

constexpr CodePoint kCapitalSigma = 0x3a3;
constexpr CodePoint kSmallSigma = 0x3c3;
constexpr CodePoint kFinalSigma = 0x3c2;
constexpr CodePoint kCapitalIWithDot = 0x130;
constexpr CodePoint kCombiningDotAbove = 0x307;

// The code point at `text[i]`, and its length in bytes (1 with U+FFFD where the text is ill-formed).
std::pair<CodePoint, std::size_t> decode(std::string_view text, std::size_t i) {
  CodePoint c = 0;
  const utf8proc_ssize_t length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + i,
                                                   static_cast<utf8proc_ssize_t>(text.size() - i), &c);
  if (length <= 0) return {0xfffd, 1};
  return {c, static_cast<std::size_t>(length)};
}

void append(std::string& text, CodePoint c) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t length = utf8proc_encode_char(c, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

// str.isspace(): bidirectional class WS, B or S, or category Zs.
bool is_space(CodePoint c) {
  const utf8proc_property_t* property = utf8proc_get_property(c);
  return property->category == UTF8PROC_CATEGORY_ZS || property->bidi_class == UTF8PROC_BIDI_CLASS_WS ||
         property->bidi_class == UTF8PROC_BIDI_CLASS_B || property->bidi_class == UTF8PROC_BIDI_CLASS_S;
}

// Unicode's Case_Ignorable (chapter 3.13, D136): some categories, and word breaks inside words.
bool is_case_ignorable(CodePoint c) {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      break;
  }
  constexpr std::array<CodePoint, 17> kInsideWords{0x27,   0x2e,   0x3a,   0xb7,   0x387,  0x55f,
                                                   0x5f4,  0x2018, 0x2019, 0x2024, 0x2027, 0xfe13,
                                                   0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a};
  return std::find(kInsideWords.begin(), kInsideWords.end(), c) != kInsideWords.end();
}

// Unicode's Cased (D135), of code points that are not case-ignorable: cased letters, and the few other code points
// with the properties Other_Lowercase and Other_Uppercase.
bool is_cased(CodePoint c) {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return true;
    default:
      break;
  }
  const auto within = [c](CodePoint low, CodePoint high) { return low <= c && c <= high; };
  return c == 0xaa || c == 0xba || within(0x2160, 0x217f) || within(0x24b6, 0x24e9) || within(0x1f130, 0x1f149) ||
         within(0x1f150, 0x1f169) || within(0x1f170, 0x1f189);
}

// Whether the capital sigma at `index` ends a word (SpecialCasing's Final_Sigma).
bool is_final_sigma(const std::vector<CodePoint>& points, std::size_t index) {
  std::size_t before = index;
  while (before > 0 && is_case_ignorable(points[before - 1])) --before;
  if (before == 0 || !is_cased(points[before - 1])) return false;
  std::size_t after = index + 1;
  while (after < points.size() && is_case_ignorable(points[after])) ++after;
  return after == points.size() || !is_cased(points[after]);
}

void append_title(std::string& text, CodePoint c) {
  for (const TitleMapping& mapping : kTitleMappings) {
    if (mapping.from != c) continue;
    for (const CodePoint mapped : mapping.to) {
      if (mapped != 0) append(text, mapped);
    }
    return;
  }
  append(text, utf8proc_totitle(c));
}

std::vector<CodePoint> code_points(std::string_view text) {
  std::vector<CodePoint> points;
  points.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto [c, length] = decode(text, i);
    points.push_back(c);
    i += length;
  }
  return points;
}

// The code point at `index` in lower case, which depends on its neighbours for a sigma.
void append_lower(std::string& text, const std::vector<CodePoint>& points, std::size_t index) {
  const CodePoint c = points[index];
  if (c == kCapitalSigma) {
    append(text, is_final_sigma(points, index) ? kFinalSigma : kSmallSigma);
  } else if (c == kCapitalIWithDot) {
    append(text, 'i');
    append(text, kCombiningDotAbove);
  } else {
    append(text, utf8proc_tolower(c));
  }
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string_view python_strip(std::string_view text) {
  while (!text.empty()) {
    const auto [c, length] = decode(text, 0);
    if (!is_space(c)) break;
    text.remove_prefix(length);
  }
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xc0U) == 0x80) --start;
    if (!is_space(decode(text, start).first)) break;
    text.remove_suffix(text.size() - start);
  }
  return text;
}

std::vector<std::string_view> python_split(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size();) {
    const auto [c, length] = decode(text, i);
    const bool blank = is_space(c);
    if (blank && inside) parts.push_back(text.substr(begin, i - begin));
    if (!blank && !inside) begin = i;
    inside = !blank;
    i += length;
  }
  if (inside) parts.push_back(text.substr(begin));
  return parts;
}

bool is_letter_or_number(std::int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

bool is_python_word(std::string_view text, std::size_t at) {
  const CodePoint c = decode(text, at).first;
  return c == '_' || is_letter_or_number(c);
}

std::string python_lower(std::string_view text) {
  std::string lowered;
  lowered.reserve(text.size() + 4);
  if (is_ascii(text)) {
    for (const char c : text) lowered += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lowered;
  }
  const std::vector<CodePoint> points = code_points(text);
  for (std::size_t i = 0; i < points.size(); ++i) append_lower(lowered, points, i);
  return lowered;
}

std::string python_capitalize(std::string_view text) {
  std::string capitalized;
  capitalized.reserve(text.size() + 4);
  if (is_ascii(text)) {
    for (const char c : text) capitalized += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!text.empty() && capitalized[0] >= 'a' && capitalized[0] <= 'z') {
      capitalized[0] = static_cast<char>(capitalized[0] - 'a' + 'A');
    }
    return capitalized;
  }
  const std::vector<CodePoint> points = code_points(text);
  append_title(capitalized, points[0]);
  for (std::size_t i = 1; i < points.size(); ++i) append_lower(capitalized, points, i);
  return capitalized;
}

std::string without_punctuation(std::string_view text) {
  constexpr std::string_view kPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  std::string plain;
  for (const char c : text) {
    if (kPunctuation.find(c) == std::string_view::npos) plain += c;
  }
  return plain;
}

std::string python_replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string replaced;
  replaced.reserve(text.size());
  std::size_t at = 0;
  for (std::size_t found = text.find(from); found != std::string_view::npos; found = text.find(from, at)) {
    replaced.append(text.substr(at, found - at)).append(to);
    at = found + from.size();
  }
  return replaced.append(text.substr(at));
}

}  // namespace assay::reading
