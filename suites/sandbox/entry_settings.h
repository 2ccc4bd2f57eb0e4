// What assay tells the process that confines itself and becomes a program or a warm interpreter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/sandbox/isolation.h"

namespace assay::sandbox {

/// The descriptor on which a confined process finds its control socket.
inline constexpr int kControlFd = 3;

/// The hidden first argument by which assay, started again, knows that it is to confine itself.
inline constexpr const char* kEntryArgument = "--assay-sandbox-entry";

/// One confined process. Travels as command-line arguments, since nothing else survives exec.
struct EntrySettings {
  bool interpreter = true;  ///< the warm Python interpreter; false: `command`
  bool judges = false;      ///< of an interpreter: its children run tests, not programs
  int cpu = -1;             ///< the one on which an interpreter, once warm, and its children run; -1: any
  Namespaces namespaces = Namespaces::kUser;
  int landlock_abi = 0;  ///< at most this; 0: no Landlock
  bool seccomp = true;
  unsigned uid = 0;                       ///< root drops to this one; 0: stay
  std::int64_t scratch_bytes = 64 << 20;  ///< size of the scratch directory in memory
  std::string cgroup;                     ///< a cgroup v2 directory made for this process; empty: none
  std::vector<std::string> command;       ///< absolute path and arguments; the interpreter: its path alone
  // Of `command` only: a warm interpreter sets these on each of its children.
  std::int64_t memory_bytes = 0;
  std::int64_t file_bytes = 0;
  int cpu_seconds = 0;
  int processes = 0;
};

/// The arguments after argv[0].
[[nodiscard]] std::vector<std::string> to_arguments(const EntrySettings& settings);

/// The way back; an error for arguments that to_arguments() does not make.
[[nodiscard]] Result<EntrySettings> from_arguments(int argc, char** argv);

/// Directories and files of the system that every confined process may read and execute.
[[nodiscard]] std::vector<std::string> readable_paths(const std::string& program);

}  // namespace assay::sandbox
