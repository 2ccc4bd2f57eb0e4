// The rows of a custom suite's data as items.
#pragma once

#include <memory>

#include "harness/core/result.h"
#include "suites/custom/passage_finder.h"
#include "suites/custom/rendered_row.h"
#include "suites/custom/suite_file.h"
#include "suites/suite.h"

namespace assay::custom {

/// Items by the protocol and number of examples that `options` say, with passages of `finder` before their questions;
/// null: none. `file`, `renderer` and `finder` must outlive the source. Errors name the row.
[[nodiscard]] Result<std::unique_ptr<ItemSource>> open_items(const SuiteFile& file, const RowRenderer& renderer,
                                                             const SuiteOptions& options, const PassageFinder* finder);

}  // namespace assay::custom
