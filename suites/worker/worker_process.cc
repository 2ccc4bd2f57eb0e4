#include "suites/worker/worker_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "suites/worker/wire.h"

namespace assay::worker {

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(WorkerStart start) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return internal_error("cannot make a socket for " + start.name + ": " + std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int standard : {0, 1, 2}) {
    posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", standard == 0 ? O_RDONLY : O_WRONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, ends[1], kWorkerSocket);
  if (ends[1] == kWorkerSocket) fcntl(ends[1], F_SETFD, 0);  // dup2 onto itself would leave it to be closed
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // a process group of its own: an interrupt at the terminal is assay's to handle
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  std::array<char*, 3> argv = {start.name.data(), start.argument.data(), nullptr};
  std::vector<char*> variables;
  for (std::string& variable : start.environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  pid_t process = -1;
  const int error = posix_spawn(&process, start.program.c_str(), &actions, &attributes, argv.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return internal_error("cannot start " + start.name + " (" + start.program + "): " + std::strerror(error));
  }
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess(process, ends[0]));
  constexpr int kGreetingMs = 30'000;
  std::string greeting;
  if (receive_message(ends[0], kGreetingMs, greeting) != ReceiveStatus::kMessage || greeting != start.greeting) {
    return internal_error(start.program + " does not answer as " + start.name + ": it must call " + start.entry +
                          " first");
  }
  return worker;
}

WorkerProcess::~WorkerProcess() {
  close(socket_);
  kill(process_, SIGKILL);
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
}

std::string WorkerProcess::end() {
  if (info().si_code == CLD_EXITED) return "the worker exited with " + std::to_string(info().si_status);
  const char* name = strsignal(info().si_status);
  return "the worker was ended by signal " + std::to_string(info().si_status) + " (" + (name ? name : "?") + ")";
}

bool WorkerProcess::used_up_cpu() { return info().si_code != CLD_EXITED && info().si_status == SIGXCPU; }

// How it ended; leaves it to be reaped by the destructor. One that closed its socket and lives on is killed.
const siginfo_t& WorkerProcess::info() {
  constexpr int kLooks = 100;
  for (int look = 0; info_.si_pid == 0 && look <= kLooks; ++look) {
    if (look == kLooks) kill(process_, SIGKILL);
    const int options = WEXITED | WNOWAIT | (look == kLooks ? 0 : WNOHANG);
    if (waitid(P_PID, static_cast<id_t>(process_), &info_, options) != 0) break;
    if (info_.si_pid == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return info_;
}

}  // namespace assay::worker
