// The configuration that a run file holds, as something that can be run again.
#pragma once

#include <string>

#include "harness/config/run_config.h"
#include "harness/core/result.h"
#include "results/run_file/run_file.h"

namespace assay {

/// Everything that changes an answer, as the run stored it, of one of its models; what changes none (the folder of the
/// data sets, limits, budget, output) is `around`'s. No items are chosen and no limit or shard is set.
/// `model` is its ModelIdentity::name. Errors: a configuration that cannot be read, no such model.
[[nodiscard]] Result<RunConfig> stored_config(const RunReader& reader, const std::string& path,
                                              const std::string& model, const RunConfig& around);

}  // namespace assay
