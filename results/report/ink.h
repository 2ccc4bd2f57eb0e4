// Colours of what the console writers print.
#pragma once

#include <string>

#include "results/report/console.h"

namespace assay::report {

enum class Ink { kBold, kDim, kGood, kWarning, kError };

/// `text` between the terminal's codes for `ink`; as it is where it is empty or the style has no colour.
[[nodiscard]] std::string inked(const std::string& text, Ink ink, const ConsoleStyle& style);

}  // namespace assay::report
