// What the run file of a merge says of its run: decided, and refused where the runs do not belong together, before a
// record is read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "results/run_file/open_run.h"
#include "results/run_file/run_file.h"

namespace assay::run_file {

/// Which of a run's items a file is about: some of `count` shards; all of them where count is 1.
struct Part {
  int count = 1;
  std::set<int> shards = {1};  ///< from 1
  [[nodiscard]] bool is_whole() const { return static_cast<int>(shards.size()) == count; }
};

/// A run to merge.
struct MergeInput {
  std::string path;  ///< as the user named it
  OpenRun open;
  Part part;              ///< by its configuration, or by the mark of an earlier merge
  bool is_shard = false;  ///< by its configuration
};

/// An input of that file.
[[nodiscard]] MergeInput merge_input(std::string path, OpenRun open);

/// The shards of a part as text: "1,3/4".
[[nodiscard]] std::string part_text(const Part& part);

struct MergedContext {
  RunInfo run;  ///< its state and end are open
  std::vector<ResultInfo> results;
  std::vector<std::int64_t> result_ids;  ///< by the runs' results: which result of the merge; -1: none
  std::vector<SessionInfo> sessions;     ///< of all runs, numbered anew
  std::vector<std::map<std::int64_t, std::int64_t>> session_ids;  ///< by run: the new number of each of its sessions

  /// The runs, by position, that together are all that is there, each shard once.
  std::vector<std::size_t> cover;
  Part part;  ///< the shards that are there
};

/// Puts the runs into an order that does not depend on how they were named, and makes the context of their merge.
/// Throws StorageFailure, which names the difference, where they are not of one configuration.
[[nodiscard]] MergedContext merged_context(std::vector<MergeInput>& inputs);

}  // namespace assay::run_file
