// The public data sets: their files, each pinned by SHA-256, and where their authors publish them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay {

/// One file of a data set.
struct PublishedFile {
  std::string path;         ///< in the data folder: "mmlu/test/anatomy_test.csv"
  std::uint64_t bytes = 0;  ///< not compressed, unless it is published so
  std::string sha256;       ///< of these bytes
  std::string url;          ///< at a fixed commit of a public repository; empty: comes from a mirror only
};

/// Files that belong together.
struct DataSet {
  std::string name;                 ///< "mmlu", "spider"; also the first folder of its paths
  std::vector<std::string> suites;  ///< whose items it holds
  std::string licence;              ///< one line: licence and where the files come from
  std::vector<PublishedFile> files;
};

/// All data sets that can be fetched (published_files.tsv), in the order of their suites.
[[nodiscard]] const std::vector<DataSet>& data_sets();

}  // namespace assay
