// Points in time as other tools want them.
#pragma once

#include <optional>
#include <string>

namespace assay::report {

/// Seconds since 1970 of "2026-11-21T08:00:00Z", the form of utc_text(); absent where the text is not of that form.
[[nodiscard]] std::optional<double> unix_seconds(const std::string& utc);

}  // namespace assay::report
