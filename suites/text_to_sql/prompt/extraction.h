// Reading the query out of what a model wrote.
#pragma once

#include <string>
#include <string_view>

namespace assay::text_to_sql {

/// The query of an answer and the rule that found it, as records name it.
struct ExtractedQuery {
  std::string sql;   ///< empty: no query found
  std::string rule;  ///< "whole answer", "sql tag", "last fenced block", …
};

/// Rules, the first that applies:
///  1. the text between <sql> and </sql> (or the end)                                "sql tag"
///  2. the text after [SQL], to [/SQL] or the end                                    "[SQL] tag"
///     1 and 2: not a tag within a quoted text or a comment of a query, or quoted itself; of several the first that
///     a statement follows
///  3. the last block fenced by ``` or ~~~ that holds a query; one never closed too  "last fenced block"
///  4. an answer that begins with SQL: all of it, unchanged                          "whole answer"
///     but for prose after its end: after ';', or after a blank line that is not within quotes or parentheses, not
///     after what cannot end a query, and not before what goes on with it            "…, text after it left out"
///     and for a fence that was opened before the answer                             "…, up to the closing fence"
///  5. with `continues_select` (the prompt ended in SELECT): "SELECT " before it     "continued after SELECT"
///  6. a query between single backquotes                                             "query in backquotes"
///  7. the first line that begins a query, or the text after "SQL:" and the like, up to ';', a blank line or the
///     end                                                                           "query in the text"
/// Of several statements in 1, 2, 3, 6 and 7 the first is taken, and the rule says so; 4 leaves them to the execution,
/// which refuses them (spider_ex takes the first, as its reference does).
[[nodiscard]] ExtractedQuery extract_query(std::string_view answer, bool continues_select);

}  // namespace assay::text_to_sql
