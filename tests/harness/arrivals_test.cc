// Open-loop arrivals and the shares of a machine's time.
#include "harness/run/arrivals.h"

#include <cmath>
#include <future>
#include <vector>

#include "harness/run/machine_share.h"
#include "tests/catch.h"

namespace assay {
namespace {

using TimePoint = MonotonicClock::time_point;

// The intended times of `count` arrivals, in milliseconds from the first.
std::vector<double> intended_times(double rate, std::uint64_t seed, int count) {
  std::vector<double> times(static_cast<std::size_t>(count));
  std::promise<void> all;
  std::atomic<int> left{count};
  TimePoint first{};
  Arrivals arrivals(rate, seed);
  for (int i = 0; i < count; ++i) {
    arrivals.add([&, i](TimePoint intended) {
      if (i == 0) first = intended;
      times[static_cast<std::size_t>(i)] = std::chrono::duration<double, std::milli>(intended - first).count();
      if (--left == 0) all.set_value();
    });
  }
  all.get_future().wait();
  return times;
}

TEST_CASE("Arrivals are a Poisson process of the given rate") {
  const int count = 4000;
  const std::vector<double> times = intended_times(20'000, 7, count);
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double gap = times[i] - times[i - 1];
    REQUIRE(gap >= 0);
    sum += gap;
    squares += gap * gap;
  }
  const double mean = sum / (count - 1);
  const double deviation = std::sqrt(squares / (count - 1) - mean * mean);
  CHECK(mean == Approx(0.05).epsilon(0.06));       // 1 / rate
  CHECK(deviation == Approx(mean).epsilon(0.06));  // as of an exponential distribution
}

TEST_CASE("The same seed gives the same gaps, another one others") {
  const auto near = [](const std::vector<double>& a, const std::vector<double>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (std::abs(a[i] - b[i]) > 1e-6) return false;
    }
    return true;
  };
  CHECK(near(intended_times(10'000, 1, 20), intended_times(10'000, 1, 20)));
  CHECK_FALSE(near(intended_times(10'000, 1, 20), intended_times(10'000, 2, 20)));
}

TEST_CASE("A request that comes late keeps its intended time") {
  Arrivals arrivals(1000, 3);
  std::promise<TimePoint> first;
  arrivals.add([&](TimePoint intended) { first.set_value(intended); });
  const TimePoint began = first.get_future().get();
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  std::promise<TimePoint> second;
  arrivals.add([&](TimePoint intended) { second.set_value(intended); });
  const TimePoint late = second.get_future().get();
  CHECK(std::chrono::duration<double, std::milli>(late - began).count() < 30);
}

TEST_CASE("Released arrivals wait no longer") {
  Arrivals arrivals(0.01, 3);  // one in 100 s
  std::promise<void> started;
  arrivals.add([&](TimePoint) { started.set_value(); });
  auto future = started.get_future();
  CHECK(future.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
  arrivals.release();
  CHECK(future.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
}

TEST_CASE("Shares of a machine add up to its time, however many requests run side by side") {
  MachineShare machine;
  const auto at = [](int ms) { return TimePoint(std::chrono::milliseconds(ms)); };
  const double a = machine.begin(at(1000));
  const double b = machine.begin(at(1100));
  CHECK(machine.end(at(1300), a) == Approx(100 + 200 / 2.0));
  CHECK(machine.end(at(1400), b) == Approx(200 / 2.0 + 100));
  const double c = machine.begin(at(5000));  // nobody paid for the pause
  CHECK(machine.end(at(5060), c) == Approx(60));
  CHECK(machine.mean_ms() == Approx((200 + 200 + 60) / 3.0));
}

}  // namespace
}  // namespace assay
