// A comparison as the comparison page reads it.
#pragma once

#include <string>

#include "results/verdict/comparison.h"

namespace assay::site {

/// One document, on one line: the keys of `assay compare --format json`, what the page shows beyond them, and every
/// flip.
[[nodiscard]] std::string comparison_json(const Comparison& comparison);

}  // namespace assay::site
