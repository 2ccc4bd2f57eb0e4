// cgroup v2 around confined processes: memory and processes bounded for all of them together, where this machine lets
// its user divide a cgroup. A wall more, never a condition.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "harness/core/result.h"

namespace assay::sandbox {

/// Where the kernel tells of cgroups. Other places: for tests.
struct CgroupPlaces {
  std::string membership = "/proc/self/cgroup";
  std::string mounts = "/proc/self/mountinfo";
};

/// One cgroup for one confined process and all that it starts. Used by one thread at a time.
class Cgroup {
 public:
  explicit Cgroup(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Ends whatever is still in it and removes it.
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// Bounds memory (resident, page tables, files in memory; no swap) and the number of processes and threads of all in
  /// it together. Costs nothing where these bounds are set already. False where the kernel refuses.
  [[nodiscard]] bool limit(std::int64_t memory_bytes, int processes);

  /// How many processes the kernel has ended because the memory was used up.
  [[nodiscard]] long killed_for_memory() const;

 private:
  std::filesystem::path directory_;
  std::int64_t memory_bytes_ = -1;
  int processes_ = -1;
};

/// The cgroup that this process may divide. Thread-safe.
class DelegatedCgroup {
 public:
  /// Finds it. Since a cgroup v2 holds either processes or bounded children, this process moves into a leaf of its own
  /// first where it has to, and only where nobody else is in its cgroup. The error says why there is none.
  static Result<DelegatedCgroup> find(const CgroupPlaces& places);

  /// A new child, without bounds yet.
  [[nodiscard]] Result<std::unique_ptr<Cgroup>> make_child() const;

 private:
  explicit DelegatedCgroup(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::filesystem::path directory_;
};

}  // namespace assay::sandbox
