// Where the files of a data set are brought from.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/http/download.h"
#include "harness/core/cache_folder.h"
#include "harness/core/result.h"
#include "harness/fetch/data_sets.h"

namespace assay {

/// A file that is looked for, and the place for it among those not yet in their folder.
struct StagedFile {
  PublishedFile file;
  std::string path;  ///< named by its hash, so that nothing from outside names a file here
};

/// Brings files; checks nothing but sizes. What it could not find is not there afterwards.
class FileSource {
 public:
  virtual ~FileSource() = default;

  /// Brings each of `wanted` to its path. Errors: what stops the whole (a server that is gone, a disk that is full).
  virtual Result<void> bring(const std::vector<StagedFile>& wanted) = 0;

  /// Whether it may have this file at all.
  [[nodiscard]] virtual bool may_have(const PublishedFile& file) const = 0;
};

/// What a source needs of the world.
struct SourceSettings {
  Environment environment;
  http::DownloadSettings download;
  std::string staging;  ///< a folder for what comes in pieces
};

/// The authors' own places, or `from`: a folder or base URL with the files in contract.md's layout, plain or
/// gzipped, or an archive (.zip, .tar, .tar.gz, …) by path or URL with the files anywhere in it. Errors: no such path.
[[nodiscard]] Result<std::unique_ptr<FileSource>> file_source(const std::string& from, SourceSettings settings);

}  // namespace assay
