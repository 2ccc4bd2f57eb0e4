// What differs between a stored run and the one that wants to go on with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "results/run_file/run_file.h"

namespace assay::run_file {

/// What the two sides of a difference are called.
struct Sides {
  const char* first = "stored";
  const char* second = "now";
};

/// One line per key in which two JSON documents differ: "suites.mmlu.shots: stored 5, now 0". Elements of an array
/// of objects are named by their "name", "suite" or "ref" where these are distinct, otherwise by position.
[[nodiscard]] std::vector<std::string> config_differences(const std::string& first, const std::string& second,
                                                          const Sides& sides = {});

/// Likewise for models × suites. More items in the second are no difference.
[[nodiscard]] std::vector<std::string> result_differences(const std::vector<ResultInfo>& first,
                                                          const std::vector<ResultInfo>& second,
                                                          const Sides& sides = {});

/// How two prices differ, "usd_per_hour stored 0.4, now 8"; by the first amount that does. Empty: not at all.
[[nodiscard]] std::string price_difference(const std::optional<Price>& first_price,
                                           const std::optional<Price>& second_price, const Sides& sides = {});

/// The differences as part of one line; of many, the first five and a count.
[[nodiscard]] std::string joined(const std::vector<std::string>& differences);

}  // namespace assay::run_file
