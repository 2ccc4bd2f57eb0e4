// Brings one data set into the data folder: whole, checked, and all at once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "harness/fetch/data_sets.h"
#include "harness/fetch/file_source.h"

namespace assay {

/// What fetch_set() did.
struct FetchedSet {
  std::size_t fetched = 0;               ///< files that are new
  std::size_t there = 0;                 ///< files that were there already
  std::vector<std::string> unpublished;  ///< files that this source has no place for: a mirror has them
};

/// Brings what `folder` lacks of a set. Files appear under their names only when all that were sought are there and
/// their hashes are right; until then they wait in `folder`/.fetch, where a call that was broken off goes on. Files
/// that are there are checked; one that differs is never replaced. Errors: a file that the source does not have or
/// that differs from the pinned one (nothing of the set is put in place), one in place that differs, the disk's.
[[nodiscard]] Result<FetchedSet> fetch_set(const DataSet& set, const std::string& folder, const std::string& from,
                                           const SourceSettings& settings);

}  // namespace assay
