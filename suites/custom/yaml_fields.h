// Walking a suite's YAML file: each key taken once, by type; what nobody took is an error with a suggestion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "harness/core/yaml_tree.h"

namespace assay::custom {

/// A scalar and where it stands: "support.yaml:7:9: prompt" starts every message about it.
struct Placed {
  std::string text;
  std::string where;
};

/// A path that a suite's file names, seen from the folder that the file lies in.
[[nodiscard]] std::string beside(const std::string& folder, const std::string& path);

/// The keys of one map. Refers to the node and the path, which must outlive it.
class YamlFields {
 public:
  /// `name` is what the map is in messages: "examples". Error: the node is no map.
  [[nodiscard]] static Result<YamlFields> of(const YamlNode& node, const std::string& path, const std::string& name);

  /// The value of a key, or null; whoever asks for a key makes it known.
  const YamlNode* take(const std::string& key);

  /// Typed values; absent where the key is not there.
  Result<std::optional<Placed>> text(const std::string& key);
  Result<std::vector<Placed>> texts(const std::string& key);  ///< one or a list
  Result<std::optional<bool>> truth(const std::string& key);
  Result<std::optional<std::int64_t>> integer(const std::string& key, std::int64_t least, std::int64_t most);
  Result<std::optional<double>> number(const std::string& key, double least, double most);
  /// One of a few words.
  Result<std::optional<std::string>> word(const std::string& key, const std::vector<std::string>& allowed);

  /// The error for the first key that nobody asked for.
  [[nodiscard]] Result<void> finish() const;

  /// The names of the keys that are there, for suggestions: the first thousand, without those longer than any of ours.
  [[nodiscard]] std::vector<std::string> names() const;

  /// "file:line:column: key" of a value, or of the map where the key is not there.
  [[nodiscard]] std::string where(const std::string& key) const;
  [[nodiscard]] std::string place(const YamlNode& node) const;
  [[nodiscard]] const std::string& path() const { return *path_; }

 private:
  YamlFields(const YamlNode& node, const std::string& path) : node_(&node), path_(&path) {}
  [[nodiscard]] const YamlEntry* find(const std::string& key) const;

  const YamlNode* node_;
  const std::string* path_;
  std::vector<std::string> known_;
};

}  // namespace assay::custom
