// One question of a suite.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay {

/// A group an item is counted in: `level` names the kind of group ("category", "subject", "hardness"),
/// `name` the group ("stem", "astronomy", "easy").
struct Group {
  std::string level;
  std::string name;
  bool operator==(const Group&) const = default;
};

/// One question of a suite, as loaded. Made by the suite's loader, never changed afterwards.
struct Item {
  std::string id;             ///< stable id as contract.md defines it, e.g. "mmlu/astronomy/17"
  std::int64_t order = 0;     ///< position among the suite's items in file order, from 0, before any selection
  std::vector<Group> groups;  ///< outermost first; empty where the suite has none
  std::string cluster;        ///< what items of one cluster share (subject, database, problem); empty: independent

  std::string question;              ///< the question or context as the data file has it
  std::vector<std::string> choices;  ///< the answers to choose from, in file order; empty for open questions
  int target_index = -1;             ///< index of the right choice; -1 for open questions
  std::string target;                ///< the right answer as the suite shows it: letter, index, text, gold query

  /// Whatever else the suite's prompt and scorer need of the row, in a fixed order of the suite's own.
  std::vector<std::string> fields;
};

/// The name of the item's group of a level; empty where it has none.
[[nodiscard]] inline std::string group_name(const Item& item, const std::string& level) {
  for (const Group& group : item.groups) {
    if (group.level == level) return group.name;
  }
  return "";
}

}  // namespace assay
