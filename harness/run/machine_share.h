// What a machine that is paid by the hour is used for: each moment is shared by the requests under way.
#pragma once

#include <mutex>

#include "harness/core/clock.h"

namespace assay {

/// Splits wall time evenly among the requests in flight, moment by moment, so that the shares of all requests add up
/// to the time in which there were any, however many run side by side. Thread-safe.
class MachineShare {
 public:
  using TimePoint = MonotonicClock::time_point;

  /// A request begins; returns what end() needs of it.
  [[nodiscard]] double begin(TimePoint now);

  /// It ends; returns its share in milliseconds.
  double end(TimePoint now, double begun);

  /// The mean share of the requests that have ended; 0 before the first.
  [[nodiscard]] double mean_ms() const;

 private:
  void advance(TimePoint now);

  mutable std::mutex mutex_;
  double per_request_ms_ = 0;  ///< what a request that is under way since the beginning would have got
  int under_way_ = 0;
  TimePoint last_{};
  double ended_ms_ = 0;
  double ended_ = 0;
};

}  // namespace assay
