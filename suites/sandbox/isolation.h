// Which walls stand between a program and this machine: as data for records, as text for people.
#pragma once

#include <string>
#include <vector>

namespace assay::sandbox {

/// How a confined process is set apart from the rest of the machine.
enum class Namespaces {
  kUser,  ///< a user namespace of an ordinary user's, and all others inside it
  kRoot,  ///< made directly by root, where user namespaces are switched off; the uid is dropped afterwards
  kNone,  ///< neither is possible: the reduced mode
};

/// At most this much is used of what the kernel offers. For tests and for trying the reduced mode.
struct Ceiling {
  bool namespaces = true;
  int landlock_abi = 1000;  ///< 0: none
  bool seccomp = true;
  bool cgroup = true;
};

/// One wall.
struct Layer {
  std::string name;  ///< "namespaces", "landlock", "seccomp", "no_new_privs", "rlimits", "uid", "cgroup"
  bool in_force = false;
  std::string detail;  ///< "ABI 7", or why it is missing
};

/// What is in force for every program of a sandbox.
struct Isolation {
  Namespaces namespaces = Namespaces::kNone;
  int landlock_abi = 0;
  bool seccomp = false;
  bool unused_uid = false;  ///< root only: programs run under uids that nothing else has
  bool cgroup = false;
  std::vector<Layer> layers = {};

  /// "full", "reduced" or "insufficient".
  [[nodiscard]] std::string level() const;

  /// Whether programs nobody trusts may be run: a system-call filter, and namespaces or Landlock, and not root.
  [[nodiscard]] bool enough() const;

  /// One line: "full: user, pid, net, ipc, mount and uts namespaces; Landlock ABI 7; …; missing: cgroup (…)".
  [[nodiscard]] std::string text() const;
};

}  // namespace assay::sandbox
