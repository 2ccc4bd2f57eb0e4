// The same questions written in several ways that mean the same: does a model answer the question, or the prompt? Any
// suite that asks with options can be asked so, as long as it writes its prompt by SuiteOptions::format.
#pragma once

#include "suites/registry.h"

namespace assay::formats {

/// The entry with one option more, `format`. `format=vary` with `samples=N`: each item is asked in N formats, the
/// suite's own ("reference") and the first N - 1 of prompt_formats(). All metrics are means over the formats then, and
/// these come to them, H the headline: "H_all_formats", the share of items that are right in every format;
/// "H_format_spread", H in the best format less that in the worst; "H_format_NAME", H in each. `format=NAME` asks in
/// that one alone; "reference" is how the suite asks without the option. The option is part of a result's identity:
/// what was asked in another format is nowhere ranked with the rest. Errors: no such format, with `vary` fewer than 2
/// samples, more than there are formats or `order=rotate` (the samples are either orders or formats), a protocol whose
/// prompt no format changes.
[[nodiscard]] SuiteEntry with_formats(SuiteEntry entry);

}  // namespace assay::formats
