#include "suites/reading/data_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <set>
#include <system_error>
#include <utility>

#include "harness/core/hash.h"

namespace assay::reading {
namespace {

bool ends_with_gz(const std::string& path) { return path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0; }

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

constexpr std::size_t kPackedChunk = std::size_t{1} << 17;
// Text packs 3 to 20 times smaller. What goes far beyond is made to keep us busy.
constexpr std::size_t kMostRatio = 200;
constexpr std::size_t kUnsuspectedBytes = std::size_t{64} << 20;

class PlainStream : public ByteStream {
 public:
  PlainStream(std::string path, std::unique_ptr<std::FILE, Close> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    const std::size_t count = std::fread(buffer, 1, size, file_.get());
    if (count < size && std::ferror(file_.get()) != 0) {
      return usage_error(path_ + ": cannot be read: " + std::strerror(errno));
    }
    return count;
  }

 private:
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

/// One or several gzip members behind each other, as gzip itself reads them. zlib's own gzread() passes silently over
/// what follows the last one; here it is an error, because a data set's file has nothing there.
class GzipStream : public ByteStream {
 public:
  GzipStream(std::string path, std::unique_ptr<std::FILE, Close> file)
      : path_(std::move(path)), file_(std::move(file)), input_(kPackedChunk) {
    constexpr int kGzipOnly = 15 + 16;  // zlib.h, inflateInit2(): the largest window, and a gzip header
    if (inflateInit2(&state_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipStream() override { inflateEnd(&state_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    constexpr std::size_t kMost = std::size_t{1} << 30;
    state_.next_out = reinterpret_cast<Bytef*>(buffer);
    state_.avail_out = static_cast<uInt>(std::min(size, kMost));
    const uInt wanted = state_.avail_out;
    while (state_.avail_out > 0 && !ended_) {
      if (state_.avail_in == 0) {
        if (auto filled = fill(); !filled) return forward_error(filled);
        if (state_.avail_in == 0) {
          if (in_member_) return usage_error(path_ + ": the gzip file is cut off; fetch it again");
          ended_ = true;
          break;
        }
      }
      if (!in_member_) {
        if (*state_.next_in != 0x1f) {
          return usage_error(path_ + ": bytes that do not belong to it follow the gzip file's end; fetch it again");
        }
        in_member_ = true;
      }
      const int code = inflate(&state_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        in_member_ = false;
        inflateReset(&state_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return usage_error(path_ + ": the gzip file is damaged (" +
                           (state_.msg != nullptr ? state_.msg : "unknown error") + "); fetch it again");
      }
    }
    const std::size_t unpacked = wanted - state_.avail_out;
    unpacked_ += unpacked;
    if (unpacked_ > kUnsuspectedBytes && unpacked_ / kMostRatio > packed_) {
      return usage_error(path_ + ": unpacks to more than " + std::to_string(kMostRatio) +
                         " times its size; is this a data set?");
    }
    return unpacked;
  }

 private:
  Result<void> fill() {
    const std::size_t count = std::fread(input_.data(), 1, input_.size(), file_.get());
    if (count == 0 && std::ferror(file_.get()) != 0) {
      return usage_error(path_ + ": cannot be read: " + std::strerror(errno));
    }
    state_.next_in = reinterpret_cast<Bytef*>(input_.data());
    state_.avail_in = static_cast<uInt>(count);
    packed_ += count;
    return {};
  }

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<char> input_;
  std::size_t packed_ = 0;
  std::size_t unpacked_ = 0;
  z_stream state_{};
  bool in_member_ = false;
  bool ended_ = false;
};

class MemoryStream : public ByteStream {
 public:
  explicit MemoryStream(std::string_view bytes) : rest_(bytes) {}

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    const std::size_t count = std::min(size, rest_.size());
    if (count != 0) std::memcpy(buffer, rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
};

bool is_there(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

}  // namespace

Result<std::unique_ptr<ByteStream>> DataFile::open() const {
  if (is_embedded) return std::make_unique<MemoryStream>(embedded);
  struct stat status {};
  if (stat(shown.c_str(), &status) != 0) return usage_error(shown + ": cannot be opened: " + std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return usage_error(shown + ": is a directory, not a data file");
  if (!S_ISREG(status.st_mode)) {
    return usage_error(shown + ": is not an ordinary file; a data file is read more than once, so save it first");
  }
  if (status.st_size == 0) {
    return usage_error(shown + ": the file is empty; fetch it again");
  }
  std::unique_ptr<std::FILE, Close> file(std::fopen(shown.c_str(), "rbe"));
  if (file == nullptr) return usage_error(shown + ": cannot be opened: " + std::strerror(errno));
  unsigned char magic[2] = {};
  const std::size_t known = std::fread(magic, 1, sizeof magic, file.get());
  const bool is_gzip = known == sizeof magic && magic[0] == 0x1f && magic[1] == 0x8b;
  if (ends_with_gz(shown) && !is_gzip) {
    return usage_error(shown + ": is not a gzip file, though its name ends in .gz");
  }
  if (std::fseek(file.get(), 0, SEEK_SET) != 0) {
    return usage_error(shown + ": cannot be read from its beginning: " + std::strerror(errno));
  }
  if (is_gzip) return std::make_unique<GzipStream>(shown, std::move(file));
  return std::make_unique<PlainStream>(shown, std::move(file));
}

Result<DataFile> file_at(const std::string& path) {
  if (is_there(path)) {
    const std::string name = ends_with_gz(path) ? path.substr(0, path.size() - 3) : path;
    return DataFile{name, path, {}, false};
  }
  if (is_there(path + ".gz")) return DataFile{path, path + ".gz", {}, false};
  return usage_error(path + ": no such file, neither plain nor with .gz");
}

DataFile file_in_memory(std::string name, std::string_view text) { return {name, "<built in>/" + name, text, true}; }

DataFolder DataFolder::on_disk(std::string directory) {
  DataFolder folder;
  folder.directory_ = std::move(directory);
  return folder;
}

DataFolder DataFolder::built_in(std::vector<EmbeddedFile> files) {
  DataFolder folder;
  folder.built_in_ = std::move(files);
  folder.is_built_in_ = true;
  return folder;
}

Result<DataFile> DataFolder::find(const std::string& name) const {
  if (is_built_in_) {
    const auto found = std::find_if(built_in_.begin(), built_in_.end(), [&](const auto& f) { return f.name == name; });
    if (found == built_in_.end()) return usage_error(name + ": is not among the starter items that ship with assay");
    return file_in_memory(name, found->bytes);
  }
  const std::string directory = directory_.empty() ? "." : directory_;
  Result<DataFile> file = file_at(directory + "/" + name);
  if (!file) {
    const std::string suite = name.substr(0, name.find('/'));
    if (!is_there(directory)) {
      return usage_error(directory + ": no such data folder; give the one that holds " + suite +
                         "/ with --data DIR (`assay data fetch SUITE` brings those that can be fetched)");
    }
    return usage_error(directory + "/" + name + ": no such file, neither plain nor with .gz; give the folder that " +
                       "holds " + suite +
                       "/ with --data DIR (`assay data fetch SUITE` brings those that can be fetched)");
  }
  file->name = name;
  return file;
}

std::vector<std::string> DataFolder::subfolders(const std::string& name) const {
  std::set<std::string> names;
  if (is_built_in_) {
    for (const EmbeddedFile& file : built_in_) {
      if (!file.name.starts_with(name + "/")) continue;
      const std::string_view below = file.name.substr(name.size() + 1);
      if (const std::size_t slash = below.find('/'); slash != std::string_view::npos) {
        names.emplace(below.substr(0, slash));
      }
    }
  } else {
    std::error_code none;  // a folder that is not there has none
    const std::filesystem::path folder = std::filesystem::path(directory_.empty() ? "." : directory_) / name;
    for (std::filesystem::directory_iterator entry(folder, none), end; !none && entry != end; entry.increment(none)) {
      std::error_code unknown;
      if (entry->is_directory(unknown)) names.insert(entry->path().filename().string());
    }
  }
  return {names.begin(), names.end()};
}

bool DataFolder::has(const std::string& name) const { return find(name).has_value(); }

Result<std::string> data_set_sha256(const std::vector<DataFile>& files) {
  Sha256 all;
  std::vector<char> buffer(std::size_t{1} << 17);
  for (const DataFile& file : files) {
    Result<std::unique_ptr<ByteStream>> stream = file.open();
    if (!stream) return forward_error(stream);
    Sha256 one;
    while (true) {
      Result<std::size_t> count = (*stream)->read(buffer.data(), buffer.size());
      if (!count) return forward_error(count);
      if (*count == 0) break;
      one.update({buffer.data(), *count});
    }
    all.update(file.name + " " + one.hex_digest() + "\n");
  }
  return all.hex_digest();
}

}  // namespace assay::reading
