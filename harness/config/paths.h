// Where things are: the data sets, and paths with placeholders.
#pragma once

#include <chrono>
#include <string>

#include "harness/config/setting.h"
#include "harness/core/cache_folder.h"
#include "harness/core/result.h"

namespace assay {

/// Where data sets are looked for without --data: $ASSAY_DATA, or else `data` in the cache folder.
[[nodiscard]] std::string default_data_folder(const Environment& environment);

/// Where imported prices are kept: `prices.csv` in the cache folder. Empty where there is none.
[[nodiscard]] std::string imported_prices_file(const Environment& environment);

namespace config {

/// The path with a leading `~/` replaced by the home folder.
[[nodiscard]] Result<std::string> path(const Setting& setting, const Environment& environment);

/// As path(); `{date}` becomes the day in UTC (2026-11-21) and `{commit}` assay's own commit. Any other {word} is
/// an error.
[[nodiscard]] Result<std::string> run_path(const Setting& setting, const Environment& environment,
                                           std::chrono::system_clock::time_point now);

}  // namespace config
}  // namespace assay
