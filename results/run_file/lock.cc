#include "results/run_file/lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace assay::run_file {
namespace {

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string not_a_lock(const std::string& path) {
  return path + ": is in the way of the run file's lock and no lock of assay's; move it, or choose another run file";
}

std::string holder(int descriptor) {
  char text[32] = {};
  const ssize_t size = pread(descriptor, text, sizeof text - 1, 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  return pid.empty() ? "another process" : "process " + pid;
}

/// Whether the open file is a lock of ours: nothing, or a process id.
bool is_lock_file(int descriptor) {
  struct stat status {};
  char text[32] = {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size >= 32) return false;
  const ssize_t size = pread(descriptor, text, sizeof text, 0);
  return size >= 0 && std::all_of(text, text + size, [](char c) { return (c >= '0' && c <= '9') || c == '\n'; });
}

/// Whether `path` still names the open file: its last holder removes it when it is done.
bool same_file(int descriptor, const std::string& path) {
  struct stat open_file {};
  struct stat named_file {};
  return fstat(descriptor, &open_file) == 0 && stat(path.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

}  // namespace

Result<RunLock> RunLock::take(const std::string& run_path) {
  const std::string path = run_path + ".lock";
  while (true) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (descriptor < 0) {
      const int error = errno;
      if (error == ENOENT) {
        return usage_error(run_path + ": the directory of the run file does not exist; create it first");
      }
      if (error == ELOOP || error == EISDIR) return usage_error(not_a_lock(path));
      if (error == ENOSPC) return usage_error(run_path + ": the disk is full; free some space and try again");
      return usage_error(run_path + ": the directory of the run file cannot be written (" + std::strerror(error) +
                         "); choose another place for the run file");
    }
    RunLock lock(path, descriptor);
    struct flock request = whole_file(F_WRLCK);
    if (fcntl(descriptor, F_OFD_SETLK, &request) != 0) {
      const int error = errno;
      const std::string who = holder(descriptor);
      close(std::exchange(lock.descriptor_, -1));
      if (error == EAGAIN || error == EACCES) {
        return usage_error(run_path + ": " + who + " is running it; wait until it is done, or stop it first");
      }
      return usage_error(run_path + ": the run file cannot be locked (" + std::strerror(error) +
                         "); use a file system with locks");
    }
    if (!same_file(descriptor, path)) {
      close(std::exchange(lock.descriptor_, -1));
      continue;
    }
    if (!is_lock_file(descriptor)) {
      close(std::exchange(lock.descriptor_, -1));
      return usage_error(not_a_lock(path));
    }
    const std::string pid = std::to_string(getpid()) + "\n";
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, pid.data(), pid.size(), 0) < 0) {
      return usage_error(run_path + ": the directory of the run file cannot be written (" + std::strerror(errno) +
                         "); free some space or choose another place for the run file");
    }
    return lock;
  }
}

bool RunLock::held(const std::string& run_path) {
  const int descriptor = open((run_path + ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  // A read-only descriptor may only ask about read locks, which a writer's lock excludes just as well.
  struct flock question = whole_file(F_RDLCK);
  const bool held = fcntl(descriptor, F_OFD_GETLK, &question) == 0 && question.l_type != F_UNLCK;
  close(descriptor);
  return held;
}

RunLock::RunLock(RunLock&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  unlink(path_.c_str());
  close(descriptor_);
}

}  // namespace assay::run_file
