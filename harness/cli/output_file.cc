#include "harness/cli/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

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

// Run files are databases: none is ever written over.
Result<void> check_no_database(const std::string& path) {
  constexpr std::string_view kDatabase("SQLite format 3\0", 16);
  std::error_code failed;
  if (!fs::is_regular_file(path, failed)) return {};
  std::array<char, kDatabase.size()> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  if (file.gcount() < static_cast<std::streamsize>(head.size())) return {};
  if (std::string_view(head.data(), head.size()) != kDatabase) return {};
  return usage_error(path + ": is a database, perhaps a run; it is not written over, choose another file");
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

Result<void> check_output(const std::string& path) {
  std::error_code failed;
  if (fs::is_directory(path, failed)) return usage_error(path + ": is a folder; name a file");
  return check_no_database(path);
}

Result<void> replace_file(const std::string& path, const std::string& text) {
  if (auto made = make_folder_of(path); !made) return made;
  if (auto possible = check_output(path); !possible) return possible;
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    // A device or a pipe is written to; it is not a place where a file may stand instead.
    std::ofstream stream(path, std::ios::binary);
    stream << text;
    stream.close();
    return stream ? Result<void>() : cannot_write(path, errno);
  }
  // A link stays one: what it leads to is replaced.
  fs::path target = fs::exists(status) ? fs::canonical(path, failed) : fs::path(path);
  if (fs::is_symlink(target, failed)) target = target.parent_path() / fs::read_symlink(target, failed);
  const std::string fresh = target.string() + ".new";
  std::ofstream file(fresh, std::ios::binary);
  file << text;
  file.close();
  if (!file || std::rename(fresh.c_str(), target.c_str()) != 0) {
    const int reason = errno;
    std::remove(fresh.c_str());
    return cannot_write(path, reason);
  }
  return {};
}

Result<void> append_line(const std::string& path, const std::string& line) {
  if (auto made = make_folder_of(path); !made) return made;
  if (auto possible = check_output(path); !possible) return possible;
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
