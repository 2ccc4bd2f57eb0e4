// Python's str methods, where a reference implementation prepares its text with them: the same code points come out,
// also beyond ASCII.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::reading {

/// str.strip(): `text` without the blanks (str.isspace()) at both ends. `text` is well-formed UTF-8.
[[nodiscard]] std::string_view python_strip(std::string_view text);

/// str.capitalize(): the first code point to title case, the rest to lower case, by the full mappings of Unicode's
/// SpecialCasing ("ß" becomes "Ss", "İ" in the rest two code points, a capital sigma that ends a word "ς").
[[nodiscard]] std::string python_capitalize(std::string_view text);

/// str.lower(), by the same mappings.
[[nodiscard]] std::string python_lower(std::string_view text);

/// str.split(): the parts between runs of blanks. They are parts of `text`.
[[nodiscard]] std::vector<std::string_view> python_split(std::string_view text);

/// Unicode's categories L* and N*: str.isalnum() of one code point.
[[nodiscard]] bool is_letter_or_number(std::int32_t code_point);

/// re's \w for a text: whether the code point that begins at `text[at]` is a letter, a number or '_'.
[[nodiscard]] bool is_python_word(std::string_view text, std::size_t at);
/// str.translate(str.maketrans("", "", string.punctuation)): without ASCII's 32 punctuation marks.
[[nodiscard]] std::string without_punctuation(std::string_view text);

/// str.replace(): every occurrence, from left to right, not overlapping. `from` is not empty.
[[nodiscard]] std::string python_replace(std::string_view text, std::string_view from, std::string_view to);

}  // namespace assay::reading
