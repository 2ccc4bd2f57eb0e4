// How test-suite-sql-eval changes a query's text before it runs it.
#pragma once

#include <string>
#include <string_view>

namespace assay::text_to_sql {

/// "> =", "< =" and "! =" written without the blank, wherever they stand.
[[nodiscard]] std::string with_joined_operators(std::string_view sql);

struct FirstStatement {
  std::string sql;
  bool dropped_more = false;  ///< other statements followed
};

/// The first statement, without the word DISTINCT. The reference does this with the tokenizer of sqlparse (0.5),
/// whose view of strings, comments, quoted names and statement ends is followed here: words inside those stay,
/// every bare DISTINCT goes, also as a function's or a column's name, and what follows the first statement is lost.
[[nodiscard]] FirstStatement first_statement_without_distinct(std::string_view sql);

/// YEAR(CURDATE()), in any case and spacing, with the blanks after it, replaced by 2020.
[[nodiscard]] std::string with_fixed_year(std::string_view sql);

/// Whether "order by" occurs anywhere in a gold query, in any case: then the order of the rows counts.
[[nodiscard]] bool mentions_order_by(std::string_view sql);

}  // namespace assay::text_to_sql
