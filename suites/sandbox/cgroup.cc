#include "suites/sandbox/cgroup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <thread>

#include "suites/sandbox/unique_fd.h"

namespace assay::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLeaf = "assay-itself";         // where this process goes when its cgroup gets bounded children
constexpr const char* kChildPrefix = "assay-trial-";  // then its process id, "-" and six letters
constexpr int kRemovalAttempts = 200;                 // of 5 ms: processes that were killed leave after a moment

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The kernel takes a value whole, in one write. O_CREAT never creates anything in a cgroup.
bool write_value(const fs::path& path, const std::string& value) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  return file && ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

bool has_word(const std::string& text, const std::string& word) {
  std::istringstream words(text);
  for (std::string one; words >> one;) {
    if (one == word) return true;
  }
  return false;
}

bool has_both_controllers(const fs::path& file) {
  const std::string text = read_file(file);
  return has_word(text, "memory") && has_word(text, "pids");
}

/// The path after "0::" of this process's membership, which is the one of cgroup v2.
std::optional<std::string> membership(const std::string& file) {
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::/")) return line.substr(3);
  }
  return std::nullopt;
}

/// The directory of cgroup `path`, through the first mount of cgroup v2 that shows it (proc_pid_mountinfo(5)).
std::optional<fs::path> directory_of(const std::string& path, const std::string& mounts) {
  std::istringstream lines(read_file(mounts));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t separator = line.find(" - ");
    if (separator == std::string::npos || !line.substr(separator).starts_with(" - cgroup2 ")) continue;
    std::istringstream words(line);
    std::string id;
    std::string parent;
    std::string device;
    std::string root;
    std::string target;
    if (!(words >> id >> parent >> device >> root >> target)) continue;
    if (root == "/") root.clear();
    if (path != root && !path.starts_with(root + "/")) continue;
    return fs::path(target + path.substr(root.size())).lexically_normal();
  }
  return std::nullopt;
}

bool nobody_else_is_in(const fs::path& cgroup) {
  std::istringstream processes(read_file(cgroup / "cgroup.procs"));
  for (long process = 0; processes >> process;) {
    if (process != ::getpid()) return false;
  }
  return true;
}

/// Removes what an assay that was killed has left: empty cgroups of processes that are no more.
void remove_abandoned(const fs::path& directory) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kChildPrefix)) continue;
    const long owner = std::strtol(name.c_str() + std::strlen(kChildPrefix), nullptr, 10);
    if (owner > 0 && ::kill(static_cast<pid_t>(owner), 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

/// Lets children of `own` have bounds of memory and processes; why it cannot be, or empty.
std::string enable_controllers(const fs::path& own) {
  if (has_both_controllers(own / "cgroup.subtree_control")) return "";
  if (!has_both_controllers(own / "cgroup.controllers")) return "memory and pids are not delegated to this cgroup";
  // The root of all cgroups alone, which has no type, holds processes beside bounded children.
  const bool is_root = !fs::exists(own / "cgroup.type");
  if (!is_root) {
    if (!nobody_else_is_in(own)) return "other processes are in the same cgroup";
    std::error_code error;
    fs::create_directory(own / kLeaf, error);
    if (error || !write_value(own / kLeaf / "cgroup.procs", std::to_string(::getpid()))) {
      return std::string("cannot move into a cgroup of its own: ") + std::strerror(errno);
    }
  }
  if (write_value(own / "cgroup.subtree_control", "+memory +pids")) return "";
  std::string error = std::string("memory and pids cannot be switched on: ") + std::strerror(errno);
  if (!is_root && write_value(own / "cgroup.procs", std::to_string(::getpid()))) ::rmdir((own / kLeaf).c_str());
  return error;
}

}  // namespace

Cgroup::~Cgroup() {
  if (::rmdir(directory_.c_str()) == 0) return;
  (void)write_value(directory_ / "cgroup.kill", "1");
  for (int i = 0; i < kRemovalAttempts && ::rmdir(directory_.c_str()) != 0 && errno == EBUSY; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

bool Cgroup::limit(std::int64_t memory_bytes, int processes) {
  if (memory_bytes == memory_bytes_ && processes == processes_) return true;
  if (!write_value(directory_ / "memory.max", std::to_string(memory_bytes)) ||
      !write_value(directory_ / "pids.max", std::to_string(processes))) {
    return false;
  }
  // Not there where the kernel keeps no account of swap, or has none.
  if (fs::exists(directory_ / "memory.swap.max")) (void)write_value(directory_ / "memory.swap.max", "0");
  memory_bytes_ = memory_bytes;
  processes_ = processes;
  return true;
}

long Cgroup::killed_for_memory() const {
  std::istringstream events(read_file(directory_ / "memory.events"));
  std::string name;
  for (long count = 0; events >> name >> count;) {
    if (name == "oom_kill") return count;
  }
  return 0;
}

Result<DelegatedCgroup> DelegatedCgroup::find(const CgroupPlaces& places) {
  const std::optional<std::string> path = membership(places.membership);
  const std::optional<fs::path> found = path ? directory_of(*path, places.mounts) : std::nullopt;
  if (!found) return usage_error("no cgroup v2 here");
  const fs::path own = found->filename() == kLeaf ? found->parent_path() : *found;
  if (::access(own.c_str(), W_OK) != 0 || ::access((own / "cgroup.procs").c_str(), W_OK) != 0) {
    return usage_error("none is delegated to this user");
  }
  if (std::string why = enable_controllers(own); !why.empty()) return usage_error(why);
  remove_abandoned(own);
  return DelegatedCgroup(own);
}

Result<std::unique_ptr<Cgroup>> DelegatedCgroup::make_child() const {
  std::string child = directory_ / (kChildPrefix + std::to_string(::getpid()) + "-XXXXXX");
  if (!::mkdtemp(child.data())) return internal_error("cgroup: cannot make " + child + ": " + std::strerror(errno));
  return std::make_unique<Cgroup>(child);
}

}  // namespace assay::sandbox
