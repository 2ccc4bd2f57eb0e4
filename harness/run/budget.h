// Money: stops sending before a budget would be exceeded.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "harness/core/price.h"
#include "harness/core/request.h"

namespace assay {

/// Prompt tokens of a request by a rule of thumb (kBytesPerToken), for estimates made before a model has counted them.
[[nodiscard]] double estimated_prompt_tokens(const Request& request);

/// The most that a request is likely to cost of a model that may think for `thinking_tokens` beside its answer; absent
/// where no price per token is known.
[[nodiscard]] std::optional<double> estimated_usd(const Price& price, const Request& request, int thinking_tokens);

/// Dollars of a run over all its sessions. Thread-safe.
class Budget {
 public:
  /// `limit_usd` absent: unlimited. `spent_usd`: by earlier sessions.
  Budget(std::optional<double> limit_usd, double spent_usd) : limit_(limit_usd), spent_(spent_usd) {}

  /// Whether there is a limit at all.
  [[nodiscard]] bool limited() const { return limit_.has_value(); }

  /// Sets `usd` aside for a request about to be sent, and calls `decide` once: with true, or with false where that
  /// could exceed the limit: it must not be sent. Most answers cost less than the most that they may: while others are
  /// in flight, what does not fit waits for them, in order. `decide` is called at once or by a settle(), in any thread.
  void reserve(double usd, std::function<void(bool)> decide);

  /// A request is over: what was set aside for it, if anything was, is released; what it really cost is spent.
  void settle(std::optional<double> reserved, double spent);

  [[nodiscard]] double spent_usd() const;

 private:
  struct Waiting {
    double usd;
    std::function<void(bool)> decide;
  };

  void decide_waiting(std::unique_lock<std::mutex> lock);

  mutable std::mutex mutex_;
  std::optional<double> limit_;
  double spent_;
  double reserved_ = 0;
  long in_flight_ = 0;  // requests for which something is set aside
  std::deque<Waiting> waiting_;
  bool deciding_ = false;  // somebody is at decide_waiting(): whoever is called there may come back here
};

}  // namespace assay
