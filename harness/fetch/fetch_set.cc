#include "harness/fetch/fetch_set.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "harness/core/hash.h"
#include "harness/fetch/unpack.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

void remove_file(const std::string& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

// One process at a time fetches into a folder.
class FolderLock {
 public:
  FolderLock(const std::string& path, const std::function<void(const std::string&)>& log)
      : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (file_ < 0 || flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    if (log) log("another assay is fetching into this folder; waiting for it");
    while (flock(file_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FolderLock() {
    if (file_ >= 0) close(file_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  [[nodiscard]] bool held() const { return file_ >= 0; }

 private:
  int file_;
};

// The hash of a file in the data folder, not compressed; absent where it is not there.
Result<std::optional<std::string>> hash_in_place(const std::string& place, const PublishedFile& file,
                                                 const std::string& staging) {
  std::error_code failed;
  std::string path = place;
  if (!fs::exists(path, failed)) {
    if (!fs::exists(place + ".gz", failed)) return std::optional<std::string>();
    path = staging + "/" + file.sha256 + ".check";
    if (!gunzip(place + ".gz", path, file.bytes)) {
      remove_file(path);
      return std::optional<std::string>("");  // not the pinned file, whatever it is
    }
  }
  auto hash = sha256_file(path);
  if (path != place) remove_file(path);
  if (!hash) return forward_error(hash);
  return std::optional<std::string>(std::move(*hash));
}

// Forces a file or a folder to the disk.
Result<void> sync(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) close(file);
  if (!synced) return usage_error(path + ": cannot be written: " + std::strerror(reason));
  return {};
}

// Gives all files their names. Each is on the disk before its name is.
Result<void> put_in_place(const std::vector<StagedFile>& staged, const std::string& folder) {
  std::set<std::string> folders;
  for (const StagedFile& one : staged) {
    if (auto synced = sync(one.path); !synced) return synced;
  }
  for (const StagedFile& one : staged) {
    const fs::path place = fs::path(folder) / one.file.path;
    std::error_code failed;
    fs::create_directories(place.parent_path(), failed);
    if (failed) return usage_error(place.parent_path().string() + ": cannot be made: " + failed.message());
    if (std::rename(one.path.c_str(), place.c_str()) != 0) {
      return usage_error(place.string() + ": cannot be put in place: " + std::strerror(errno));
    }
    folders.insert(place.parent_path().string());
  }
  for (const std::string& changed : folders) {
    if (auto synced = sync(changed); !synced) return synced;
  }
  return {};
}

// What is staged and right stays; what is wrong goes, all of it, and is an error.
Result<void> check(const std::vector<StagedFile>& wanted, const std::string& from) {
  std::vector<std::string> missing;
  std::vector<std::string> wrong;
  for (const StagedFile& one : wanted) {
    std::error_code failed;
    if (!fs::exists(one.path, failed)) {
      missing.push_back(one.file.path);
      continue;
    }
    auto hash = sha256_file(one.path);
    if (!hash) return forward_error(hash);
    if (*hash == one.file.sha256) continue;
    remove_file(one.path);
    wrong.push_back((from.empty() ? one.file.url : from + ": " + one.file.path) + ": its SHA-256 is " + *hash +
                    ", not the pinned " + one.file.sha256);
  }
  if (wrong.size() == 1) return usage_error(wrong.front() + "; it was not kept");
  if (!wrong.empty()) {
    return usage_error(wrong.front() + "; nor is that of " + std::to_string(wrong.size() - 1) +
                       " others; they were not kept");
  }
  if (missing.empty()) return {};
  return usage_error(from + ": has no " + missing.front() + " as it is pinned" +
                     (missing.size() > 1 ? " (nor " + std::to_string(missing.size() - 1) + " others)" : "") +
                     "; nothing was put in place");
}

}  // namespace

Result<FetchedSet> fetch_set(const DataSet& set, const std::string& folder, const std::string& from,
                             const SourceSettings& settings) {
  SourceSettings with_staging = settings;
  with_staging.staging = folder + "/.fetch";
  const std::string& staging = with_staging.staging;
  std::error_code failed;
  fs::create_directories(staging, failed);
  if (failed) return usage_error(staging + ": cannot be made: " + failed.message());
  const FolderLock lock(staging + "/lock", settings.download.log);
  if (!lock.held()) return usage_error(staging + ": cannot be written: " + std::strerror(errno));
  auto source = file_source(from, with_staging);
  if (!source) return forward_error(source);

  FetchedSet done;
  std::vector<StagedFile> wanted;
  for (const PublishedFile& file : set.files) {
    const std::string place = folder + "/" + file.path;
    auto found = hash_in_place(place, file, staging);
    if (!found) return forward_error(found);
    if (*found && **found == file.sha256) {
      ++done.there;
    } else if (*found) {
      return usage_error(place + ": is not the published file (its SHA-256 differs from " + file.sha256 +
                         "); move it away to fetch that");
    } else if (!(*source)->may_have(file)) {
      done.unpublished.push_back(file.path);
    } else {
      wanted.push_back({file, staging + "/" + sha256_hex(file.path + file.sha256)});
    }
  }
  std::vector<StagedFile> lacking;
  for (const StagedFile& one : wanted) {
    const auto hash = fs::exists(one.path, failed) ? sha256_file(one.path) : Result<std::string>("");
    if (!hash || *hash != one.file.sha256) lacking.push_back(one);
  }
  if (!lacking.empty()) {
    if (auto brought = (*source)->bring(lacking); !brought) return forward_error(brought);
  }
  if (auto right = check(wanted, from); !right) return forward_error(right);
  if (auto placed = put_in_place(wanted, folder); !placed) return forward_error(placed);
  done.fetched = wanted.size();
  return done;
}

}  // namespace assay
