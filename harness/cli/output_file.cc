#include "harness/cli/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

Result<void> make_folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code failed;
  if (!folder.empty()) fs::create_directories(folder, failed);
  if (failed) return usage_error(folder.string() + ": cannot be made: " + failed.message());
  return {};
}

tl::unexpected<Error> cannot_write(const std::string& path, int reason) {
  return usage_error(path + ": cannot be written: " + std::strerror(reason));
}

/// An open file; closing it gives up its lock.
class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : number_(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

Result<void> replace_file(const std::string& path, const std::string& text) {
  if (auto made = make_folder_of(path); !made) return made;
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::binary);
  file << text;
  file.close();
  if (!file || std::rename(fresh.c_str(), path.c_str()) != 0) return cannot_write(path, errno);
  return {};
}

Result<void> append_line(const std::string& path, const std::string& line) {
  if (auto made = make_folder_of(path); !made) return made;
  const Descriptor file(path);
  struct stat status {};
  if (file.number() < 0 || flock(file.number(), LOCK_EX) != 0 || fstat(file.number(), &status) != 0) {
    return cannot_write(path, errno);
  }
  std::string text = line + "\n";
  char last = '\n';
  if (status.st_size > 0 && pread(file.number(), &last, 1, status.st_size - 1) != 1) return cannot_write(path, errno);
  if (last != '\n') text.insert(0, 1, '\n');
  const ssize_t written = write(file.number(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    const int reason = written < 0 ? errno : ENOSPC;
    // What did get there is taken back, so that the next line does not follow half of this one.
    if (ftruncate(file.number(), status.st_size) != 0) return cannot_write(path, errno);
    return cannot_write(path, reason);
  }
  if (fsync(file.number()) != 0) return cannot_write(path, errno);
  return {};
}

}  // namespace assay::cli
