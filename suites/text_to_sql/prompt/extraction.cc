#include "suites/text_to_sql/prompt/extraction.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace assay::text_to_sql {
namespace {

constexpr int kMostTags = 100;  ///< or backquotes that are looked at: answers are untrusted, time stays linear
constexpr std::string_view kBlanks = " \t\r\n\f\v";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & '\x80') != 0;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::size_t find_ignoring_case(std::string_view text, std::string_view what, std::size_t from = 0) {
  const auto at = std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())), text.end(),
                              what.begin(), what.end(), [](char a, char b) { return lower(a) == lower(b); });
  return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

/// The first word, in lower case.
std::string first_word(std::string_view text) {
  std::string word;
  for (std::size_t i = 0; i < text.size() && is_word(text[i]); ++i) word += lower(text[i]);
  return word;
}

template <std::size_t N>
bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Begins a statement that reads.
bool starts_query(std::string_view text) {
  std::string_view rest = trimmed(text);
  while (!rest.empty() && rest.front() == '(') rest = trimmed(rest.substr(1));
  const std::string word = first_word(rest);
  if (word != "with") return word == "select";
  // "WITH name AS (", "WITH name (a, b) AS (", "WITH RECURSIVE …"; anything else is prose
  rest = trimmed(rest.substr(word.size()));
  const std::string name = first_word(rest);
  if (name == "recursive") return true;
  rest = trimmed(rest.substr(name.size()));
  return first_word(rest) == "as" || rest.starts_with("(") || (name.empty() && rest.starts_with("\""));
}

/// Begins with SQL of any kind, so that a hostile statement is judged as what it is.
bool starts_statement(std::string_view text) {
  const std::string_view rest = trimmed(text);
  if (rest.starts_with("--") || rest.starts_with("/*") || rest.starts_with(";")) return true;
  constexpr std::array<std::string_view, 24> kStatements = {
      "insert",  "update",    "delete",   "replace", "create", "drop",   "alter",   "attach",
      "detach",  "pragma",    "vacuum",   "analyze", "begin",  "commit", "explain", "values",
      "reindex", "savepoint", "rollback", "release", "copy",   "grant",  "notify",  "truncate"};
  const std::string word = first_word(rest);
  // a statement's verb is followed by more SQL; "Create a query …" is prose, "CREATE TABLE …" is not
  return starts_query(rest) ||
         (is_one_of(word, kStatements) && !rest.empty() && rest[0] >= 'A' && rest[0] <= 'Z' &&
          (rest.size() < 2 || !(rest[1] >= 'a' && rest[1] <= 'z'))) ||
         (is_one_of(word, kStatements) && !rest.empty() && rest[0] >= 'a');
}

/// Goes on with a query that a blank line interrupts.
bool continues_query(std::string_view text) {
  const std::string_view rest = trimmed(text);
  if (rest.empty() || !is_word(rest.front())) return true;
  constexpr std::array<std::string_view, 30> kWords = {
      "from",  "where", "group", "order", "having", "limit",   "union", "except", "intersect", "join",
      "inner", "left",  "right", "full",  "cross",  "natural", "on",    "and",    "or",        "select",
      "with",  "case",  "when",  "then",  "else",   "end",     "as",    "offset", "window",    "using"};
  return is_one_of(first_word(rest), kWords);
}

/// The end of the first statement: its ';' outside of quotes and comments, or npos.
std::size_t statement_end(std::string_view sql) {
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (c == ';') return i;
    if (c == '\'' || c == '"' || c == '`') {
      const std::size_t close = sql.find(c, i + 1);
      if (close == std::string_view::npos) continue;
      i = close;
    } else if (sql.substr(i, 2) == "--") {
      i = std::min(sql.find('\n', i), sql.size() - 1);
    } else if (sql.substr(i, 2) == "/*") {
      const std::size_t close = sql.find("*/", i + 2);
      if (close == std::string_view::npos) return close;
      i = close + 1;
    }
  }
  return std::string_view::npos;
}

/// A query cannot end with this word or mark.
bool wants_more(const std::string& last) {
  constexpr std::array<std::string_view, 46> kOpen = {
      ",",       "=",      "<",    ">",         "+",         "-",     "/",     "%",      "|",       ".",
      "(",       "select", "from", "where",     "by",        "group", "order", "having", "limit",   "offset",
      "union",   "except", "join", "intersect", "inner",     "left",  "right", "full",   "outer",   "cross",
      "natural", "on",     "and",  "or",        "not",       "in",    "like",  "as",     "between", "distinct",
      "case",    "when",   "then", "else",      "recursive", "with"};
  return is_one_of(last, kOpen);
}

/// Where a blank line ends a query without ';' that prose follows; npos: nowhere. A blank line within quotes or
/// parentheses, after what cannot be the end or before what goes on is part of the query.
std::size_t end_at_blank_line(std::string_view answer) {
  int depth = 0;
  std::string last;
  for (std::size_t i = 0; i < answer.size();) {
    const char c = answer[i];
    std::size_t end = i + 1;
    if (c == '\n') {
      const std::size_t next = answer.find_first_not_of(" \t\r", i + 1);
      if (next != std::string_view::npos && answer[next] == '\n') {
        if (depth <= 0 && !wants_more(last) && !continues_query(answer.substr(next))) return i;
        end = std::min(answer.find_first_not_of(kBlanks, next), answer.size());
      }
    } else if (c == '\'' || c == '"' || c == '`') {
      const std::size_t close = answer.find(c, i + 1);
      if (close != std::string_view::npos) end = close + 1;
      last = c;
    } else if (answer.substr(i, 2) == "--") {
      end = std::min(answer.find('\n', i), answer.size());
    } else if (answer.substr(i, 2) == "/*") {
      const std::size_t close = answer.find("*/", i + 2);
      end = close == std::string_view::npos ? answer.size() : close + 2;
    } else if (is_word(c)) {
      last = first_word(answer.substr(i));
      end = i + last.size();
    } else if (kBlanks.find(c) == std::string_view::npos) {
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      last = c;
    }
    i = end;
  }
  return std::string_view::npos;
}

ExtractedQuery first_statement(std::string_view text, std::string rule) {
  text = trimmed(text);
  const std::size_t end = statement_end(text);
  if (end != std::string_view::npos && !trimmed(text.substr(end + 1)).empty()) {
    text = text.substr(0, end + 1);
    rule += ", first statement";
  }
  return {std::string(text), std::move(rule)};
}

/// Where a fence opens, of backquotes or, at the begin of a line, of tildes; npos: nowhere.
std::size_t next_fence(std::string_view answer, std::size_t from) {
  for (std::size_t at = answer.find_first_of("`~", from); at != std::string_view::npos;
       at = answer.find_first_of("`~", at + 1)) {
    const std::string_view mark = answer.substr(at, 3);
    if (mark == "```" || (mark == "~~~" && (at == 0 || answer[at - 1] == '\n'))) return at;
  }
  return std::string_view::npos;
}

/// The contents of the last fenced block with a query in it; empty: none.
std::string_view last_fenced_query(std::string_view answer) {
  std::string_view found;
  std::size_t open = next_fence(answer, 0);
  while (open != std::string_view::npos) {
    std::size_t begin = open + 3;
    while (begin < answer.size() && is_word(answer[begin])) ++begin;  // the language
    std::size_t close = answer.find(answer.substr(open, 3), begin);
    const std::string_view block = answer.substr(begin, close == std::string_view::npos ? close : close - begin);
    // "```SELECT 1```": the query's first word looks like a language
    const std::string_view with_word = answer.substr(open + 3, block.size() + (begin - open - 3));
    if (starts_statement(block)) {
      found = block;
    } else if (starts_query(with_word)) {
      found = with_word;
    }
    if (close == std::string_view::npos) break;
    open = next_fence(answer, close + 3);
  }
  return trimmed(found);
}

/// A query between backquotes within a line; empty: none. It may quote names in the same way: its last one closes.
std::string_view query_in_backquotes(std::string_view answer) {
  int looked_at = 0;
  for (std::size_t open = answer.find('`'); open != std::string_view::npos && looked_at < kMostTags;
       open = answer.find('`', open + 1), ++looked_at) {
    const std::string_view line = answer.substr(open + 1, answer.find('\n', open) - open - 1);
    const std::size_t close = line.rfind('`');
    if (close != std::string_view::npos && starts_query(line.substr(0, close))) return trimmed(line.substr(0, close));
  }
  return {};
}

/// An answer that begins with SQL, without the prose after it.
ExtractedQuery leading_query(std::string_view answer, std::string rule) {
  const std::size_t end = statement_end(answer);
  if (end != std::string_view::npos) {
    const std::string_view rest = trimmed(answer.substr(end + 1));
    if (!rest.empty() && is_word(rest.front()) && !starts_statement(rest)) {
      return {std::string(answer.substr(0, end + 1)), rule + ", text after it left out"};
    }
    return {std::string(answer), std::move(rule)};
  }
  if (const std::size_t blank = end_at_blank_line(answer); blank != std::string_view::npos) {
    return {std::string(trimmed(answer.substr(0, blank))), rule + ", text after it left out"};
  }
  return {std::string(answer), std::move(rule)};
}

/// Whether place `at` lies within a quoted text or a comment of a query that begins before it: a whole answer or a
/// fenced block.
bool within_text_of_query(std::string_view answer, std::size_t at) {
  std::size_t begin = 0;
  if (const std::size_t fence = answer.rfind("```", at); fence != std::string_view::npos) {
    begin = fence + 3;
    while (begin < at && is_word(answer[begin])) ++begin;
  }
  if (!starts_statement(answer.substr(begin))) return false;
  while (begin < at) {
    const char c = answer[begin];
    std::size_t end = begin;
    if (c == '\'' || c == '"' || c == '`') {
      end = answer.find(c, begin + 1);
    } else if (answer.substr(begin, 2) == "--") {
      end = answer.find('\n', begin);
    } else if (answer.substr(begin, 2) == "/*") {
      end = answer.find("*/", begin + 2);
    }
    if (end != begin && end > at) return true;
    begin = end + 1;
  }
  return false;
}

/// What stands between a pair of tags; nothing: there is none. Of several opening tags the first that a statement
/// follows counts, else the first; not one that is part of a query's own text, or quoted in prose ("in `<sql>` tags").
std::optional<std::string_view> tagged(std::string_view answer, std::string_view open_tag, std::string_view close_tag) {
  std::size_t chosen = std::string_view::npos;
  int looked_at = 0;
  for (std::size_t at = find_ignoring_case(answer, open_tag); at != std::string_view::npos && looked_at < kMostTags;
       at = find_ignoring_case(answer, open_tag, at + 1), ++looked_at) {
    if (within_text_of_query(answer, at)) continue;
    const std::string_view after = answer.substr(at + open_tag.size());
    const bool quoted = at > 0 && !after.empty() && after.front() == answer[at - 1] &&
                        std::string_view("'\"`").find(after.front()) != std::string_view::npos;
    if (quoted) continue;
    if (chosen == std::string_view::npos || starts_statement(after)) chosen = at;
    if (starts_statement(after)) break;
  }
  if (chosen == std::string_view::npos) return std::nullopt;
  const std::string_view inside = answer.substr(chosen + open_tag.size());
  std::size_t close = find_ignoring_case(inside, close_tag);
  // A closing tag in a quoted text of the query is not its end, where another one follows.
  for (looked_at = 0; close != std::string_view::npos && looked_at < kMostTags; ++looked_at) {
    if (!within_text_of_query(inside, close)) break;
    const std::size_t next = find_ignoring_case(inside, close_tag, close + 1);
    if (next == std::string_view::npos) break;
    close = next;
  }
  return inside.substr(0, close);
}

ExtractedQuery query_in_text(std::string_view answer) {
  if (const std::string_view quoted = query_in_backquotes(answer); !quoted.empty()) {
    return first_statement(quoted, "query in backquotes");
  }
  std::size_t begin = std::string_view::npos;
  for (std::size_t line = 0; line < answer.size() && begin == std::string_view::npos;) {
    if (starts_query(answer.substr(line, answer.find('\n', line) - line))) begin = line;
    const std::size_t next = answer.find('\n', line);
    if (next == std::string_view::npos) break;
    line = next + 1;
  }
  for (const std::string_view mark : {"sqlquery:", "sql query:", "sql:", "query:", "answer:"}) {
    if (begin != std::string_view::npos) break;
    const std::size_t at = find_ignoring_case(answer, mark);
    if (at != std::string_view::npos && starts_query(answer.substr(at + mark.size()))) begin = at + mark.size();
  }
  if (begin == std::string_view::npos) {
    const std::size_t at = find_ignoring_case(answer, "select ");
    if (at != std::string_view::npos && (at == 0 || !is_word(answer[at - 1])) &&
        find_ignoring_case(answer, " from ", at) != std::string_view::npos) {
      begin = at;
    }
  }
  if (begin == std::string_view::npos) return {"", "no query found"};
  ExtractedQuery found = leading_query(trimmed(answer.substr(begin)), "query in the text");
  return first_statement(found.sql, found.rule);
}

}  // namespace

ExtractedQuery extract_query(std::string_view answer, bool continues_select) {
  if (const auto text = tagged(answer, "<sql>", "</sql>")) return first_statement(*text, "sql tag");
  if (const auto text = tagged(answer, "[sql]", "[/sql]")) return first_statement(*text, "[SQL] tag");
  if (const std::string_view block = last_fenced_query(answer); !block.empty()) {
    return first_statement(block, "last fenced block");
  }
  const std::string_view text = trimmed(answer);
  if (text.empty()) return {"", "empty answer"};
  // a fence that the prompt opened is closed by the answer
  const std::size_t fence = text.find("```");
  const std::string_view inside = trimmed(text.substr(0, fence));
  const std::string closed = fence == std::string_view::npos ? "" : ", up to the closing fence";
  if (starts_statement(text)) return leading_query(inside, "whole answer" + closed);
  if (continues_select) {
    ExtractedQuery found = leading_query(inside, "continued after SELECT" + closed);
    found.sql.insert(0, "SELECT ");
    return found;
  }
  return query_in_text(text);
}

}  // namespace assay::text_to_sql
