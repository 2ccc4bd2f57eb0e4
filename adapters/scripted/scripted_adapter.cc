#include "adapters/scripted/scripted_adapter.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <tuple>
#include <utility>

#include "adapters/scripted/script.h"
#include "adapters/scripted/timer.h"
#include "harness/core/clock.h"

namespace assay {
namespace {

using scripted::Rule;
using scripted::Script;
using scripted::Timer;

constexpr double kCertain = 0;
constexpr double kImpossible = -100;

// What a real adapter would tell the harness to do after such a failure.
FailureAction action_after(FailureKind kind, double retry_after_ms) {
  switch (kind) {
    case FailureKind::kRateLimited:
    case FailureKind::kTimeout:
    case FailureKind::kServerError:
    case FailureKind::kConnection:
    case FailureKind::kBadResponse:
      return retry_after_ms > 0 ? FailureAction::kRetryAfter : FailureAction::kRetry;
    case FailureKind::kAuthentication:
    case FailureKind::kNotFound:
      return FailureAction::kEndModel;
    case FailureKind::kInvalidRequest:
    case FailureKind::kContextTooLong:
    case FailureKind::kRefused:
    case FailureKind::kUnsupported:
    case FailureKind::kMissingAnswer:
    case FailureKind::kModel:
    case FailureKind::kNotJudged:
    case FailureKind::kUnreadableVerdict:
    case FailureKind::kCancelled:
      break;
  }
  return FailureAction::kGiveUpItem;
}

Completion failed(FailureKind kind, std::string message, double retry_after_ms = 0) {
  Completion completion;
  completion.failure = Failure{kind, action_after(kind, retry_after_ms), std::move(message), retry_after_ms};
  return completion;
}

class ScriptedAdapter final : public Adapter {
 public:
  ScriptedAdapter(Script script, std::string path) : script_(std::move(script)), path_(std::move(path)) {
    const std::vector<Rule>& rules = script_.rules();
    const auto any = [&](auto test) { return std::any_of(rules.begin(), rules.end(), test); };
    const bool only_faults = !any([](const Rule& rule) { return rule.answers(); });
    can_.loglikelihood = only_faults || any([](const Rule& rule) { return rule.logprobs || rule.choose; });
    can_.generate = can_.chat =
        only_faults || any([](const Rule& rule) { return rule.text || !rule.texts.empty() || rule.choose; });
    can_.top_logprobs = only_faults || any([](const Rule& rule) { return !rule.top_logprobs.empty(); });
    can_.preferred_in_flight = 512;
    if (any([](const Rule& rule) { return rule.delay_ms > 0; })) timer_ = std::make_unique<Timer>();
  }

  Capabilities capabilities() const override { return can_; }

  ModelIdentity identity() const override {
    ModelIdentity identity{};
    identity.name = "scripted:" + path_;
    identity.sha256 = script_.answers_sha256();
    return identity;
  }

  void answer(Request request, std::function<void(Completion)> done) override {
    const MonotonicClock::time_point start = MonotonicClock::now();
    if (cancelled_.load(std::memory_order_relaxed)) {
      done(failed(FailureKind::kCancelled, "the run was stopped"));
      return;
    }
    const Rule* rule = script_.find(request.item, request.sample);
    if (rule == nullptr) {
      done(failed(FailureKind::kMissingAnswer, path_ + ": no rule matches " + request.item));
      return;
    }
    Completion completion = outcome(*rule, request);
    if (rule->delay_ms <= 0) {
      completion.timings.total_ms = milliseconds_since(start);
      done(std::move(completion));
      return;
    }
    const auto due = start + std::chrono::duration_cast<MonotonicClock::duration>(
                                 std::chrono::duration<double, std::milli>(rule->delay_ms));
    timer_->add(due, [start, completion = std::move(completion), done = std::move(done)](bool stopped) mutable {
      if (stopped) completion = failed(FailureKind::kCancelled, "the run was stopped");
      completion.timings.total_ms = milliseconds_since(start);
      done(std::move(completion));
    });
  }

  // What waits for its delay has been started, and ends by itself.
  void drain() override { cancelled_ = true; }

  void cancel() override {
    cancelled_ = true;
    if (timer_) timer_->stop();
  }

 private:
  Completion outcome(const Rule& rule, const Request& request) {
    if (rule.fault && fails_now(rule, request)) {
      return failed(*rule.fault, "scripted fault (" + where(rule) + ")", rule.retry_after_ms);
    }
    Completion completion;
    completion.usage = rule.usage;
    completion.note = rule.note;
    completion.finish = rule.finish;
    if (const auto* compare = std::get_if<LoglikelihoodRequest>(&request.body)) {
      completion.finish = FinishReason::kNone;
      return compared(rule, compare->continuations.size(), std::move(completion));
    }
    return generated(rule, std::get<GenerateRequest>(request.body), std::move(completion));
  }

  Completion compared(const Rule& rule, std::size_t count, Completion completion) const {
    if (rule.logprobs) {
      if (rule.logprobs->size() != count) {
        return failed(FailureKind::kBadResponse, where(rule) + ": has " + std::to_string(rule.logprobs->size()) +
                                                     " logprobs for " + std::to_string(count) + " continuations");
      }
      for (const double logprob : *rule.logprobs) completion.continuations.push_back({logprob, 0, false});
      return completion;
    }
    if (!rule.choose) return failed(FailureKind::kMissingAnswer, where(rule) + ": has no logprobs and no choose");
    if (static_cast<std::size_t>(*rule.choose) >= count) return out_of_range(rule, count);
    for (std::size_t i = 0; i < count; ++i) {
      const bool chosen = i == static_cast<std::size_t>(*rule.choose);
      completion.continuations.push_back({chosen ? kCertain : kImpossible, 0, chosen});
    }
    return completion;
  }

  Completion generated(const Rule& rule, const GenerateRequest& body, Completion completion) const {
    completion.reasoning = rule.reasoning;
    if (body.top_logprobs > 0) completion.top_logprobs = rule.top_logprobs;
    if (rule.text) {
      completion.text = *rule.text;
    } else if (!rule.texts.empty()) {
      const auto turn = static_cast<std::size_t>(
          std::count_if(body.messages.begin(), body.messages.end(),
                        [](const Message& message) { return message.role == Role::kAssistant; }));
      if (turn >= rule.texts.size()) {
        return failed(FailureKind::kMissingAnswer, where(rule) + ": has " + std::to_string(rule.texts.size()) +
                                                       " texts, and turn " + std::to_string(turn + 1) + " is asked");
      }
      completion.text = rule.texts[turn];
    } else if (rule.choose) {
      if (static_cast<std::size_t>(*rule.choose) >= body.choices.size()) return out_of_range(rule, body.choices.size());
      completion.text = body.choices[static_cast<std::size_t>(*rule.choose)];
    } else if (completion.top_logprobs.empty()) {
      return failed(FailureKind::kMissingAnswer, where(rule) + ": has no text, texts or choose");
    } else {
      completion.text = completion.top_logprobs.front().token;
    }
    return completion;
  }

  Completion out_of_range(const Rule& rule, std::size_t count) const {
    return failed(FailureKind::kMissingAnswer, where(rule) + ": chooses " + std::to_string(*rule.choose) + " of " +
                                                   std::to_string(count) + " choices (from 0)");
  }

  // Whether this attempt is one of the rule's faults. A count is forgotten once it is used up, so that memory stays
  // flat however many items fail now and then.
  bool fails_now(const Rule& rule, const Request& request) {
    if (!rule.times) return true;
    const std::lock_guard lock(mutex_);
    const std::tuple key{rule.line, request.item, request.sample};
    const auto found = faults_.try_emplace(key, 0).first;
    if (found->second >= *rule.times) {
      faults_.erase(found);
      return false;
    }
    ++found->second;
    return true;
  }

  std::string where(const Rule& rule) const { return path_ + ":" + std::to_string(rule.line); }

  Script script_;
  std::string path_;
  Capabilities can_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::map<std::tuple<int, std::string, int>, int> faults_;  ///< attempts that failed so far
  std::unique_ptr<Timer> timer_;                             ///< last: its thread ends before the rest goes
};

}  // namespace

Result<std::unique_ptr<Adapter>> make_scripted_adapter(const ModelRef& ref) {
  struct stat status {};
  if (stat(ref.model.c_str(), &status) != 0) {
    return usage_error(ref.model + ": cannot be read: " + std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) return usage_error(ref.model + ": is a directory; expected a script of JSON lines");
  std::ifstream file(ref.model, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || file.bad()) return usage_error(ref.model + ": cannot be read");
  auto script = Script::parse(text.view(), ref.model);
  if (!script) return forward_error(script);
  return std::make_unique<ScriptedAdapter>(std::move(*script), ref.model);
}

}  // namespace assay
