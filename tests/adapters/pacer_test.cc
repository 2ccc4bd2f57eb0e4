// How fast a model is asked: rates, and what is learned from refusals. No network, a clock of the test's own.
#include "adapters/http/pacer.h"

#include <cmath>

#include "adapters/http/retry.h"
#include "harness/core/random.h"
#include "tests/catch.h"

namespace assay::http {
namespace {

using std::chrono::milliseconds;
using TimePoint = MonotonicClock::time_point;

// A model server under a closed loop of `demand` requests, in steps of its latency (100 ms): those above `capacity`
// are refused, and a share of the others too.
struct Load {
  AdaptiveLimit limit{200};
  TimePoint now{std::chrono::hours(1)};
  Random random{7};
  int demand = 200;
  int capacity = 1'000'000;
  double share = 0;
  double retry_after_ms = 1000;
  int answered = 0;
  int refused = 0;

  void step() {
    int sent = 0;
    while (sent < demand && limit.admits(sent)) ++sent;
    now += milliseconds(100);
    for (int i = 0; i < sent; ++i) {
      const bool is_refused = i >= capacity || random.unit() < share;
      ++(is_refused ? refused : answered);
      limit.on_reply(now, sent - i, is_refused, is_refused ? retry_after_ms : 0);
    }
  }

  void run(int seconds) {
    answered = refused = 0;
    for (int i = 0; i < seconds * 10; ++i) step();
  }
};

TEST_CASE("refusals that do not depend on the load leave the limit alone", "[remote]") {
  Load load;
  load.share = 0.05;
  load.run(60);
  CHECK_FALSE(load.limit.limit());
}

TEST_CASE("where asking less does not help, the limit is given back", "[remote]") {
  Load load;
  load.share = 0.4;
  load.run(30);
  CHECK_FALSE(load.limit.limit());
  load.run(60);  // and it is not tried again and again
  CHECK(load.refused + load.answered == 600 * load.demand);
}

TEST_CASE("a server that takes only so many is asked for about as many", "[remote]") {
  Load load;
  load.capacity = 50;
  load.run(60);
  REQUIRE(load.limit.limit());
  CHECK(*load.limit.limit() >= 30);
  CHECK(*load.limit.limit() <= 80);
  load.run(60);
  CHECK(load.refused < load.answered / 2);
  CHECK(load.answered > 0.7 * 600 * load.capacity);
}

TEST_CASE("the limit falls at most once per Retry-After", "[remote]") {
  Load load;
  load.capacity = 1;
  load.retry_after_ms = 5000;
  load.run(5);
  CHECK_FALSE(load.limit.limit());  // the first episode is still being counted
  load.run(5);
  REQUIRE(load.limit.limit());
  CHECK(*load.limit.limit() == 140);
}

TEST_CASE("the limit grows back by steps when the server takes more again", "[remote]") {
  Load load;
  load.capacity = 50;
  load.run(60);
  REQUIRE(load.limit.limit());
  const int before = *load.limit.limit();
  load.capacity = 1'000'000;
  load.run(3);
  REQUIRE(load.limit.limit());
  CHECK(*load.limit.limit() > before);
  CHECK(*load.limit.limit() < before + 50);
  load.run(60);
  CHECK_FALSE(load.limit.limit());
}

TEST_CASE("too few replies say nothing", "[remote]") {
  Load load;
  load.demand = 1;
  load.share = 0.5;
  load.run(60);
  CHECK((!load.limit.limit() || *load.limit.limit() >= 1));
  AdaptiveLimit limit(64);
  const TimePoint start{std::chrono::hours(1)};
  limit.on_reply(start, 1, true, 0);
  limit.on_reply(start + milliseconds(1500), 1, false, 0);
  CHECK_FALSE(limit.limit());
}

// Admits as many as it can in `seconds`, each estimated at `tokens`, all answered at once.
int admitted(Pacer& pacer, double tokens, int seconds) {
  int count = 0;
  const TimePoint start{std::chrono::hours(1)};
  pacer.on_connected();
  for (TimePoint now = start; now < start + std::chrono::seconds(seconds); now += milliseconds(1)) {
    while (!pacer.admit(now, tokens)) {
      ++count;
      pacer.on_reply(now, false, 0);
    }
  }
  return count;
}

TEST_CASE("no minute holds more requests or tokens than it may", "[remote]") {
  RemoteLimits limits;
  limits.rpm = 600;
  Pacer by_requests(limits);
  CHECK(std::abs(admitted(by_requests, 1000, 60) - 600) <= 1);
  limits.tpm = 60000;
  Pacer by_tokens(limits);
  CHECK(std::abs(admitted(by_tokens, 1000, 60) - 60) <= 1);
}

TEST_CASE("tokens that were not used are given back", "[remote]") {
  RemoteLimits limits;
  limits.tpm = 60000;
  Pacer pacer(limits);
  pacer.on_connected();
  const TimePoint now{std::chrono::hours(1)};
  REQUIRE_FALSE(pacer.admit(now, 2000));
  pacer.on_reply(now, false, 0);
  const auto before = pacer.admit(now, 2000);
  REQUIRE(before);
  pacer.on_usage(2000, 500);
  const auto after = pacer.admit(now, 2000);
  REQUIRE(after);
  CHECK(*before - *after == milliseconds(1500));
}

TEST_CASE("what a provider holds back is held back for all", "[remote]") {
  Pacer pacer(RemoteLimits{});
  pacer.on_connected();
  const TimePoint now{std::chrono::hours(1)};
  pacer.hold_until(now + milliseconds(700));
  CHECK(pacer.admit(now, 1) == now + milliseconds(700));
  CHECK_FALSE(pacer.admit(now + milliseconds(700), 1));
}

TEST_CASE("before the first connection only a few are started", "[remote]") {
  Pacer pacer(RemoteLimits{});
  const TimePoint now{std::chrono::hours(1)};
  int started = 0;
  while (!pacer.admit(now, 1)) ++started;
  CHECK(started == 16);
  pacer.on_connected();
  CHECK_FALSE(pacer.admit(now, 1));
}

TEST_CASE("backoffs are spread over a doubling range, and end", "[remote]") {
  RemoteLimits limits;
  limits.max_retries = 10;
  limits.max_retry_time_s = 900;
  RetryPolicy policy(limits, 3);
  const Failure broken{FailureKind::kServerError, FailureAction::kRetry, "", 0};
  for (int attempt = 1; attempt <= 10; ++attempt) {
    const double most = std::min(30'000.0, 500 * std::exp2(attempt - 1));
    double sum = 0;
    for (int i = 0; i < 400; ++i) {
      const auto wait = policy.wait_ms(broken, attempt, 0);
      REQUIRE(wait);
      CHECK(*wait >= 0);
      CHECK(*wait <= most);
      sum += *wait;
    }
    CHECK(std::abs(sum / 400 - most / 2) < most / 10);
  }
  CHECK_FALSE(policy.wait_ms(broken, 11, 0));
  CHECK_FALSE(policy.wait_ms(broken, 1, 900'001));
  const Failure refused{FailureKind::kRateLimited, FailureAction::kRetryAfter, "", 2000};
  const auto wait = policy.wait_ms(refused, 1, 0);
  REQUIRE(wait);
  CHECK(*wait >= 2000);
  CHECK(*wait <= 2100);
  // "at once", or a date in the past, spreads as any backoff does
  double waited = 0;
  for (int attempt = 1; attempt <= 10; ++attempt) {
    waited += *policy.wait_ms({FailureKind::kRateLimited, FailureAction::kRetryAfter, "", 0}, attempt, 0);
  }
  CHECK(waited > 5'000);
  CHECK_FALSE(policy.wait_ms({FailureKind::kInvalidRequest, FailureAction::kGiveUpItem, "", 0}, 1, 0));
  CHECK_FALSE(policy.wait_ms({FailureKind::kBadResponse, FailureAction::kRetry, "", 0}, 5, 0));
}

}  // namespace
}  // namespace assay::http
