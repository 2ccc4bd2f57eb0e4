// A YAML document as a plain tree with positions. What could blow up is refused: aliases, keys given twice, deep
// nesting, several documents, large files. For configurations and for the files that describe custom suites.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"

namespace assay {

struct YamlEntry;

/// One node of the tree.
struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;                ///< kScalar: its value, quotes removed
  std::string tag;                 ///< "!function" and the like; empty where there is none of the file's own
  int line = 0;                    ///< from 1
  int column = 0;                  ///< from 1
  std::vector<YamlNode> items;     ///< kList
  std::vector<YamlEntry> entries;  ///< kMap, in the file's order

  /// "a scalar", "a list", "a map", "nothing": for messages.
  [[nodiscard]] std::string kind_name() const;
};

/// A key of a map, which is a scalar, and its value.
struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

/// Reads one document of at most 1 MiB. Errors start with `path:line:column`.
[[nodiscard]] Result<YamlNode> parse_yaml(std::string_view text, const std::string& path);

}  // namespace assay
