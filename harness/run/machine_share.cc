#include "harness/run/machine_share.h"

#include <algorithm>

namespace assay {

double MachineShare::begin(TimePoint now) {
  const std::lock_guard lock(mutex_);
  advance(now);
  ++under_way_;
  return per_request_ms_;
}

double MachineShare::end(TimePoint now, double begun) {
  const std::lock_guard lock(mutex_);
  advance(now);
  --under_way_;
  const double share = per_request_ms_ - begun;
  ended_ms_ += share;
  ++ended_;
  return share;
}

double MachineShare::mean_ms() const {
  const std::lock_guard lock(mutex_);
  return ended_ > 0 ? ended_ms_ / ended_ : 0;
}

void MachineShare::advance(TimePoint now) {
  // Callers read the clock before they have the lock: a little disorder is possible.
  const double passed = std::max(0.0, std::chrono::duration<double, std::milli>(now - last_).count());
  if (under_way_ > 0) per_request_ms_ += passed / under_way_;
  last_ = std::max(last_, now);
}

}  // namespace assay
