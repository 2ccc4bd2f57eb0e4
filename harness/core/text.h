// Small text functions that several rooms need: UTF-8, globs, and near-miss suggestions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// The byte offset of the first byte that is not part of well-formed UTF-8 (RFC 3629), or npos.
[[nodiscard]] std::size_t invalid_utf8_at(std::string_view text);

/// `text` with each ill-formed sequence replaced by U+FFFD.
[[nodiscard]] std::string repaired_utf8(std::string_view text);

/// `text` on one line and without terminal escapes: each control character becomes a blank.
[[nodiscard]] std::string on_one_line(std::string text);

/// Number of code points of well-formed UTF-8 (Python's len()).
[[nodiscard]] std::size_t code_point_count(std::string_view text);

/// Whether `text` matches a glob with * (any run, also of /), ? (one character) and [...] (a set or range).
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

/// "a, b, c".
[[nodiscard]] std::string listed(const std::vector<std::string>& words);

/// The candidate that `word` was most likely meant to be (Damerau-Levenshtein distance of at most a third of
/// its length), or empty.
[[nodiscard]] std::string closest(std::string_view word, const std::vector<std::string>& candidates);

/// " (did you mean 'x'?)" for closest(), or "".
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace assay
