// Running programs nobody trusts. No suite knows how it works; docs/sandbox.md does.
//
//   Result<std::unique_ptr<Sandbox>> sandbox = Sandbox::create({});
//   Outcome outcome = (*sandbox)->judge({.program = "def f(x): return x", .check = "assert __candidate__('f')(1) ==
//   1"}, {});
//
// main() must call sandbox_entry() (suites/sandbox/entry.h) before anything else.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/sandbox/cgroup.h"
#include "suites/sandbox/isolation.h"
#include "suites/sandbox/outcome.h"
#include "suites/sandbox/program.h"
#include "suites/sandbox/trial.h"

namespace assay::sandbox {

/// How a sandbox is set up.
struct SandboxOptions {
  int workers = 0;      ///< programs at a time; 0: as many as CPUs may be used
  std::string python;   ///< the interpreter; empty: the system's
  bool unsafe = false;  ///< run programs although the isolation is not enough (`--unsafe-exec`)
  Ceiling ceiling;      ///< at most this isolation, for tests
  std::int64_t scratch_bytes = 64 << 20;
};

/// A set of warm, confined workers. Thread-safe. Everything it started is gone when it is destroyed.
class Sandbox {
 public:
  /// Finds the strongest isolation that this machine allows and starts the first worker in it; the others start
  /// when they are needed. A usage error where the isolation is not enough, saying what is missing.
  static Result<std::unique_ptr<Sandbox>> create(const SandboxOptions& options);

  ~Sandbox();

  [[nodiscard]] const Isolation& isolation() const { return isolation_; }

  /// The interpreter and its version: "/usr/bin/python3".
  [[nodiscard]] const std::string& python() const { return python_; }

  /// Runs a program against its tests; blocks the calling thread until the verdict. A timeout during which the
  /// program was kept from running does not count: it is tried again with no other program beside it.
  [[nodiscard]] Outcome judge(const Trial& trial, const Limits& limits);

  /// Runs any program: an absolute path and its arguments. Blocks until it and all it started are gone.
  [[nodiscard]] ProgramOutcome run(const Program& program, const Limits& limits);

 private:
  struct Worker {
    std::unique_ptr<Zygote> candidate;
    std::unique_ptr<JudgeProcess> judge;
    std::shared_ptr<const int> cpu;
  };

  Sandbox() = default;
  [[nodiscard]] EntrySettings settings();
  [[nodiscard]] Result<std::unique_ptr<Cgroup>> make_cgroup() const;
  [[nodiscard]] Result<std::unique_ptr<Zygote>> start_zygote(bool judges, int cpu);
  [[nodiscard]] std::shared_ptr<const int> choose_cpu();
  [[nodiscard]] Result<Worker> start_worker();
  [[nodiscard]] Worker take_worker(bool alone);
  void give_back(Worker worker, bool alone);
  [[nodiscard]] TrialReport attempt(const Trial& trial, const Limits& limits, bool alone);

  SandboxOptions options_;
  Isolation isolation_;
  std::string python_;
  std::atomic<unsigned> next_uid_{0};  // 0: not root
  std::optional<DelegatedCgroup> cgroups_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Worker> idle_;
  std::vector<std::shared_ptr<const int>>
      cpus_;  // held by the workers that stay there; empty: no worker stays anywhere
  int running_ = 0;
  int want_alone_ = 0;
  bool alone_ = false;
};

/// The isolation that a sandbox would have here, for `assay doctor` and run records; the error says why even a
/// first worker does not start.
[[nodiscard]] Result<Isolation> probe(const SandboxOptions& options);

}  // namespace assay::sandbox
