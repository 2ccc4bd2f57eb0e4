#include "suites/sandbox/trial.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "harness/core/clock.h"
#include "harness/core/text.h"
#include "suites/sandbox/channel.h"
#include "suites/sandbox/watch.h"

namespace assay::sandbox {
namespace {

constexpr double kStartSeconds = 60;     // from a submitted job to a confined child, on however busy a machine
constexpr double kLongestStretch = 100;  // waiting for a CPU stretches a time limit to so many times itself at most
constexpr double kEndSeconds = 10;       // from a kill to the news of the end
constexpr int kLongestWait = 200;        // milliseconds of one wait: what is lost within it cannot be told
constexpr double kStall = 0.25;          // seconds that a wait may last too long before we call it our own absence
constexpr std::size_t kMaxVerdict = 1 << 16;

/// A payload for an interpreter: the length of the first text in eight bytes, then both texts.
std::string two_texts(std::string_view first, std::string_view second) {
  std::string bytes;
  bytes.reserve(8 + first.size() + second.size());
  for (unsigned shift = 0; shift < 64; shift += 8) bytes += static_cast<char>((first.size() >> shift) & 0xffU);
  bytes += first;
  bytes += second;
  return bytes;
}

class Conversation {
 public:
  Conversation(Zygote& candidate, JudgeProcess& judge, const Limits& limits)
      : limits_(limits), candidate_(candidate), judge_(judge), watch_(UniqueFd()) {}

  Result<void> start(const Trial& trial);
  void follow();
  TrialReport report();

 private:
  void take(const pollfd& entry);
  void take_output();
  void take_verdict();
  void wait_for(pollfd* entries, std::size_t count);
  [[nodiscard]] double seconds() const { return started_ ? milliseconds_since(*started_) / 1000 - absent_seconds_ : 0; }
  [[nodiscard]] double waited();
  [[nodiscard]] int milliseconds_left();
  [[nodiscard]] bool has_verdict() const;
  void stop();
  [[nodiscard]] Outcome outcome() const;
  [[nodiscard]] Outcome judged_outcome() const;
  [[nodiscard]] Outcome outcome_of_end() const;

  const Limits& limits_;
  Zygote& candidate_;
  JudgeProcess& judge_;
  Watch watch_;  // the candidate's
  UniqueFd output_;
  UniqueFd verdict_;
  std::optional<ChildEnd> end_;        // the candidate's
  std::optional<ChildEnd> judge_end_;  // only where it ended before its verdict
  bool lost_ = false;                  // a zygote died or does not answer
  MonotonicClock::time_point submitted_ = MonotonicClock::now();
  std::optional<MonotonicClock::time_point> started_;
  std::optional<MonotonicClock::time_point> stopped_;
  double absent_seconds_ = 0;  // assay itself was stopped or got no CPU, and its workers perhaps, too
  double judge_waited_before_ = 0;
  double waited_seconds_ = -1;
  double wall_seconds_ = 0;
  std::int64_t output_bytes_ = 0;
  bool timed_out_ = false;
  bool never_started_ = false;
  std::string verdict_bytes_;
};

Result<void> Conversation::start(const Trial& trial) {
  auto calls = make_pipe();
  auto replies = make_pipe();
  auto output = make_pipe();
  auto verdict = make_pipe();
  auto report = make_message_pair();
  auto program = make_memory_file(two_texts(trial.program, trial.prepare));
  auto check = make_memory_file(two_texts(trial.check, ""));
  if (!calls || !replies || !output || !verdict || !report || !program || !check) {
    return internal_error("sandbox: out of file descriptors or memory");
  }
  const ChildLimits child{.memory_bytes = limits_.memory_bytes,
                          .file_bytes = limits_.file_bytes,
                          .cpu_seconds = static_cast<int>(std::ceil(limits_.seconds)) * 2 + 1,
                          .threads = limits_.threads};
  watch_ = Watch(std::move(report->first));
  ::fcntl(output->first.get(), F_SETFL, O_NONBLOCK);
  output_ = std::move(output->first);
  verdict_ = std::move(verdict->first);
  if (!judge_.prepare(limits_.memory_bytes)) return internal_error("sandbox: the judge's interpreter does not start");
  judge_waited_before_ = std::max(judge_.watch().waited_seconds(), 0.0);
  if (!candidate_.submit(
          "candidate", child,
          {report->second.get(), program->get(), calls->first.get(), replies->second.get(), output->second.get()}) ||
      !judge_.give({check->get(), replies->first.get(), calls->second.get(), verdict->second.get()})) {
    return internal_error("sandbox: an interpreter died");
  }
  return {};
}

double Conversation::waited() {
  const double candidate = watch_.waited_seconds();
  return candidate < 0 ? -1 : candidate + std::max(judge_.watch().waited_seconds() - judge_waited_before_, 0.0);
}

void Conversation::stop() {
  if (stopped_) return;
  stopped_ = MonotonicClock::now();
  candidate_.kill_child();
}

bool Conversation::has_verdict() const {
  std::uint32_t size = 0;
  if (verdict_bytes_.size() < sizeof size) return false;
  std::memcpy(&size, verdict_bytes_.data(), sizeof size);
  return verdict_bytes_.size() >= sizeof size + size;
}

int Conversation::milliseconds_left() {
  double left = 0;
  if (stopped_) {
    left = kEndSeconds - milliseconds_since(*stopped_) / 1000;
    lost_ = lost_ || left <= 0;
    return static_cast<int>(std::ceil(std::max(left, 0.0) * 1000));
  }
  if (!started_) {
    left = kStartSeconds - milliseconds_since(submitted_) / 1000;
    never_started_ = left <= 0;
  } else {
    left = limits_.seconds - seconds();
    if (left <= 0) {
      waited_seconds_ = waited();
      left = limits_.seconds + std::max(waited_seconds_, 0.0) - seconds();
      timed_out_ = left <= 0 || seconds() >= kLongestStretch * limits_.seconds;
    }
  }
  if (left <= 0 || timed_out_) {
    stop();
    return 0;
  }
  return static_cast<int>(std::ceil(left * 1000));
}

void Conversation::take_output() {
  std::array<char, 65536> bytes{};
  const ssize_t size = ::read(output_.get(), bytes.data(), bytes.size());
  if (size > 0) {
    output_bytes_ += size;
    if (output_bytes_ > limits_.output_bytes) stop();
  } else if (size == 0 || errno != EAGAIN) {
    output_.reset();
  }
}

void Conversation::take_verdict() {
  std::array<char, 4096> bytes{};
  const ssize_t size = ::read(verdict_.get(), bytes.data(), bytes.size());
  if (size <= 0 || verdict_bytes_.size() > kMaxVerdict) {
    verdict_.reset();
  } else {
    verdict_bytes_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

void Conversation::take(const pollfd& entry) {
  const bool readable = (entry.revents & POLLIN) != 0;
  if (entry.fd == candidate_.control_fd()) {
    end_ = candidate_.take_end();
    lost_ = lost_ || !end_;
    wall_seconds_ = seconds();
  } else if (entry.fd == judge_.control_fd()) {
    judge_end_ = judge_.take_end();
    lost_ = lost_ || !judge_end_;
  } else if (entry.fd == watch_.fd()) {
    watch_.take(!readable);
  } else if (entry.fd == judge_.watch().fd()) {
    judge_.watch().take(!readable);
  } else if (entry.fd == output_.get()) {
    take_output();
  } else if (entry.fd == verdict_.get()) {
    take_verdict();
  }
}

/// Waits for one of them for a while, at most until the time is up.
void Conversation::wait_for(pollfd* entries, std::size_t count) {
  const int milliseconds = std::min(milliseconds_left(), kLongestWait);
  const auto begin = MonotonicClock::now();
  for (std::size_t i = 0; i < count; ++i) entries[i].revents = 0;
  if (::poll(entries, count, milliseconds) < 0) return;
  const double late = (milliseconds_since(begin) - milliseconds) / 1000;
  if (late > kStall && started_ && !stopped_) absent_seconds_ += late;
}

void Conversation::follow() {
  // Over: the candidate has ended, and the judge has given its verdict, or ended, or is not waited for any more.
  while (!lost_ && !(end_ && (has_verdict() || judge_end_ || stopped_))) {
    if (has_verdict() || judge_end_) stop();  // there is nothing left to ask the candidate
    std::array<pollfd, 6> entries{};
    std::size_t count = 0;
    const auto listen = [&](int fd) {
      if (fd >= 0) entries.at(count++) = {fd, POLLIN, 0};
    };
    if (!end_) listen(candidate_.control_fd());
    if (!judge_end_) listen(judge_.control_fd());
    listen(watch_.fd());
    if (!judge_end_) listen(judge_.watch().fd());
    listen(output_.get());
    listen(verdict_.get());
    wait_for(entries.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      if (entries.at(i).revents != 0) take(entries.at(i));
    }
    if (!started_ && watch_.confined()) started_ = MonotonicClock::now();
  }
  if (!has_verdict() && !judge_end_) lost_ = !judge_.end() || lost_;
}

Outcome Conversation::outcome_of_end() const {
  const int status = end_->status;
  if (WIFEXITED(status)) {
    return {.kind = OutcomeKind::kExited,
            .text = "ended itself with code " + std::to_string(WEXITSTATUS(status)) + " before it had answered"};
  }
  const int signal = WTERMSIG(status);
  if (end_->memory_killed) return {.kind = OutcomeKind::kMemory, .text = "used more memory than its cgroup may"};
  if (signal == SIGXCPU || (signal == SIGKILL && end_->cpu_seconds >= limits_.seconds)) {
    return {.kind = OutcomeKind::kTimeout, .text = "used up its CPU time"};
  }
  if (signal == SIGSYS) {
    return {.kind = OutcomeKind::kRefusedCall, .text = "refused: a system call of a foreign architecture"};
  }
  return {.kind = OutcomeKind::kCrash,
          .text = "ended by signal " + std::to_string(signal) + " (" + ::sigdescr_np(signal) + ")"};
}

Outcome Conversation::judged_outcome() const {
  const auto not_judged = [](std::string why) { return Outcome{.text = "sandbox: " + std::move(why)}; };
  if (!has_verdict()) {
    if (!judge_end_) return not_judged("the judge gave no verdict");
    const int status = judge_end_->status;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
      return {.kind = OutcomeKind::kTimeout, .text = "its tests used up their CPU time"};
    }
    return not_judged("the tests did not run (status " + std::to_string(status) + ")");
  }
  const nlohmann::json verdict =
      nlohmann::json::parse(verdict_bytes_.begin() + 4, verdict_bytes_.end(), nullptr, false);
  if (!verdict.is_array() || verdict.size() != 3 || !verdict[0].is_string() || !verdict[1].is_string() ||
      !verdict[2].is_number()) {
    return not_judged("the judge gave no readable verdict");
  }
  const auto kind = verdict[0].get<std::string>();
  auto text = verdict[1].get<std::string>();
  if (kind == "passed") return {.kind = OutcomeKind::kPassed};
  if (kind == "wrong_answer") return {.kind = OutcomeKind::kWrongAnswer, .text = std::move(text)};
  if (kind == "syntax_error") return {.kind = OutcomeKind::kSyntaxError, .text = std::move(text)};
  if (kind == "too_big") return {.kind = OutcomeKind::kOutputOverflow, .text = "returned more than can be taken"};
  if (kind == "bad_data") {
    return {.kind = OutcomeKind::kWrongAnswer, .text = "answered with what is no value: " + std::move(text)};
  }
  if (kind == "gone") return outcome_of_end();
  const bool memory = text.starts_with("MemoryError");
  return {.kind = memory ? OutcomeKind::kMemory : OutcomeKind::kException, .text = std::move(text)};
}

Outcome Conversation::outcome() const {
  if (output_bytes_ > limits_.output_bytes) {
    return {.kind = OutcomeKind::kOutputOverflow,
            .text = "printed more than " + std::to_string(limits_.output_bytes) + " bytes"};
  }
  if (timed_out_) return {.kind = OutcomeKind::kTimeout, .text = "no answer within the time limit"};
  return judged_outcome();
}

TrialReport Conversation::report() {
  TrialReport report;
  report.worn = lost_ || !end_ || end_->left_files;
  if (!watch_.failure().empty() || lost_ || never_started_) {
    report.worn = true;
    report.outcome.text =
        "sandbox: " + (watch_.failure().empty() ? "an interpreter died or did not answer" : watch_.failure());
    return report;
  }
  Outcome& outcome = report.outcome = this->outcome();
  outcome.refused = watch_.refused();
  outcome.wall_seconds = wall_seconds_;
  outcome.cpu_seconds = end_->cpu_seconds;
  outcome.waited_seconds = std::max(waited_seconds_, 0.0);
  outcome.peak_kib = end_->peak_kib;
  const bool failed = outcome.kind != OutcomeKind::kPassed && outcome.kind != OutcomeKind::kNotJudged &&
                      outcome.kind != OutcomeKind::kSyntaxError;
  if (failed && !outcome.refused.empty()) {
    outcome.text = "refused: " + listed(outcome.refused) + (outcome.text.empty() ? "" : "; " + outcome.text);
    outcome.kind = OutcomeKind::kRefusedCall;
  }
  if (outcome.kind == OutcomeKind::kTimeout && outcome.cpu_seconds < 0.95 * limits_.seconds) {
    // It slept, or it was kept from running; without the kernel's word that it slept, it gets a second chance.
    const double accounted = waited_seconds_ < 0 ? 0 : outcome.wall_seconds - waited_seconds_;
    report.cpu_was_scarce = accounted < limits_.seconds;
  }
  return report;
}

}  // namespace

TrialReport run_trial(Zygote& candidate, JudgeProcess& judge, const Trial& trial, const Limits& limits) {
  Conversation conversation(candidate, judge, limits);
  if (Result<void> started = conversation.start(trial); !started) {
    return {.outcome = {.text = started.error().message}, .worn = true};
  }
  conversation.follow();
  return conversation.report();
}

}  // namespace assay::sandbox
