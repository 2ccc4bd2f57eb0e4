// Requests that are the same to the last token and wait at the same time: computed once, answered all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/llama/engine.h"

namespace assay::llama {

/// What decides the outcome of a job; the sampling's own settings only where something is sampled.
[[nodiscard]] bool same_question(const ScoreJob& a, const ScoreJob& b);
[[nodiscard]] bool same_question(const GenerateJob& a, const GenerateJob& b);
[[nodiscard]] std::size_t question_hash(const ScoreJob& job);
[[nodiscard]] std::size_t question_hash(const GenerateJob& job);

/// Finds jobs that ask what one under way asks. Belongs to the engine's thread and outlives the jobs it has seen.
template <class Job, class Outcome>
class Identical {
 public:
  /// True: the job is answered with an earlier one. False: it is to be computed, and others may join it until it is
  /// done; its `done` was replaced for that. The tokens computed are booked to the job of lowest order.
  [[nodiscard]] bool joins(Job& job) {
    const std::size_t hash = question_hash(job);
    const auto [begin, end] = leaders_.equal_range(hash);
    for (auto leader = begin; leader != end; ++leader) {
      if (same_question(leader->second->question, job)) {
        leader->second->askers.push_back({job.order, std::move(job.done)});
        ++joined_;
        return true;
      }
    }
    auto group = std::make_shared<Group>();
    group->askers.push_back({job.order, std::move(job.done)});
    job.done = nullptr;
    group->question = job;
    job.done = [this, hash, group](Outcome outcome) { answer(hash, group, std::move(outcome)); };
    leaders_.emplace(hash, std::move(group));
    return false;
  }

  /// How many jobs were answered with another.
  [[nodiscard]] std::int64_t joined() const { return joined_; }

 private:
  struct Asker {
    std::int64_t order = 0;
    std::function<void(Outcome)> done;
  };
  struct Group {
    Job question;  ///< without its `done`
    std::vector<Asker> askers;
  };

  void answer(std::size_t hash, const std::shared_ptr<Group>& group, Outcome outcome) {
    const auto [begin, end] = leaders_.equal_range(hash);
    for (auto leader = begin; leader != end; ++leader) {
      if (leader->second == group) {
        leaders_.erase(leader);
        break;
      }
    }
    std::size_t payer = 0;
    for (std::size_t i = 1; i < group->askers.size(); ++i) {
      if (group->askers[i].order < group->askers[payer].order) payer = i;
    }
    for (std::size_t i = 0; i < group->askers.size(); ++i) {
      Outcome own = outcome;
      if (i != payer) {
        own.evaluated = 0;
        own.timings.compute_ms = 0;
      }
      group->askers[i].done(std::move(own));
    }
  }

  std::unordered_multimap<std::size_t, std::shared_ptr<Group>> leaders_;
  std::int64_t joined_ = 0;
};

}  // namespace assay::llama
