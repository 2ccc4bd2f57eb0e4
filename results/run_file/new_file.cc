#include "results/run_file/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace assay::run_file {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Forces a file's, or a directory's entries', bytes to the disk. Best effort: some file systems cannot sync
/// directories, and a failing disk shows itself at the next commit.
void sync_path(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

/// Whether nothing is there, or the beginning of a database.
bool is_draft(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return errno == ENOENT;
  constexpr std::string_view kMagic = "SQLite format 3";
  char head[kMagic.size()] = {};
  const ssize_t size = read(descriptor, head, kMagic.size());
  close(descriptor);
  return size >= 0 && kMagic.starts_with(std::string_view(head, static_cast<std::size_t>(size)));
}

}  // namespace

void make_file(const std::string& path, const std::function<void(Database&)>& fill) {
  const std::string draft = path + ".new";
  // Of a killed process, since the lock is ours; anything else is somebody's.
  if (!is_draft(draft)) fail(draft + ": is in the way of the new run file; move it, or choose another name");
  unlink(draft.c_str());
  try {
    {
      Database database(draft, Database::Mode::kCreate);
      database.execute("PRAGMA journal_mode = MEMORY");
      fill(database);
    }
    // link() refuses an existing file, which rename() would silently replace.
    if (link(draft.c_str(), path.c_str()) != 0) {
      if (errno == EEXIST) fail(path + ": the file exists; choose another name, or resume it if it is a run file");
      if (rename(draft.c_str(), path.c_str()) != 0) {
        fail(path + ": the run file cannot be made (" + std::strerror(errno) + ")");
      }
    }
    unlink(draft.c_str());
  } catch (...) {
    unlink(draft.c_str());
    throw;
  }
  sync_path(directory_of(path));
}

}  // namespace assay::run_file
