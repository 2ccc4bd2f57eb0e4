// The documents that passages are taken from: text files in a folder. They may come from anywhere.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/reading/data_file.h"

namespace assay::retrieval {

/// One document.
struct Document {
  std::string name;  ///< its path below the folder, with '/'
  std::string text;  ///< UTF-8, without a byte order mark
};

/// The most that is read.
inline constexpr std::size_t kMostDocuments = 100'000;
inline constexpr std::size_t kMostDocumentBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMostBytes = std::size_t{256} << 20;

/// All .txt, .md, .markdown and .rst files below a folder, by name; names that begin with '.' are left out. Errors,
/// which begin with `where`: no such folder, no such file in it, a link (its target may lie anywhere), a file that is
/// none, more than the most above, not UTF-8, a NUL byte.
[[nodiscard]] Result<std::vector<Document>> read_documents(const std::string& folder, const std::string& where);

/// The same documents as files, to be hashed; named "documents/" and their names.
[[nodiscard]] Result<std::vector<reading::DataFile>> document_files(const std::string& folder,
                                                                    const std::string& where);

}  // namespace assay::retrieval
