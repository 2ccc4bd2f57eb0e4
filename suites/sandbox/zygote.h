// A warm, confined Python interpreter that forks one further confined child per program.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/sandbox/cgroup.h"
#include "suites/sandbox/entry_settings.h"
#include "suites/sandbox/unique_fd.h"

namespace assay::sandbox {

/// How a child ended, by its zygote's word.
struct ChildEnd {
  int status = 0;  ///< as wait4 gives it
  double cpu_seconds = 0;
  long peak_kib = 0;           ///< resident memory
  bool left_files = false;     ///< the scratch directory is not empty
  bool memory_killed = false;  ///< by the kernel, for the bound of its cgroup
};

/// What a child is told of its limits.
struct ChildLimits {
  std::int64_t memory_bytes = 0;
  std::int64_t file_bytes = 0;
  int cpu_seconds = 0;
  int threads = 0;
};

/// One interpreter; serves one child at a time. Used by one thread at a time.
class Zygote {
 public:
  /// Starts it, in `cgroup` where there is one; it is of use after await().
  static Result<std::unique_ptr<Zygote>> start(EntrySettings settings, std::unique_ptr<Cgroup> cgroup);

  /// Waits until it is warm. The error's message names the layer that could not be put in force.
  [[nodiscard]] Result<void> await();

  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  /// Starts a child in the given role. `fds` of a "candidate": report, program, calls, replies, output; of a "judge":
  /// report. False where the zygote is dead.
  [[nodiscard]] bool submit(const std::string& role, const ChildLimits& limits, const std::vector<int>& fds);

  /// Has the child killed. Its end is still told.
  void kill_child();

  /// Takes the news that control_fd() has: a child's end, or nothing where the zygote itself is dead or odd.
  [[nodiscard]] std::optional<ChildEnd> take_end();

  [[nodiscard]] int control_fd() const { return control_.get(); }

 private:
  Zygote(pid_t process, UniqueFd control, const EntrySettings& settings, std::unique_ptr<Cgroup> cgroup);

  std::unique_ptr<Cgroup> cgroup_;  // outlives the process
  std::int64_t own_bytes_;          // of the interpreter and the scratch directory: beside what a child may use
  long memory_kills_ = 0;
  pid_t process_;
  UniqueFd control_;
  std::string program_;  // the interpreter, for messages
  long job_ = 0;
};

}  // namespace assay::sandbox
