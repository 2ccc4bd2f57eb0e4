// The questions of one suite as it was asked in one way, each stored once however many models answered it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/record.h"
#include "harness/core/result.h"
#include "results/site/json_text.h"

namespace assay::site {

/// Writes data/q<number>/<chunk>.js and data/q<number>/index.js. A chunk holds a few hundred items; the beginning that
/// a prompt has in common with the one before it (few-shot examples) is not repeated. Not thread-safe.
class QuestionStore {
 public:
  /// `folder` is the site's.
  QuestionStore(std::string folder, std::size_t number);

  /// "q3": the name of its scripts' folder.
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Stores the record's question unless its item is there already. Errors: those of writing.
  [[nodiscard]] Result<void> add(const Record& record);

  /// Whether the record was asked in exactly the words that are stored for its item. The item must be there.
  [[nodiscard]] bool asked_alike(const Record& record) const;

  /// Writes what is still in memory, and the index. More may be added afterwards. Errors: those of writing.
  [[nodiscard]] Result<void> finish();

 private:
  Result<void> write_chunk();

  std::string folder_;
  std::string name_;
  std::unordered_map<std::int64_t, std::size_t> prompts_;  ///< a hash of the prompt, by the item's order
  std::string previous_prompt_;
  JsonText chunk_;  ///< the open one
  std::size_t chunk_items_ = 0;
  std::vector<std::size_t> chunk_begins_;  ///< index of each chunk's first item
  JsonText ids_;
  JsonText orders_;
  JsonText snippets_;
  JsonText groups_;
  std::vector<std::string> group_names_;  ///< "level\x1fname", by number
  std::unordered_map<std::string, std::size_t> group_numbers_;
};

/// The part of a prompt that tells it from others, for a list: its last paragraph, on one line, cut to some 140 bytes.
[[nodiscard]] std::string snippet_of(std::string_view prompt);

/// The beginning that two texts share, cut at a character, in the units that JavaScript counts (UTF-16).
struct SharedBeginning {
  std::size_t bytes = 0;
  std::size_t utf16_units = 0;
};
[[nodiscard]] SharedBeginning shared_beginning(std::string_view a, std::string_view b);

/// The length of well-formed UTF-8 in UTF-16 units, as JavaScript counts it.
[[nodiscard]] std::size_t utf16_length(std::string_view text);

}  // namespace assay::site
