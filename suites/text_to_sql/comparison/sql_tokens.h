// A query cut into tokens as sqlparse (0.5) cuts it, as far as that decides about words, parentheses and statement
// ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::text_to_sql {

enum class SqlTokenKind : std::uint8_t {
  kOther,
  kBlank,
  kNewline,
  kLineComment,
  kBlockComment,
  kSemicolon,
  kOpen,
  kClose,
  kWord
};

struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kOther;
  std::size_t end = 0;  ///< one past its last byte
};

/// Strings, comments and quoted names are one token each, so that what they hold is not taken for SQL.
class SqlTokenizer {
 public:
  /// `sql` must outlive the tokenizer.
  explicit SqlTokenizer(std::string_view sql) : sql_(sql) {}

  /// The token that begins at byte `at`, which is inside the query.
  [[nodiscard]] SqlToken token_at(std::size_t at) const;

  [[nodiscard]] std::string_view text(std::size_t begin, const SqlToken& token) const {
    return sql_.substr(begin, token.end - begin);
  }

  /// The word is the name of a function or of a table before a dot, or of a column after one: no keyword.
  [[nodiscard]] bool is_name(std::size_t begin, const SqlToken& token) const;

 private:
  [[nodiscard]] bool starts(std::size_t at, std::string_view what) const;
  [[nodiscard]] bool next_is_word(std::size_t at) const;
  [[nodiscard]] std::size_t word_end(std::size_t at, std::string_view also) const;
  /// A name before "(" or "." and some keywords are letters and digits only; other words may go on with $ and #.
  [[nodiscard]] std::size_t name_end(std::size_t at) const;
  /// A letter and at least one more word character, as after @ and #.
  [[nodiscard]] bool is_marked_name(std::size_t at) const;
  [[nodiscard]] std::size_t digits_end(std::size_t at) const;
  /// Past a number with an exponent, whatever follows it; 0 where there is none.
  [[nodiscard]] std::size_t exponent_end(std::size_t at) const;
  [[nodiscard]] std::size_t number_end(std::size_t at) const;
  [[nodiscard]] SqlToken line_comment(std::size_t at) const;
  /// Past the closing quote; a doubled quote and, but for backquotes, a quote after a backslash belong to the
  /// text as long as another quote follows somewhere. One past `at` where nothing closes it.
  [[nodiscard]] std::size_t quoted_end(std::size_t at) const;
  [[nodiscard]] std::size_t dollar_quoted_end(std::size_t at) const;

  std::string_view sql_;
};

}  // namespace assay::text_to_sql
