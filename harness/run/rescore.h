// Scores a run's stored completions again, with today's scorers, without asking anybody.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/config/suite_flag.h"
#include "harness/core/embedder.h"
#include "harness/core/result.h"
#include "harness/run/run.h"

namespace assay {

/// What is scored again, and how.
struct RescoreConfig {
  std::string run;       ///< the run file that is read
  std::string target;    ///< the run file that is made; must not exist
  std::string data_dir;  ///< where the suites' data sets are: scorers need what a run does not store
  /// Suites' own options that replace or join those of the run. Empty: all suites, as they were.
  std::vector<config::SuiteFlag> suites;
  EmbedderMaker embedder = {};  ///< as make_plan() takes it
};

/// What came of it.
struct RescoreOutcome {
  std::int64_t scored = 0;      ///< completions that have a score
  std::int64_t changed = 0;     ///< of these, whose headline score is another than before
  std::int64_t unjudged = 0;    ///< completions that today's scorer could not judge
  std::int64_t unanswered = 0;  ///< samples that had no answer, and have none
  std::int64_t reworded = 0;    ///< answers to a question that today's suite words otherwise
  bool interrupted = false;     ///< the user stopped it; there is no target
};

/// Reads the run item by item, scores in parallel, and writes a new run file with the same items, answers, costs and
/// latencies; only scores, metrics and the suites' versions are today's. Passages are found again, as the run's were:
/// an embedding model may be asked for that, of a server what is in the cache. Errors: not a run file, a data set that
/// is not the one that was asked (by its hash), options that the suite does not know or that are not about scoring, a
/// target that exists.
[[nodiscard]] Result<RescoreOutcome> rescore(const RescoreConfig& config, const StopSignal& stop);

}  // namespace assay
