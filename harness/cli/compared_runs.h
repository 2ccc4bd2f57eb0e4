// What the commands that compare two runs have in common.
#pragma once

#include <memory>
#include <string>

#include "harness/cli/arguments.h"
#include "harness/core/result.h"
#include "results/run_file/run_file.h"
#include "results/verdict/compare.h"

namespace assay::cli {

/// A run as the command line names it: RUN or RUN#MODEL.
struct OpenRun {
  std::unique_ptr<RunReader> reader;
  std::string path;
  std::string model;          ///< empty: the run's only one
  std::string strategy = {};  ///< as ComparedRun::strategy

  /// As compare() takes it; valid while this one lives.
  [[nodiscard]] ComparedRun compared() const { return {reader.get(), path, model, strategy}; }
};

/// Opens RUN[#MODEL]. A '#' of the path itself is found by whether there is such a file. Errors: those of reading.
[[nodiscard]] Result<OpenRun> open_run(const std::string& reference);

/// --margin and --alpha, where they are given. Errors: out of range.
[[nodiscard]] Result<void> read_rules(const Arguments& arguments, ComparisonRules& rules);

/// --flips, 0..100000; `otherwise` where it is not given.
[[nodiscard]] Result<std::size_t> flips_shown(const Arguments& arguments, std::size_t otherwise);

}  // namespace assay::cli
