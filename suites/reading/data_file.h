// The files of a data set, plain, gzipped or embedded in the program, as streams of uncompressed bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"

namespace assay::reading {

/// A stream of uncompressed bytes. Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Up to `size` bytes into `buffer`; fewer only at the end, 0 after it. Errors name the file.
  virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
};

/// How many bytes a reader of text asks for at once, and what it skips at the begin of a file.
inline constexpr std::size_t kChunk = std::size_t{1} << 16;
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// A file that ships inside the program. Both views have static storage duration.
struct EmbeddedFile {
  std::string_view name;  ///< as DataFile::name
  std::string_view bytes;
};

/// One file of a data set. A value: opening it any number of times, from any thread, is fine.
struct DataFile {
  std::string name;           ///< relative to the data folder, without ".gz": "mmlu/test/astronomy_test.csv"
  std::string shown;          ///< what messages call it: the path it was found at, or "<built in>/" + name
  std::string_view embedded;  ///< its bytes, where it is embedded; then it is on no disk
  bool is_embedded = false;

  /// Opens it from its first byte. Errors: cannot be opened, a directory, ".gz" without gzip's magic number.
  [[nodiscard]] Result<std::unique_ptr<ByteStream>> open() const;
};

/// A file by its path alone, `path` itself or else `path` + ".gz". Error: neither is there.
[[nodiscard]] Result<DataFile> file_at(const std::string& path);

/// A text in memory that reads as a file called `name`. The text must outlive every stream of it.
[[nodiscard]] DataFile file_in_memory(std::string name, std::string_view text);

/// Where a suite's files are: a folder on disk, or the program itself. A value; const functions are thread-safe.
class DataFolder {
 public:
  /// The folder that `--data` names.
  [[nodiscard]] static DataFolder on_disk(std::string directory);

  /// Files that ship with the program.
  [[nodiscard]] static DataFolder built_in(std::vector<EmbeddedFile> files);

  /// The file of that relative name, plain or gzipped. The error says where it was looked for and how the data set
  /// can be had.
  [[nodiscard]] Result<DataFile> find(const std::string& name) const;

  /// The names of the folders directly below the one of that relative name, sorted; none where it is not there.
  [[nodiscard]] std::vector<std::string> subfolders(const std::string& name) const;

  /// Whether find() would succeed.
  [[nodiscard]] bool has(const std::string& name) const;

 private:
  std::string directory_;
  std::vector<EmbeddedFile> built_in_;
  bool is_built_in_ = false;
};

/// The hash that a data set is pinned by: SHA-256 over one line a file, "<name> <SHA-256 of its uncompressed
/// bytes>\n", in the order given. The same for plain and gzipped files.
[[nodiscard]] Result<std::string> data_set_sha256(const std::vector<DataFile>& files);

}  // namespace assay::reading
