#include "harness/cli/signals.h"

#include <unistd.h>

#include <csignal>

namespace assay::cli {
namespace {

// A signal handler reaches nothing but statics; these two are its whole state.
StopSignal stop_signal;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not take locks");

constexpr int kInterrupted = 130;
constexpr unsigned kSecondsToEnd = 2;  // after the second signal, for what cannot be broken off: a program on trial

extern "C" void on_stop_signal(int) {
  const int level = stop_signal.level.fetch_add(1) + 1;
  if (level > 2) _exit(kInterrupted);
  if (level == 2) alarm(kSecondsToEnd);
}

extern "C" void on_alarm(int) { _exit(kInterrupted); }

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = handler == SIG_DFL ? SIG_DFL : on_alarm;
  sigaction(SIGALRM, &action, nullptr);
}

}  // namespace

StopOnSignals::StopOnSignals() {
  stop_signal.level = 0;
  handle(on_stop_signal);
}

StopOnSignals::~StopOnSignals() {
  alarm(0);
  handle(SIG_DFL);
}

const StopSignal& StopOnSignals::stop() const { return stop_signal; }

}  // namespace assay::cli
