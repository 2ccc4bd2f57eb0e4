#include "suites/text_to_sql/comparison/shuffled_ties.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "harness/core/ascii.h"
#include "suites/text_to_sql/comparison/sql_tokens.h"

namespace assay::text_to_sql {
namespace {

constexpr std::string_view kLastKey = ", random() ";

/// What may follow the keys of an ORDER BY.
bool ends_keys(const std::string& word) {
  constexpr std::array<std::string_view, 4> kWords = {"limit", "offset", "fetch", "for"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

/// What is known between two parentheses.
struct Level {
  bool is_query = true;  ///< it begins with SELECT or WITH
  bool is_empty = true;
  bool after_order = false;  ///< the word before was ORDER
  bool in_keys = false;      ///< after ORDER BY
};

}  // namespace

std::optional<std::string> with_shuffled_ties(std::string_view sql) {
  const SqlTokenizer tokenizer(sql);
  std::vector<Level> levels(1);
  std::string out;
  bool found = false;
  std::size_t keys_end = 0;  // in `out`: behind the last token that was neither blank nor comment
  const auto end_keys = [&] {
    if (!levels.back().in_keys) return;
    levels.back().in_keys = false;
    out.insert(keys_end, kLastKey);
    found = true;
  };
  for (std::size_t at = 0; at < sql.size();) {
    const SqlToken token = tokenizer.token_at(at);
    const std::string_view text = tokenizer.text(at, token);
    Level& level = levels.back();
    bool is_filling = false;
    switch (token.kind) {
      case SqlTokenKind::kBlank:
      case SqlTokenKind::kNewline:
      case SqlTokenKind::kLineComment:
      case SqlTokenKind::kBlockComment:
        is_filling = true;
        break;
      case SqlTokenKind::kOpen:
        level.is_empty = false;
        levels.emplace_back();
        break;
      case SqlTokenKind::kClose:
        end_keys();
        if (levels.size() > 1) levels.pop_back();
        break;
      case SqlTokenKind::kSemicolon:
        end_keys();
        break;
      case SqlTokenKind::kWord: {
        const std::string word = ascii_lower(text);
        if (level.is_empty) level.is_query = levels.size() == 1 || word == "select" || word == "with";
        level.is_empty = false;
        if (level.in_keys && ends_keys(word)) end_keys();
        if (level.after_order && word == "by" && level.is_query) level.in_keys = true;
        level.after_order = word == "order";
        break;
      }
      case SqlTokenKind::kOther:
        if (level.is_empty) level.is_query = levels.size() == 1;
        level.is_empty = false;
        break;
    }
    out += text;
    if (!is_filling) keys_end = out.size();
    at = token.end;
  }
  end_keys();
  if (!found) return std::nullopt;
  return out;
}

}  // namespace assay::text_to_sql
