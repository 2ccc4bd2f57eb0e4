// Any program, confined: no suite's business how.
#pragma once

#include <string>
#include <vector>

#include "suites/sandbox/cgroup.h"
#include "suites/sandbox/entry_settings.h"
#include "suites/sandbox/outcome.h"
#include "suites/sandbox/trial.h"

namespace assay::sandbox {

/// What is executed. It sees the system's programs and libraries read-only, and an empty scratch directory.
struct Program {
  std::vector<std::string> command;  ///< absolute path, then arguments
  std::string input;                 ///< its standard input
};

/// How it ended. `outcome.kind` is kPassed for exit code 0, kExited for any other.
struct ProgramOutcome {
  Outcome outcome;
  int exit_code = -1;  ///< -1: it did not exit by itself
  std::string out;
  std::string err;
};

/// Runs `program` under `settings` (its command is replaced), in `cgroup` unless that is null; used by Sandbox::run.
[[nodiscard]] ProgramOutcome run_program(EntrySettings settings, Cgroup* cgroup, const Program& program,
                                         const Limits& limits);

}  // namespace assay::sandbox
