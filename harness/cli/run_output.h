// What the commands that make a run say on the terminal.
#pragma once

#include <string>

#include "adapters/registry.h"
#include "harness/cli/program.h"
#include "harness/cli/progress.h"
#include "harness/config/run_config.h"
#include "harness/core/result.h"

namespace assay::cli {

/// How progress is shown on this program's standard error.
[[nodiscard]] ProgressStyle progress_style(const RunConfig& config, const Program& program);

/// What the adapters of `config`'s models are handed: this program's environment, the answers of earlier runs, and a
/// log on standard error where `config` is verbose. Valid while `program` lives.
[[nodiscard]] AdapterContext adapter_context(const RunConfig& config, Program& program);

/// The summary of a run file on standard output. Errors: those of reading it.
Result<void> write_run_summary(const std::string& path, OutputFormat format, Program& program);

}  // namespace assay::cli
