#include "harness/fetch/file_source.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "harness/core/hash.h"
#include "harness/fetch/unpack.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

bool is_url(const std::string& text) { return text.starts_with("http://") || text.starts_with("https://"); }

// The path without its data set's folder: what archives have in common.
std::string name_within_set(const std::string& path) { return path.substr(path.find('/') + 1); }

bool is_right(const StagedFile& wanted) {
  const auto hash = sha256_file(wanted.path);
  return hash && *hash == wanted.file.sha256;
}

// Each file from its own URL.
class Published final : public FileSource {
 public:
  explicit Published(SourceSettings settings) : downloads_(std::move(settings.environment), settings.download) {}

  Result<void> bring(const std::vector<StagedFile>& wanted) override {
    for (const StagedFile& one : wanted) {
      if (auto got = downloads_.fetch(one.file.url, one.path, one.file.bytes); !got) return got;
    }
    return {};
  }
  [[nodiscard]] bool may_have(const PublishedFile& file) const override { return !file.url.empty(); }

 private:
  http::Downloads downloads_;
};

// A server with the files in the layout of the data folder.
class MirrorUrl final : public FileSource {
 public:
  MirrorUrl(std::string url, SourceSettings settings)
      : url_(std::move(url)), downloads_(std::move(settings.environment), settings.download) {
    while (url_.ends_with('/')) url_.pop_back();
  }

  Result<void> bring(const std::vector<StagedFile>& wanted) override {
    for (const StagedFile& one : wanted) {
      if (is_gzipped_ && one.file.path.ends_with(".gz")) is_gzipped_ = false;
      auto got = is_gzipped_ ? gzipped(one) : plain(one);
      if (!got && downloads_.was_missing()) {
        got = is_gzipped_ ? plain(one) : gzipped(one);
        if (got) is_gzipped_ = !is_gzipped_;  // the next one is likely to be as this one
      }
      if (!got && !downloads_.was_missing()) return got;
      if (!got) remove_file(one.path);
    }
    return {};
  }
  [[nodiscard]] bool may_have(const PublishedFile&) const override { return true; }

 private:
  static void remove_file(const std::string& path) {
    std::error_code ignored;
    fs::remove(path, ignored);
  }

  Result<void> plain(const StagedFile& one) {
    return downloads_.fetch(url_ + "/" + one.file.path, one.path, one.file.bytes);
  }

  Result<void> gzipped(const StagedFile& one) {
    const std::string packed = one.path + ".gz";
    auto got = downloads_.fetch(url_ + "/" + one.file.path + ".gz", packed, std::nullopt);
    const bool is_whole = got.has_value();
    if (is_whole) got = gunzip(packed, one.path, one.file.bytes);
    // Whole or defective, it has served: the next call must not go on with a defective one.
    if (is_whole || downloads_.was_missing()) remove_file(packed);
    return got;
  }

  std::string url_;
  http::Downloads downloads_;
  bool is_gzipped_ = false;
};

// A folder with the files in the layout of the data folder.
class MirrorFolder final : public FileSource {
 public:
  explicit MirrorFolder(std::string folder) : folder_(std::move(folder)) {}

  Result<void> bring(const std::vector<StagedFile>& wanted) override {
    for (const StagedFile& one : wanted) {
      const std::string path = folder_ + "/" + one.file.path;
      std::error_code failed;
      if (fs::is_regular_file(path, failed)) {
        if (fs::file_size(path, failed) != one.file.bytes) continue;  // another file
        fs::copy_file(path, one.path, fs::copy_options::overwrite_existing, failed);
        if (failed) return usage_error(path + ": cannot be copied: " + failed.message());
      } else if (fs::is_regular_file(path + ".gz", failed)) {
        if (auto unpacked = gunzip(path + ".gz", one.path, one.file.bytes); !unpacked) return unpacked;
      }
    }
    return {};
  }
  [[nodiscard]] bool may_have(const PublishedFile&) const override { return true; }

 private:
  std::string folder_;
};

// An archive, on this machine or to be fetched first.
class Archive final : public FileSource {
 public:
  Archive(std::string from, SourceSettings settings) : from_(std::move(from)), settings_(std::move(settings)) {}

  Result<void> bring(const std::vector<StagedFile>& wanted) override {
    std::string path = from_;
    if (is_url(from_)) {
      path = settings_.staging + "/" + sha256_hex(from_) + ".archive";
      if (auto got = http::Downloads(settings_.environment, settings_.download).fetch(from_, path, std::nullopt);
          !got) {
        return got;
      }
    }
    std::vector<WantedMember> members;
    for (const StagedFile& one : wanted) members.push_back({name_within_set(one.file.path), one.file.bytes, one.path});
    auto taken =
        take_members(path, members, [&](std::size_t index) -> Result<bool> { return is_right(wanted[index]); });
    if (is_url(from_)) {
      // Whole or defective, it has served: the next call must not go on with a defective one.
      std::error_code ignored;
      fs::remove(path, ignored);
    }
    return taken;
  }
  [[nodiscard]] bool may_have(const PublishedFile&) const override { return true; }

 private:
  std::string from_;
  SourceSettings settings_;
};

}  // namespace

Result<std::unique_ptr<FileSource>> file_source(const std::string& from, SourceSettings settings) {
  if (from.empty()) return std::make_unique<Published>(std::move(settings));
  const std::string name = from.substr(0, from.find_first_of(is_url(from) ? "?#" : std::string()));
  if (is_archive_name(name)) {
    std::error_code failed;
    if (!is_url(from) && !fs::is_regular_file(from, failed)) return usage_error("--from: no file " + from);
    return std::make_unique<Archive>(from, std::move(settings));
  }
  if (is_url(from)) return std::make_unique<MirrorUrl>(from, std::move(settings));
  std::error_code failed;
  if (!fs::is_directory(from, failed)) {
    return usage_error("--from: no folder " + from + "; give a folder, a URL or an archive (.zip, .tar.gz)");
  }
  return std::make_unique<MirrorFolder>(from);
}

}  // namespace assay
