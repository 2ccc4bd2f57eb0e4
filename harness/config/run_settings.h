// The one table of what `assay run` can be told by a single value: the key in a file, the flag, and what it sets.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "harness/config/paths.h"
#include "harness/config/run_config.h"
#include "harness/config/setting.h"

namespace assay::config {

/// What placeholders and home folders are filled in from.
struct Surroundings {
  Environment environment;
  std::chrono::system_clock::time_point now;
};

/// One setting.
struct RunSetting {
  const char* key;    ///< in a configuration file
  const char* flag;   ///< on the command line, with its dashes; "-v,--verbose" has two
  const char* value;  ///< what help shows for the value: "N"; empty: a switch, whose flag means true
  const char* help;   ///< one line
  Result<void> (*apply)(const Setting& setting, const Surroundings& surroundings, RunConfig& config);
};

/// All settings, in the order in which help shows them.
[[nodiscard]] const std::vector<RunSetting>& run_settings();

/// Requests in flight: a whole number from 1.
[[nodiscard]] Result<int> in_flight_number(const Setting& setting);

/// How long one request may take: seconds above 0.
[[nodiscard]] Result<double> timeout_seconds(const Setting& setting);

/// Requests or tokens per minute, arrivals per second: a number above 0.
[[nodiscard]] Result<double> rate_number(const Setting& setting);

}  // namespace assay::config
