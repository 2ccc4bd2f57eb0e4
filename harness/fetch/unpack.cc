#include "harness/fetch/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "harness/core/late_library.h"

namespace assay {
namespace {

/// The functions of libarchive that we use, without their prefix `archive_`.
struct ArchiveLibrary {
  decltype(&::archive_entry_filetype) entry_filetype = nullptr;
  decltype(&::archive_entry_hardlink) entry_hardlink = nullptr;
  decltype(&::archive_entry_pathname) entry_pathname = nullptr;
  decltype(&::archive_entry_size) entry_size = nullptr;
  decltype(&::archive_entry_size_is_set) entry_size_is_set = nullptr;
  decltype(&::archive_error_string) error_string = nullptr;
  decltype(&::archive_filter_code) filter_code = nullptr;
  decltype(&::archive_read_data_block) read_data_block = nullptr;
  decltype(&::archive_read_free) read_free = nullptr;
  decltype(&::archive_read_new) read_new = nullptr;
  decltype(&::archive_read_next_header) read_next_header = nullptr;
  decltype(&::archive_read_open_filename) read_open_filename = nullptr;
  decltype(&::archive_read_support_filter_bzip2) read_support_filter_bzip2 = nullptr;
  decltype(&::archive_read_support_filter_gzip) read_support_filter_gzip = nullptr;
  decltype(&::archive_read_support_filter_xz) read_support_filter_xz = nullptr;
  decltype(&::archive_read_support_format_raw) read_support_format_raw = nullptr;
  decltype(&::archive_read_support_format_tar) read_support_format_tar = nullptr;
  decltype(&::archive_read_support_format_zip) read_support_format_zip = nullptr;
};

ArchiveLibrary load() {
  const LateLibrary library(ASSAY_ARCHIVE_LIBRARY);
  ArchiveLibrary functions;
  library.find("archive_entry_filetype", functions.entry_filetype);
  library.find("archive_entry_hardlink", functions.entry_hardlink);
  library.find("archive_entry_pathname", functions.entry_pathname);
  library.find("archive_entry_size", functions.entry_size);
  library.find("archive_entry_size_is_set", functions.entry_size_is_set);
  library.find("archive_error_string", functions.error_string);
  library.find("archive_filter_code", functions.filter_code);
  library.find("archive_read_data_block", functions.read_data_block);
  library.find("archive_read_free", functions.read_free);
  library.find("archive_read_new", functions.read_new);
  library.find("archive_read_next_header", functions.read_next_header);
  library.find("archive_read_open_filename", functions.read_open_filename);
  library.find("archive_read_support_filter_bzip2", functions.read_support_filter_bzip2);
  library.find("archive_read_support_filter_gzip", functions.read_support_filter_gzip);
  library.find("archive_read_support_filter_xz", functions.read_support_filter_xz);
  library.find("archive_read_support_format_raw", functions.read_support_format_raw);
  library.find("archive_read_support_format_tar", functions.read_support_format_tar);
  library.find("archive_read_support_format_zip", functions.read_support_format_zip);
  return functions;
}

// Loaded at the first call.
const ArchiveLibrary& libarchive() {
  static const ArchiveLibrary library = load();
  return library;
}

constexpr std::size_t kBlockBytes = std::size_t{1} << 18U;
// Text packs 3 to 20 times smaller, gzip at most 1,030 times: what is beyond this is made to fill a disk.
constexpr std::uint64_t kMostRatio = 1000;
constexpr std::uint64_t kFreeBytes = std::uint64_t{64} << 20U;

struct Closer {
  void operator()(archive* reader) const { libarchive().read_free(reader); }
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using Reader = std::unique_ptr<archive, Closer>;
using File = std::unique_ptr<std::FILE, Closer>;

tl::unexpected<Error> defect(const std::string& path, archive* reader) {
  const char* reason = libarchive().error_string(reader);
  return usage_error(path + ": " + (reason != nullptr ? reason : "cannot be unpacked"));
}

// Copies the current entry's bytes to `target` (null: nowhere). `budget` is what may still be unpacked.
Result<std::uint64_t> copy_entry(const std::string& path, archive* reader, std::FILE* target, std::uint64_t& budget) {
  std::uint64_t size = 0;
  while (true) {
    const void* block = nullptr;
    std::size_t count = 0;
    la_int64_t offset = 0;  // holes of sparse files
    const int state = libarchive().read_data_block(reader, &block, &count, &offset);
    if (state == ARCHIVE_EOF) return size;
    if (state != ARCHIVE_OK && state != ARCHIVE_WARN) return defect(path, reader);
    if (offset < 0 || static_cast<std::uint64_t>(offset) != size) return usage_error(path + ": holds a sparse file");
    if (count > budget) return usage_error(path + ": unpacks to far more than it should; it was not read further");
    budget -= count;
    size += count;
    if (target != nullptr && std::fwrite(block, 1, count, target) != count) {
      return usage_error("cannot be written: " + std::string(std::strerror(errno)));
    }
  }
}

Result<std::uint64_t> packed_size(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return usage_error(path + ": cannot be read: " + std::strerror(errno));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::uint64_t> write_entry(const std::string& path, archive* reader, const std::string& target,
                                  std::uint64_t& budget) {
  const File file(std::fopen(target.c_str(), "wb"));
  if (file == nullptr) return usage_error(target + ": cannot be written: " + std::strerror(errno));
  auto size = copy_entry(path, reader, file.get(), budget);
  if (size && std::fflush(file.get()) != 0) return usage_error(target + ": cannot be written: " + std::strerror(errno));
  return size;
}

// Which wanted member an entry's path ends in.
std::optional<std::size_t> wanted_index(std::string_view path,
                                        const std::unordered_map<std::string_view, std::size_t>& by_name) {
  while (true) {
    if (const auto found = by_name.find(path); found != by_name.end()) return found->second;
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

Result<void> take_members(const std::string& path, const std::vector<WantedMember>& wanted,
                          const std::function<Result<bool>(std::size_t index)>& taken) {
  if (Result<void> loaded = try_library(libarchive); !loaded) return loaded;
  auto packed = packed_size(path);
  if (!packed) return forward_error(packed);
  std::uint64_t budget = *packed * kMostRatio + kFreeBytes;
  std::unordered_map<std::string_view, std::size_t> by_name;
  for (std::size_t i = 0; i < wanted.size(); ++i) by_name.emplace(wanted[i].name, i);

  const Reader reader(libarchive().read_new());
  libarchive().read_support_filter_gzip(reader.get());
  libarchive().read_support_filter_bzip2(reader.get());
  libarchive().read_support_filter_xz(reader.get());
  libarchive().read_support_format_tar(reader.get());
  libarchive().read_support_format_zip(reader.get());
  if (libarchive().read_open_filename(reader.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) {
    return defect(path, reader.get());
  }
  while (!by_name.empty()) {
    archive_entry* entry = nullptr;
    const int state = libarchive().read_next_header(reader.get(), &entry);
    if (state == ARCHIVE_EOF) break;
    if (state != ARCHIVE_OK && state != ARCHIVE_WARN) return defect(path, reader.get());
    const char* name = libarchive().entry_pathname(entry);
    const bool is_file =
        libarchive().entry_filetype(entry) == AE_IFREG && libarchive().entry_hardlink(entry) == nullptr;
    const std::optional<std::size_t> index =
        name != nullptr && is_file ? wanted_index(name, by_name) : std::optional<std::size_t>();
    const bool fits = index && (libarchive().entry_size_is_set(entry) == 0 ||
                                libarchive().entry_size(entry) == static_cast<la_int64_t>(wanted[*index].bytes));
    if (!fits) {
      if (auto passed = copy_entry(path, reader.get(), nullptr, budget); !passed) return forward_error(passed);
      continue;
    }
    std::uint64_t entry_budget = std::min(budget, wanted[*index].bytes);
    auto size = write_entry(path, reader.get(), wanted[*index].target, entry_budget);
    if (!size) return forward_error(size);
    budget -= *size;
    auto is_right = taken(*index);
    if (!is_right) return forward_error(is_right);
    if (*is_right) by_name.erase(wanted[*index].name);
  }
  return {};
}

Result<void> gunzip(const std::string& path, const std::string& target, std::uint64_t most_bytes) {
  if (Result<void> loaded = try_library(libarchive); !loaded) return loaded;
  const Reader reader(libarchive().read_new());
  libarchive().read_support_filter_gzip(reader.get());
  libarchive().read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (libarchive().read_open_filename(reader.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK ||
      libarchive().read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    return defect(path, reader.get());
  }
  if (libarchive().filter_code(reader.get(), 0) != ARCHIVE_FILTER_GZIP) return usage_error(path + ": is not gzip");
  std::uint64_t budget = most_bytes;
  auto size = write_entry(path, reader.get(), target, budget);
  if (!size) return forward_error(size);
  return {};
}

bool is_archive_name(const std::string& name) {
  constexpr std::array<const char*, 6> kEnds{".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"};
  return std::any_of(kEnds.begin(), kEnds.end(), [&](const char* end) { return name.ends_with(end); });
}

}  // namespace assay
