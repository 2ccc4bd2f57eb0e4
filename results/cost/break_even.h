// API, own machines or a fine-tuned model: what each costs at a volume, and at which volume the choice flips.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/price.h"

namespace assay {

/// Tokens of one request.
struct Workload {
  double input_tokens = 0;
  double output_tokens = 0;
};

/// One way to have requests answered. Its cost of a day with v requests is
///   v x usd_per_request + machines x 24 x usd_per_hour + fixed_usd_per_year / 365,
/// machines the fewest that answer v requests in a day, at least one.
struct ServingOption {
  std::string name;
  double usd_per_request = 0;
  double fixed_usd_per_year = 0;           ///< training runs
  std::optional<double> usd_per_hour;      ///< of one machine, paid day and night; absent: none is needed
  double requests_per_day_of_machine = 0;  ///< what one machine answers; only with usd_per_hour
};

/// The cost of a request by tokens, in US dollars. Absent where a price is.
[[nodiscard]] std::optional<double> request_cost_usd(const Price& price, const Workload& workload);

/// What an option costs at a volume.
struct ServingCost {
  double usd_per_request = 0;  ///< everything, over the requests
  double usd_per_day = 0;
  double usd_per_year = 0;  ///< 365 days
  std::int64_t machines = 0;
};

/// `requests_per_day` > 0.
[[nodiscard]] ServingCost serving_cost(const ServingOption& option, double requests_per_day);

/// From this volume on the option is the cheapest, until the next one's.
struct CheapestFrom {
  double requests_per_day = 1;  ///< whole
  std::size_t option = 0;
};

/// Which option is the cheapest at which volume, from 1 request a day to 10^9: the first entry is for 1, each further
/// one a flip. Machines come in whole numbers, so that a choice may flip back; of options that cost the same the first
/// one counts. Volumes are tried in steps of half a percent and then narrowed down to a whole request.
[[nodiscard]] std::vector<CheapestFrom> cheapest_by_volume(const std::vector<ServingOption>& options);

}  // namespace assay
