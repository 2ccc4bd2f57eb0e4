#include "harness/run/judge_desk.h"

#include <memory>
#include <optional>
#include <utility>

#include "harness/core/clock.h"

namespace assay {
namespace {

std::optional<Completion> stored_answer(const PlannedJudge& judge, const Request& question) {
  for (const auto& stored : judge.stored) {
    std::optional<Completion> found = stored->find(question);
    if (found && !found->failure) return found;
  }
  return std::nullopt;
}

}  // namespace

double JudgeDesk::estimate(const Request& question) const {
  return judge_.price
             ? expected_usd(*judge_.price, question, judge_.adapter->capabilities().thinking_tokens, machine_.mean_ms())
             : 0;
}

void JudgeDesk::ask(Request question, std::function<void(JudgeAnswer)> done) {
  if (std::optional<Completion> stored = stored_answer(judge_, question)) {
    JudgeAnswer answer{std::move(question), std::move(*stored), 0};
    answer.completion.reused = true;
    answer.completion.attempts = 0;
    done(std::move(answer));
    return;
  }
  if (!judge_.price || !budget_.limited()) {
    send(std::move(question), std::nullopt, std::move(done));
    return;
  }
  const double usd = estimate(question) * underestimate_.factor();
  const auto asked = std::make_shared<Request>(std::move(question));
  budget_.reserve(usd, [this, usd, asked, done = std::move(done)](bool fits) {
    if (fits) return send(std::move(*asked), usd, done);
    events_.on_budget();
    JudgeAnswer answer{std::move(*asked), {}, {}};
    answer.completion.attempts = 0;
    answer.completion.failure = Failure{FailureKind::kCancelled, FailureAction::kGiveUpItem, "the budget is used up"};
    done(std::move(answer));
  });
}

void JudgeDesk::send(Request question, std::optional<double> reserved, std::function<void(JudgeAnswer)> done) {
  const double estimated = estimate(question);
  const double begun = machine_.begin(MonotonicClock::now());
  const auto asked = std::make_shared<Request>(question);
  judge_.adapter->answer(std::move(question),
                         [this, asked, estimated, reserved, begun, done = std::move(done)](Completion completion) {
                           const double share_ms = machine_.end(MonotonicClock::now(), begun);
                           JudgeAnswer answer{std::move(*asked), std::move(completion), {}};
                           settle(answer, estimated, reserved, share_ms);
                           const std::optional<Failure>& failure = answer.completion.failure;
                           if (failure && failure->action == FailureAction::kEndModel && !ended_.exchange(true)) {
                             judge_.adapter->drain();
                             events_.on_end("judge " + judge_.config.ref.text + ": " + failure->message);
                           }
                           done(std::move(answer));
                         });
}

void JudgeDesk::settle(JudgeAnswer& answer, double estimated, std::optional<double> reserved, double share_ms) {
  const Completion& completion = answer.completion;
  answer.usd = charged_usd(completion, judge_.price, share_ms);
  budget_.settle(reserved, spent_usd(completion, answer.usd, reserved));
  underestimate_.learn(estimated, answer.usd);
}

}  // namespace assay
