#include "adapters/http/pacer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace assay::http {
namespace {

using Duration = MonotonicClock::duration;
using TimePoint = MonotonicClock::time_point;

// What a late wake-up may catch up on: without it a rate above the timer's resolution would never be reached.
constexpr auto kCatchUp = std::chrono::milliseconds(20);
constexpr auto kShortestEpisode = std::chrono::seconds(1);
constexpr int kFewestReplies = 16;  // below, a share says nothing
constexpr double kDecrease = 0.7;
constexpr double kIncreaseShare = 0.05;  // of the ceiling, an episode
constexpr double kGrowth = 0.1;          // a share this much above twice the usual one has grown
constexpr double kFellWithLoad = 0.75;   // refusals fell at least to this part of what they were,
constexpr double kAsManyAnswers = 0.85;  // or answers per second did not fall by much, though less was asked
constexpr int kBeforeFirstConnection = 16;

}  // namespace

Duration RateGate::spacing(double cost) const {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(60.0 * cost / per_minute_));
}

void RateGate::pass(TimePoint now, double cost) {
  if (per_minute_ <= 0) return;
  next_ = std::max(next_, now - kCatchUp) + spacing(cost);
}

void RateGate::correct(double difference) {
  if (per_minute_ <= 0 || next_ == TimePoint{}) return;
  next_ += spacing(difference);
}

bool AdaptiveLimit::admits(int in_flight) const {
  return !limit_ || in_flight < std::max(1, static_cast<int>(*limit_));
}

std::optional<int> AdaptiveLimit::limit() const {
  if (!limit_) return std::nullopt;
  return std::max(1, static_cast<int>(*limit_));
}

void AdaptiveLimit::on_reply(TimePoint now, int in_flight, bool refused, double retry_after_ms) {
  most_in_flight_ = std::max(most_in_flight_, in_flight);
  if (episode_end_ != TimePoint{} && now >= episode_end_) close_episode(now);
  if (refused) {
    if (episode_end_ == TimePoint{}) begin_episode(now, kShortestEpisode);
    const auto asked = std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(retry_after_ms));
    episode_end_ = std::max(episode_end_, episode_begin_ + asked);
  }
  if (episode_end_ == TimePoint{}) return;
  ++replies_;
  if (refused) ++refusals_;
}

void AdaptiveLimit::begin_episode(TimePoint now, Duration length) {
  episode_begin_ = now;
  episode_end_ = now + length;
  replies_ = 0;
  refusals_ = 0;
}

void AdaptiveLimit::close_episode(TimePoint now) {
  episode_end_ = TimePoint{};
  if (replies_ < kFewestReplies && refusals_ > 0) {
    episode_end_ = now + kShortestEpisode;  // too few to judge: go on counting
    return;
  }
  const double share = static_cast<double>(refusals_) / std::max(1, replies_);
  const double answers_per_s =
      (replies_ - refusals_) / std::max(1e-3, std::chrono::duration<double>(now - episode_begin_).count());
  const double ceiling = ceiling_ > 0 ? ceiling_ : most_in_flight_;
  if (undo_) {
    if (share > kFellWithLoad * share_before_ && answers_per_s < kAsManyAnswers * answers_per_s_before_) {
      limit_ = *undo_;
      usual_share_ = share;
    }
    undo_.reset();
  } else if (share > 2 * usual_share_ + kGrowth) {
    const double before = limit_ ? *limit_ : ceiling;
    undo_ = before;
    share_before_ = share;
    answers_per_s_before_ = answers_per_s;
    limit_ = std::max(1.0, before * kDecrease);
  } else if (limit_) {
    limit_ = *limit_ + std::max(1.0, kIncreaseShare * ceiling);
  }
  if (limit_ && *limit_ >= ceiling && !undo_) limit_.reset();
  if (limit_) begin_episode(now, kShortestEpisode);  // a limit in force is reconsidered, refusals or not
}

Pacer::Pacer(const RemoteLimits& limits)
    : requests_(limits.rpm),
      tokens_(limits.tpm),
      adaptive_(limits.max_in_flight),
      max_in_flight_(limits.max_in_flight) {}

std::optional<TimePoint> Pacer::admit(TimePoint now, double tokens) {
  if (max_in_flight_ > 0 && in_flight_ >= max_in_flight_) return TimePoint::max();
  if (!adaptive_.admits(in_flight_)) return TimePoint::max();
  if (!connected_ && in_flight_ >= kBeforeFirstConnection) return TimePoint::max();
  const TimePoint ready = std::max({held_until_, requests_.ready_at(), tokens_.ready_at()});
  if (ready > now) return ready;
  requests_.pass(now, 1);
  tokens_.pass(now, tokens);
  ++in_flight_;
  return std::nullopt;
}

void Pacer::on_end() { --in_flight_; }

void Pacer::on_reply(TimePoint now, bool refused, double retry_after_ms) {
  adaptive_.on_reply(now, in_flight_, refused, retry_after_ms);
  --in_flight_;
}

void Pacer::hold_until(TimePoint until) { held_until_ = std::max(held_until_, until); }

}  // namespace assay::http
