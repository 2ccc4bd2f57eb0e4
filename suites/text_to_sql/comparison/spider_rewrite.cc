#include "suites/text_to_sql/comparison/spider_rewrite.h"

#include <cstddef>

#include "harness/core/ascii.h"
#include "suites/text_to_sql/comparison/sql_tokens.h"

namespace assay::text_to_sql {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Where sqlparse thinks a statement ends: a semicolon outside parentheses and BEGIN … END.
class StatementEnd {
 public:
  /// Takes the next token; true: it ends the statement (blanks and a comment may still follow).
  bool take(const SqlToken& token, std::string_view text, bool is_name) {
    switch (token.kind) {
      case SqlTokenKind::kOpen:
        ++level_;
        break;
      case SqlTokenKind::kClose:
        --level_;
        break;
      case SqlTokenKind::kSemicolon:
        if (just_begun_ && blocks_ > 0) {
          --blocks_;
          --level_;
        }
        just_begun_ = false;
        return level_ <= 0 && blocks_ == 0;
      case SqlTokenKind::kWord:
        return is_name ? other() : word(text);
      case SqlTokenKind::kOther:
        return other();
      case SqlTokenKind::kBlank:
      case SqlTokenKind::kNewline:
      case SqlTokenKind::kLineComment:
      case SqlTokenKind::kBlockComment:
        return false;
    }
    return other();
  }

 private:
  bool other() {
    just_begun_ = false;
    return false;
  }

  bool word(std::string_view text) {
    const std::string keyword = ascii_lower(text);
    just_begun_ = keyword == "begin";
    if (keyword == "begin") {
      ++blocks_;
      ++level_;
    } else if (keyword == "end") {
      if (blocks_ > 0) --blocks_;
      --level_;
    }
    return text == "GO";
  }

  int level_ = 0;
  int blocks_ = 0;
  bool just_begun_ = false;
};

/// More than blanks, comments and semicolons.
bool holds_sql(std::string_view sql) {
  const SqlTokenizer tokenizer(sql);
  for (std::size_t at = 0; at < sql.size();) {
    const SqlToken token = tokenizer.token_at(at);
    const bool is_filling = token.kind == SqlTokenKind::kBlank || token.kind == SqlTokenKind::kNewline ||
                            token.kind == SqlTokenKind::kLineComment || token.kind == SqlTokenKind::kBlockComment ||
                            token.kind == SqlTokenKind::kSemicolon;
    if (!is_filling) return true;
    at = token.end;
  }
  return false;
}

}  // namespace

std::string with_joined_operators(std::string_view sql) {
  std::string out(sql);
  replace_all(out, "> =", ">=");
  replace_all(out, "< =", "<=");
  replace_all(out, "! =", "!=");
  return out;
}

FirstStatement first_statement_without_distinct(std::string_view sql) {
  const SqlTokenizer tokenizer(sql);
  StatementEnd end;
  bool ended = false;
  FirstStatement first;
  for (std::size_t at = 0; at < sql.size();) {
    const SqlToken token = tokenizer.token_at(at);
    if (ended && token.kind != SqlTokenKind::kBlank && token.kind != SqlTokenKind::kLineComment) {
      first.dropped_more = holds_sql(sql.substr(at));
      break;
    }
    const std::string_view text = tokenizer.text(at, token);
    if (!ended) ended = end.take(token, text, token.kind == SqlTokenKind::kWord && tokenizer.is_name(at, token));
    if (token.kind != SqlTokenKind::kWord || ascii_lower(text) != "distinct") first.sql += text;
    at = token.end;
  }
  return first;
}

std::string with_fixed_year(std::string_view sql) {
  const std::string low = ascii_lower(sql);
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = low.find("year"); at != std::string::npos; at = low.find("year", at + 1)) {
    if (at < copied) continue;
    std::size_t end = at + 4;
    bool matches = true;
    for (const std::string_view part : {"(", "curdate", "(", ")", ")"}) {
      while (end < low.size() && is_space(low[end])) ++end;
      if (low.compare(end, part.size(), part) != 0) {
        matches = false;
        break;
      }
      end += part.size();
    }
    if (!matches) continue;
    while (end < low.size() && is_space(low[end])) ++end;
    out.append(sql.substr(copied, at - copied)).append("2020");
    copied = end;
  }
  out.append(sql.substr(copied));
  return out;
}

bool mentions_order_by(std::string_view sql) { return ascii_lower(sql).find("order by") != std::string::npos; }

}  // namespace assay::text_to_sql
