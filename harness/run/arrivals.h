// Open loop (`--rate`): requests are sent when a user would have come, however long answers take.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "harness/core/clock.h"
#include "harness/core/random.h"

namespace assay {

/// A Poisson process: at each arrival the next waiting request is started, from a thread of its own.
///
/// Arrivals are fixed beforehand by rate and seed, counted from the first request handed over: a server that stalls,
/// or a limit of requests in flight, delays requests but moves no arrival. Who measures from the intended time sees
/// what a user would have waited (no coordinated omission). Thread-safe.
class Arrivals {
 public:
  using TimePoint = MonotonicClock::time_point;
  /// Called once, at the intended time or as soon after it as may be. Must be quick.
  using Start = std::function<void(TimePoint intended)>;

  /// `per_second` above 0.
  Arrivals(double per_second, std::uint64_t seed);

  /// Starts what still waits at once.
  ~Arrivals();
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  /// Queues a request for the next arrival that is not taken.
  void add(Start start);

  /// From now on nothing waits any more: what is queued and what comes later is started at once. For a run that stops.
  void release();

 private:
  struct Waiting {
    TimePoint intended;
    Start start;
  };

  void run();
  MonotonicClock::duration next_gap();

  const double per_second_;
  Random random_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<Waiting> waiting_;
  TimePoint last_{};  // the latest arrival that is taken
  bool has_begun_ = false;
  bool is_released_ = false;
  bool ends_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace assay
