#include "suites/text_to_sql/comparison/sql_tokens.h"

#include <algorithm>
#include <array>
#include <string>

#include "harness/core/ascii.h"

namespace assay::text_to_sql {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// \w of Python: letters, digits, _; every byte beyond ASCII is taken for part of a letter.
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & '\x80') != 0;
}
}  // namespace

SqlToken SqlTokenizer::token_at(std::size_t at) const {
  const char c = sql_[at];
  if (starts(at, "--") || starts(at, "# ")) return line_comment(at);
  if (starts(at, "::")) return {SqlTokenKind::kOther, at + 2};
  if (c == '\r') return {SqlTokenKind::kNewline, at + (starts(at, "\r\n") ? 2U : 1U)};
  if (c == '\n') return {SqlTokenKind::kNewline, at + 1};
  if (is_space(c)) return {SqlTokenKind::kBlank, at + 1};
  if (starts(at, "/*")) {
    const std::size_t close = sql_.find("*/", at + 2);
    if (close != std::string_view::npos) return {SqlTokenKind::kBlockComment, close + 2};
  }
  if (c == '`' || c == '\'' || c == '"') return {SqlTokenKind::kOther, quoted_end(at)};
  if (c == '[' && (at == 0 || (!is_word(sql_[at - 1]) && sql_[at - 1] != ']'))) {
    const std::size_t close = sql_.find_first_of("[]", at + 1);
    const bool closed = close != std::string_view::npos && sql_[close] == ']' && close > at + 1;
    return {SqlTokenKind::kOther, closed ? close + 1 : at + 1};
  }
  if (c == '$') {
    if (const std::size_t end = dollar_quoted_end(at); end != 0) return {SqlTokenKind::kOther, end};
  }
  const bool after_word = at > 0 && is_word(sql_[at - 1]);
  if ((c == '$' || c == ':') && !after_word && next_is_word(at)) return {SqlTokenKind::kOther, word_end(at + 1, "")};
  if (c == '\\' && next_is_word(at)) return {SqlTokenKind::kOther, word_end(at + 1, "")};
  if (c == '%' && at + 1 < sql_.size() && ascii_lower(sql_[at + 1]) == 's') return {SqlTokenKind::kOther, at + 2};
  if (c == '@' && is_marked_name(at + 1)) return {SqlTokenKind::kOther, word_end(at + 1, "")};
  if (starts(at, "##") && is_marked_name(at + 2)) return {SqlTokenKind::kOther, word_end(at + 2, "")};
  if (c == '#' && is_marked_name(at + 1)) return {SqlTokenKind::kOther, word_end(at + 1, "")};
  if (starts(at, "#-")) return {SqlTokenKind::kOther, at + 2};
  // a run of operators swallows what would start a comment: "+--", "*" after "/"
  constexpr std::string_view kOperators = "+/@%^&|";
  if (kOperators.find(c) != std::string_view::npos || (c == '#' && !starts(at, "#>"))) {
    const std::size_t end = sql_.find_first_not_of("+/@#%^&|-", at);
    return {SqlTokenKind::kOther, end == std::string_view::npos ? sql_.size() : end};
  }
  if (c == ';') return {SqlTokenKind::kSemicolon, at + 1};
  if (c == '(') return {SqlTokenKind::kOpen, at + 1};
  if (c == ')') return {SqlTokenKind::kClose, at + 1};
  if (is_digit(c)) return {SqlTokenKind::kOther, number_end(at)};
  if (is_word(c)) return {SqlTokenKind::kWord, name_end(at)};
  return {SqlTokenKind::kOther, at + 1};
}

bool SqlTokenizer::is_name(std::size_t begin, const SqlToken& token) const {
  if (begin > 0 && sql_[begin - 1] == '.') return true;
  if (token.end < sql_.size() && sql_[token.end] == '(') return true;
  std::size_t next = token.end;
  while (next < sql_.size() && is_space(sql_[next])) ++next;
  return next < sql_.size() && sql_[next] == '.' && (next + 1 == sql_.size() || !is_digit(sql_[next + 1]));
}

bool SqlTokenizer::starts(std::size_t at, std::string_view what) const { return sql_.substr(at, what.size()) == what; }

bool SqlTokenizer::next_is_word(std::size_t at) const { return at + 1 < sql_.size() && is_word(sql_[at + 1]); }

std::size_t SqlTokenizer::word_end(std::size_t at, std::string_view also) const {
  while (at < sql_.size() && (is_word(sql_[at]) || also.find(sql_[at]) != std::string_view::npos)) ++at;
  return at;
}

std::size_t SqlTokenizer::name_end(std::size_t at) const {
  const SqlToken plain{SqlTokenKind::kWord, word_end(at, "")};
  constexpr std::array<std::string_view, 14> kWhole = {"as", "asc",  "case", "desc",  "end",    "from",  "ilike",
                                                       "in", "join", "like", "rlike", "regexp", "using", "values"};
  const std::string word = ascii_lower(sql_.substr(at, plain.end - at));
  const bool is_whole = std::find(kWhole.begin(), kWhole.end(), word) != kWhole.end();
  return is_whole || is_name(at, plain) ? plain.end : word_end(at, "$#");
}

bool SqlTokenizer::is_marked_name(std::size_t at) const {
  return at + 1 < sql_.size() && is_word(sql_[at]) && !is_digit(sql_[at]) && sql_[at] != '_' && is_word(sql_[at + 1]);
}

std::size_t SqlTokenizer::digits_end(std::size_t at) const {
  while (at < sql_.size() && is_digit(sql_[at])) ++at;
  return at;
}

std::size_t SqlTokenizer::exponent_end(std::size_t at) const {
  std::size_t end = digits_end(at);
  if (end < sql_.size() && sql_[end] == '.' && digits_end(end + 1) > end + 1) end = digits_end(end + 1);
  if (end >= sql_.size() || ascii_lower(sql_[end]) != 'e') return 0;
  const std::size_t digits = end + (starts(end + 1, "-") ? 2U : 1U);
  return digits_end(digits) > digits ? digits_end(digits) : 0;
}

std::size_t SqlTokenizer::number_end(std::size_t at) const {
  if (const std::size_t exponent = exponent_end(at); exponent != 0) return exponent;
  std::size_t end = digits_end(at);
  if (end < sql_.size() && sql_[end] == '.') {
    std::size_t fraction = end + 1;
    while (fraction < sql_.size() && is_digit(sql_[fraction])) ++fraction;
    if (fraction == sql_.size() || !is_word(sql_[fraction])) return fraction;
    return end;
  }
  return end < sql_.size() && is_word(sql_[end]) ? word_end(end, "$#") : end;
}

SqlToken SqlTokenizer::line_comment(std::size_t at) const {
  std::size_t end = sql_.find_first_of("\r\n", at);
  if (end == std::string_view::npos) return {SqlTokenKind::kLineComment, sql_.size()};
  end += starts(end, "\r\n") ? 2U : 1U;
  return {SqlTokenKind::kLineComment, end};
}

std::size_t SqlTokenizer::quoted_end(std::size_t at) const {
  const char quote = sql_[at];
  std::size_t fallback = at + 1;
  std::size_t i = at + 1;
  while (i < sql_.size()) {
    if (sql_[i] == quote) {
      if (i + 1 >= sql_.size() || sql_[i + 1] != quote) return i + 1;
      fallback = i + 1;
      i += 2;
    } else if (quote != '`' && sql_[i] == '\\' && i + 1 < sql_.size() && sql_[i + 1] == quote) {
      fallback = i + 2;
      i += 2;
    } else {
      ++i;
    }
  }
  return fallback;
}

std::size_t SqlTokenizer::dollar_quoted_end(std::size_t at) const {
  if (at > 0 && (is_word(sql_[at - 1]) || sql_[at - 1] == '"' || sql_[at - 1] == '$')) return 0;
  std::size_t tag_end = at + 1;
  if (tag_end < sql_.size() && !is_digit(sql_[tag_end])) tag_end = word_end(tag_end, "");
  if (tag_end >= sql_.size() || sql_[tag_end] != '$') return 0;
  const std::string_view tag = sql_.substr(at, tag_end + 1 - at);
  const std::size_t close = sql_.find(tag, tag_end + 1);
  return close == std::string_view::npos ? 0 : close + tag.size();
}

}  // namespace assay::text_to_sql
