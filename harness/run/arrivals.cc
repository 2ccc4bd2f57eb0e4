#include "harness/run/arrivals.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace assay {

Arrivals::Arrivals(double per_second, std::uint64_t seed)
    : per_second_(per_second), random_(seed), thread_([this] { run(); }) {}

Arrivals::~Arrivals() {
  {
    const std::lock_guard lock(mutex_);
    is_released_ = true;
    ends_ = true;
  }
  wakes_.notify_all();
  thread_.join();
}

void Arrivals::add(Start start) {
  {
    const std::lock_guard lock(mutex_);
    if (!has_begun_) {
      has_begun_ = true;
      last_ = MonotonicClock::now();
    }
    last_ += next_gap();
    waiting_.push_back({last_, std::move(start)});
  }
  wakes_.notify_all();
}

void Arrivals::release() {
  {
    const std::lock_guard lock(mutex_);
    is_released_ = true;
  }
  wakes_.notify_all();
}

void Arrivals::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (waiting_.empty()) {
      if (ends_) return;
      wakes_.wait(lock);
      continue;
    }
    // Arrivals are handed out in order, so that the first is the earliest.
    const TimePoint intended = waiting_.front().intended;
    if (!is_released_ && MonotonicClock::now() < intended) {
      wakes_.wait_until(lock, intended);
      continue;
    }
    const Start start = std::move(waiting_.front().start);
    waiting_.pop_front();
    lock.unlock();
    start(std::min(intended, MonotonicClock::now()));  // earlier than intended only where nothing waits any more
    lock.lock();
  }
}

// The gaps of a Poisson process are exponentially distributed: -ln(1 - u) / rate, u uniform in [0, 1).
MonotonicClock::duration Arrivals::next_gap() {
  const std::chrono::duration<double> gap(-std::log1p(-random_.unit()) / per_second_);
  return std::chrono::duration_cast<MonotonicClock::duration>(gap);
}

}  // namespace assay
