// What the turns of an episode took, put together: its record counts them all.
#pragma once

#include <optional>

#include "harness/core/completion.h"

namespace assay {

/// Tokens, times, attempts and money of an episode's earlier turns.
class EpisodeCost {
 public:
  /// Adds a turn that was answered, and what it cost where that is known.
  void add(const Completion& turn, std::optional<double> usd);

  /// Adds all of it to the last turn: tokens and times are sums, the time to the first token is the first turn's, and
  /// attempts are what was tried beyond once a turn. A number that is not known of every turn that says any is the sum
  /// of those that do; money that is not known of every turn is unknown. Without an earlier turn nothing changes.
  void add_to(Completion& last, std::optional<double>& usd) const;

 private:
  bool any_ = false;
  Usage usage_;
  Timings timings_;
  int attempts_ = 0;  // beyond one a turn
  std::optional<double> billed_usd_;
  std::optional<double> usd_ = 0;
};

}  // namespace assay
