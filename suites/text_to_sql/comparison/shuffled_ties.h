// Whether a result is decided by ties that ORDER BY leaves open.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::text_to_sql {

/// The query with random() as the last key of every ORDER BY of a SELECT, so that rows that tie come in another order
/// each time; nothing where it has no such ORDER BY. Those of window and aggregate functions stay as they are: there a
/// further key would change what a rank is. A compound SELECT does not allow the key: the query then fails.
[[nodiscard]] std::optional<std::string> with_shuffled_ties(std::string_view sql);

}  // namespace assay::text_to_sql
