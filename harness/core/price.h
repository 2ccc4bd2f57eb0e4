// What a model costs: a dated price with its source.
#pragma once

#include <optional>
#include <string>

#include "harness/core/usage.h"

namespace assay {

/// Prices in US dollars per million tokens, or of a machine per hour. Absent: not known, never 0.
struct Price {
  std::optional<double> input_per_mtok;
  std::optional<double> output_per_mtok;
  std::optional<double> cached_input_per_mtok;  ///< absent: cached tokens cost as input
  std::optional<double> cache_write_per_mtok;   ///< absent: written tokens cost as input
  std::optional<double> reasoning_per_mtok;     ///< absent: reasoning tokens cost as output
  std::optional<double> batch_factor;           ///< price of the provider's batch mode against the normal one
  std::optional<double> usd_per_hour;           ///< self-hosted: the machine
  std::string source;                           ///< where the price was read
  std::string as_of;                            ///< YYYY-MM-DD

  bool operator==(const Price&) const = default;
};

/// Bytes of text that estimates count as one token, before anybody has counted them: 4 are usual in English, so this
/// says a third more than there are.
inline constexpr double kBytesPerToken = 3;

/// The cost of one request by tokens, in US dollars:
///   (prompt - cached - cache_write) x input + cached x cached_input + cache_write x cache_write
///   + (completion - reasoning) x output + reasoning x reasoning.
/// Absent where the price or a token count that it needs is not known.
[[nodiscard]] std::optional<double> token_cost_usd(const Price& price, const Usage& usage);

/// The cost of `wall_ms` milliseconds of a machine at `usd_per_hour`; absent where that is not known.
[[nodiscard]] std::optional<double> time_cost_usd(const Price& price, std::optional<double> wall_ms);

}  // namespace assay
