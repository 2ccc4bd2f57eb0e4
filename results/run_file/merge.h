// Shards, or any runs of one configuration, into one run file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/result.h"

namespace assay {

/// What a merge came to.
struct MergeOutcome {
  std::string state;            ///< of the merged run: "complete", "incomplete"
  std::int64_t records = 0;     ///< in it, failed ones included
  std::int64_t failed = 0;      ///< of these, without an answer
  std::int64_t repeated = 0;    ///< answers that a further run has too, alike: one of them was kept
  std::int64_t superseded = 0;  ///< failed ones whose item another run has answered: attempts and cost were added
  std::string part;             ///< the shards that are there, "1,3/4"; empty: all that were chosen
  bool interrupted = false;     ///< `is_stopped` said so; there is no target
};

/// Makes the run file `target` of the records of `runs`. The order in which they are named changes nothing. Times,
/// sessions and costs are those of the runs; a run killed or with items missing gives an incomplete one, which
/// `assay run` goes on with when it is given the configuration without --shard.
///
/// Memory: 8 bytes an item, a few records and a quarter MiB a run. The target appears whole or not at all.
/// Errors: a target that is there or is one of the runs; no run file, a damaged or a live one; runs of different
/// configurations, models, data, suite versions, prices or schemas; answers to one item that differ.
[[nodiscard]] Result<MergeOutcome> merge_runs(const std::vector<std::string>& runs, const std::string& target,
                                              const std::function<bool()>& is_stopped);

}  // namespace assay
