// A process of our own for work that nobody trusts: this program, started again with a hidden first argument.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/result.h"

namespace assay::worker {

/// Where a worker finds its socket.
inline constexpr int kWorkerSocket = 3;

/// What to start.
struct WorkerStart {
  std::string program = "/proc/self/exe";     ///< calls `entry` first in its main()
  std::string argument;                       ///< the hidden argument that makes the program this kind of worker
  std::string greeting;                       ///< the worker's first message: that the program at the other end is one
  std::string name;                           ///< what the process is called in lists
  std::string entry;                          ///< of `program`, for a message: "sql_worker_entry()"
  std::vector<std::string> environment = {};  ///< "NAME=value": its whole environment
};

/// A running worker with a socket to it and no other descriptor; killed and reaped when destroyed. Not thread-safe.
class WorkerProcess {
 public:
  /// Starts one and waits for its greeting. Errors: it cannot be started, or does not answer as a worker.
  [[nodiscard]] static Result<std::unique_ptr<WorkerProcess>> start(WorkerStart start);

  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  [[nodiscard]] int socket() const { return socket_; }

  /// How a process that no longer answers ended. The process is gone afterwards.
  [[nodiscard]] std::string end();

  /// The kernel ended it for the processor time that it used. Only after its socket has closed.
  [[nodiscard]] bool used_up_cpu();

 private:
  WorkerProcess(pid_t process, int socket) : process_(process), socket_(socket) {}
  const siginfo_t& info();

  pid_t process_;
  int socket_;
  siginfo_t info_{};
};

}  // namespace assay::worker
