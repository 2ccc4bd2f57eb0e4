#include "results/cost/break_even.h"

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr double kMostRequests = 1e9;
constexpr double kDaysPerYear = 365;

std::size_t cheapest(const std::vector<ServingOption>& options, double requests_per_day) {
  std::size_t best = 0;
  double least = 0;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const double cost = serving_cost(options[i], requests_per_day).usd_per_day;
    // What differs by rounding alone costs the same.
    if (i == 0 || cost < least * (1 - 1e-12)) {
      best = i;
      least = cost;
    }
  }
  return best;
}

}  // namespace

std::optional<double> request_cost_usd(const Price& price, const Workload& workload) {
  if (!price.input_per_mtok || !price.output_per_mtok) return std::nullopt;
  return (workload.input_tokens * *price.input_per_mtok + workload.output_tokens * *price.output_per_mtok) / 1e6;
}

ServingCost serving_cost(const ServingOption& option, double requests_per_day) {
  ServingCost cost;
  cost.usd_per_day = requests_per_day * option.usd_per_request + option.fixed_usd_per_year / kDaysPerYear;
  if (option.usd_per_hour && option.requests_per_day_of_machine > 0) {
    const double machines = std::max(1.0, std::ceil(requests_per_day / option.requests_per_day_of_machine - 1e-9));
    cost.machines = static_cast<std::int64_t>(std::min(machines, 9e18));
    cost.usd_per_day += machines * 24 * *option.usd_per_hour;
  }
  cost.usd_per_request = cost.usd_per_day / requests_per_day;
  cost.usd_per_year = cost.usd_per_day * kDaysPerYear;
  return cost;
}

std::vector<CheapestFrom> cheapest_by_volume(const std::vector<ServingOption>& options) {
  std::vector<CheapestFrom> ranges;
  if (options.empty()) return ranges;
  double before = 1;
  ranges.push_back({1, cheapest(options, 1)});
  while (before < kMostRequests) {
    const double next = std::min(std::max(before + 1, std::floor(before * 1.005)), kMostRequests);
    if (const std::size_t best = cheapest(options, next); best != ranges.back().option) {
      double low = before;
      double high = next;
      while (high - low > 1) {
        const double middle = std::floor((low + high) / 2);
        (cheapest(options, middle) == ranges.back().option ? low : high) = middle;
      }
      ranges.push_back({high, cheapest(options, high)});
      before = high;
      continue;
    }
    before = next;
  }
  return ranges;
}

}  // namespace assay
