#include "suites/sandbox/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>

#include "harness/core/clock.h"
#include "suites/sandbox/channel.h"
#include "suites/sandbox/spawn.h"
#include "suites/sandbox/watch.h"

namespace assay::sandbox {
namespace {

constexpr int kProgramOwnProcesses = 1;  // who waits for the program outside its pid namespace

/// Takes what a stream has; closes it at its end. False where the limit of both streams together is passed.
bool take_stream(UniqueFd& stream, std::string& text, std::int64_t& left) {
  std::array<char, 65536> bytes{};
  const ssize_t size = ::read(stream.get(), bytes.data(), bytes.size());
  if (size <= 0) {
    stream.reset();
    return true;
  }
  const std::int64_t kept = std::min<std::int64_t>(size, left);
  text.append(bytes.data(), static_cast<std::size_t>(kept));
  left -= size;
  return left >= 0;
}

void describe_end(int status, double cpu_seconds, const Limits& limits, ProgramOutcome& result) {
  Outcome& outcome = result.outcome;
  // The process that we wait for hands a signal on as 128 + its number, as a shell does.
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == 0 && WEXITSTATUS(status) > 128 && WEXITSTATUS(status) <= 128 + 64) signal = WEXITSTATUS(status) - 128;
  if (signal == 0) {
    result.exit_code = WEXITSTATUS(status);
    outcome.kind = result.exit_code == 0 ? OutcomeKind::kPassed : OutcomeKind::kExited;
    outcome.text = "exit code " + std::to_string(result.exit_code);
  } else if (signal == SIGXCPU || (signal == SIGKILL && cpu_seconds >= limits.seconds)) {
    outcome.kind = OutcomeKind::kTimeout;
    outcome.text = "used up its CPU time";
  } else if (signal == SIGSYS) {
    outcome.kind = OutcomeKind::kRefusedCall;
    outcome.text = "refused: a system call of a foreign architecture";
  } else {
    outcome.kind = OutcomeKind::kCrash;
    const char* name = ::sigdescr_np(signal);
    outcome.text = "ended by signal " + std::to_string(signal) + (name ? " (" + std::string(name) + ")" : "");
  }
}

}  // namespace

ProgramOutcome run_program(EntrySettings settings, Cgroup* cgroup, const Program& program, const Limits& limits) {
  ProgramOutcome result;
  if (cgroup) {
    settings.cgroup = cgroup->directory();
    if (!cgroup->limit(limits.memory_bytes + settings.scratch_bytes, limits.threads + kProgramOwnProcesses)) {
      result.outcome.text = "sandbox: the kernel refuses the bounds of " + settings.cgroup;
      return result;
    }
  }
  settings.interpreter = false;
  settings.command = program.command;
  settings.memory_bytes = limits.memory_bytes;
  settings.file_bytes = limits.file_bytes;
  settings.cpu_seconds = static_cast<int>(std::ceil(limits.seconds)) * 2 + 1;
  settings.processes = limits.threads;
  auto control = make_message_pair();
  auto out = make_pipe();
  auto err = make_pipe();
  auto input = make_memory_file(program.input);
  if (!control || !out || !err || !input || program.command.empty()) {
    result.outcome.text = "sandbox: no program, or out of file descriptors";
    return result;
  }
  ::lseek(input->get(), 0, SEEK_SET);
  const Result<pid_t> process = spawn_confined(
      settings, control->second.get(), {.in = input->get(), .out = out->second.get(), .err = err->second.get()});
  if (!process) {
    result.outcome.text = process.error().message;
    return result;
  }
  control->second.reset();
  out->second.reset();
  err->second.reset();
  Watch watch(std::move(control->first));
  UniqueFd ended(static_cast<int>(::syscall(434 /* pidfd_open */, *process, 0)));
  const auto start = MonotonicClock::now();
  std::int64_t left = limits.output_bytes;
  bool overflow = false;
  bool timed_out = false;
  bool over = false;
  while (!over && !overflow && !timed_out) {
    std::array<pollfd, 4> entries{};
    std::size_t count = 0;
    for (const int fd : {ended.get(), watch.fd(), out->first.get(), err->first.get()}) {
      if (fd >= 0) entries.at(count++) = {fd, POLLIN, 0};
    }
    double seconds_left = limits.seconds - milliseconds_since(start) / 1000;
    if (seconds_left <= 0) seconds_left += std::max(0.0, watch.waited_seconds());
    timed_out = seconds_left <= 0;
    if (timed_out || ::poll(entries.data(), count, static_cast<int>(std::ceil(seconds_left * 1000))) <= 0) continue;
    for (std::size_t i = 0; i < count; ++i) {
      const pollfd& entry = entries.at(i);
      if (entry.revents == 0) continue;
      if (entry.fd == ended.get())
        over = true;
      else if (entry.fd == watch.fd())
        watch.take((entry.revents & POLLIN) == 0);
      else if (entry.fd == out->first.get())
        overflow |= !take_stream(out->first, result.out, left);
      else
        overflow |= !take_stream(err->first, result.err, left);
    }
  }
  if (!over) ::kill(*process, SIGKILL);
  int status = 0;
  rusage usage{};
  while (::wait4(*process, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  // Whoever else held the streams was in the same pid namespace, and is gone.
  while (!overflow && out->first) overflow |= !take_stream(out->first, result.out, left);
  while (!overflow && err->first) overflow |= !take_stream(err->first, result.err, left);
  Outcome& outcome = result.outcome;
  outcome.wall_seconds = milliseconds_since(start) / 1000;
  outcome.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                        static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  outcome.peak_kib = usage.ru_maxrss;
  outcome.refused = watch.refused();
  if (!watch.failure().empty()) {
    outcome.text = "sandbox: " + watch.failure();
  } else if (overflow) {
    outcome.kind = OutcomeKind::kOutputOverflow;
    outcome.text = "printed more than " + std::to_string(limits.output_bytes) + " bytes";
  } else if (timed_out) {
    outcome.kind = OutcomeKind::kTimeout;
    outcome.text = "did not end within the time limit";
  } else if (cgroup && cgroup->killed_for_memory() > 0) {
    outcome.kind = OutcomeKind::kMemory;
    outcome.text = "used more memory than its cgroup may";
  } else {
    describe_end(status, outcome.cpu_seconds, limits, result);
  }
  return result;
}

}  // namespace assay::sandbox
