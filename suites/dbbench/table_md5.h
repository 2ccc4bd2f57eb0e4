// The hash by which AgentBench knows a table's content.
#pragma once

#include <string>

#include "suites/text_to_sql/comparison/result_table.h"

namespace assay::dbbench {

/// MD5, in lower case, of the rows' hashes, sorted and joined by commas; a row's is the first five digits of the MD5 of
/// its values that are not null, joined by commas (MySQL's CONCAT_WS and GROUP_CONCAT in the reference).
[[nodiscard]] std::string table_md5(const text_to_sql::ResultTable& table);

}  // namespace assay::dbbench
