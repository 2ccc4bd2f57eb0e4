// A corpus on disk: a file or a folder of text and JSON, plain or gzipped, read once from end to end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/contamination/overlap.h"

namespace assay::contamination {

/// How much of a corpus has been read.
struct CorpusProgress {
  std::size_t files = 0;   ///< read to their ends
  std::int64_t bytes = 0;  ///< of text, unpacked
  std::int64_t words = 0;
};

/// The files of a corpus. Names that end in .jsonl or .ndjson (before a .gz) are JSON Lines, in .json JSON: there all
/// strings are read, each a text of its own; in .csv each field is one (RFC 4180, separated by commas). All other files
/// are text; n-grams go over line ends, and over none of files.
class Corpus {
 public:
  /// A file, or all files of a folder and the folders in it, by name; links to folders are not followed, and names that
  /// begin with a '.' are left out. The begin of each is looked at before a long reading starts. Errors: not there, no
  /// file in it, one that cannot be read, one of a format that is no text (zstd, xz, bzip2, zip, Parquet, PDF, UTF-16,
  /// NUL bytes): what to do about it.
  [[nodiscard]] static Result<Corpus> open(const std::string& path);

  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

  /// Reads all of it and tells `overlap`, which is closed, of its n-grams. Memory is constant, however long a file or a
  /// line. `progress` is called after every few megabytes.
  /// Errors: a file that cannot be read, a damaged gzip file, what is called JSON and is none, no word at all.
  [[nodiscard]] Result<CorpusProgress> read(Overlap& overlap,
                                            const std::function<void(const CorpusProgress&)>& progress) const;

 private:
  explicit Corpus(std::vector<std::string> files) : files_(std::move(files)) {}

  std::vector<std::string> files_;
};

}  // namespace assay::contamination
