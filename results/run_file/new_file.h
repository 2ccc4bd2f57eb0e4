// A new run file appears whole or not at all.
#pragma once

#include <functional>
#include <string>

#include "results/run_file/sqlite.h"

namespace assay::run_file {

/// Lets `fill` write a database under another name beside `path`, then gives it its own: there is no moment at which
/// the path holds half a run file. The caller holds the lock of `path`. Throws what `fill` throws, and StorageFailure
/// where the file exists or cannot be made; nothing is left then.
void make_file(const std::string& path, const std::function<void(Database&)>& fill);

}  // namespace assay::run_file
