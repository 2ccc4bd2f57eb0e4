// When the next request may be sent: requests and tokens per minute, requests in flight, and what the server's
// refusals say about how many it can take.
#pragma once

#include <optional>

#include "adapters/http/limits.h"
#include "harness/core/clock.h"

namespace assay::http {

/// Spaces events evenly at a rate (the generic cell rate algorithm, ITU-T I.371), so that no window of a minute holds
/// more than a minute's worth. Costs are in units of the rate: 1 for a request, tokens for tokens.
class RateGate {
 public:
  /// `per_minute` 0: everything passes.
  explicit RateGate(double per_minute) : per_minute_(per_minute) {}

  /// When the next event may pass.
  [[nodiscard]] MonotonicClock::time_point ready_at() const { return next_; }

  /// An event of `cost` passes now.
  void pass(MonotonicClock::time_point now, double cost);

  /// An event turned out to cost `difference` more (or less, where negative) than was booked.
  void correct(double difference);

 private:
  [[nodiscard]] MonotonicClock::duration spacing(double cost) const;
  double per_minute_;
  MonotonicClock::time_point next_{};
};

/// How many requests may be at the server at once, learned from its refusals (429).
///
/// Replies are counted over episodes: from the first refusal on for as long as that refusal's Retry-After asks, at
/// least a second. Where an episode's share of refusals has grown well above what is usual for this server, the limit
/// is multiplied by 0.7, once. The next episode is the experiment's outcome: where less was asked and less was answered
/// in proportion, with the same share refused, refusals do not come from the load (a fixed share, another tenant): the
/// limit is given back and that share is what is usual from then on. Where as much was answered, what was left out had
/// only been refused: the limit stays. Without refusals it grows by a twentieth of its ceiling an episode.
class AdaptiveLimit {
 public:
  /// `ceiling` 0: the most that was ever in flight.
  explicit AdaptiveLimit(int ceiling) : ceiling_(ceiling) {}

  [[nodiscard]] bool admits(int in_flight) const;

  /// A reply came while `in_flight` requests (itself included) were at the server.
  void on_reply(MonotonicClock::time_point now, int in_flight, bool refused, double retry_after_ms);

  /// The limit in force; absent: none but the ceiling.
  [[nodiscard]] std::optional<int> limit() const;

 private:
  void begin_episode(MonotonicClock::time_point now, MonotonicClock::duration length);
  void close_episode(MonotonicClock::time_point now);

  int ceiling_;
  int most_in_flight_ = 1;
  std::optional<double> limit_;  // absent until the first decrease
  double usual_share_ = 0;       // of refusals, independent of the load
  double share_before_ = 0;      // refusals before the last decrease
  double answers_per_s_before_ = 0;
  std::optional<double> undo_;  // the limit before a decrease whose outcome is not known yet
  int replies_ = 0;
  int refusals_ = 0;
  MonotonicClock::time_point episode_begin_{};
  MonotonicClock::time_point episode_end_{};
};

/// All of it together, for one model. Used from one thread.
class Pacer {
 public:
  explicit Pacer(const RemoteLimits& limits);

  /// Absent: a request estimated at `tokens` may start now, and has been booked. Otherwise when to ask again;
  /// time_point::max(): after a request has ended.
  [[nodiscard]] std::optional<MonotonicClock::time_point> admit(MonotonicClock::time_point now, double tokens);

  /// There is a connection: from now on more than a few requests may be started at once. Before, thousands would each
  /// resolve the host's name and open a connection that one HTTP/2 connection makes needless.
  void on_connected() { connected_ = true; }

  /// A request ended without a reply of the server (error, abort).
  void on_end();

  /// A reply came. `refused`: 429.
  void on_reply(MonotonicClock::time_point now, bool refused, double retry_after_ms);

  /// What a request really used, where that is known.
  void on_usage(double estimated_tokens, double used_tokens) { tokens_.correct(used_tokens - estimated_tokens); }

  /// The provider says that nothing will be admitted before `until`.
  void hold_until(MonotonicClock::time_point until);

  [[nodiscard]] int in_flight() const { return in_flight_; }

 private:
  RateGate requests_;
  RateGate tokens_;
  AdaptiveLimit adaptive_;
  int max_in_flight_;
  int in_flight_ = 0;
  bool connected_ = false;
  MonotonicClock::time_point held_until_{};
};

}  // namespace assay::http
