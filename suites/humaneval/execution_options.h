// The options of suites that execute programs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/sandbox/sandbox.h"
#include "suites/suite.h"

namespace assay::humaneval {

/// What a suite's own options say of execution, checked.
struct ExecutionOptions {
  sandbox::SandboxOptions sandbox;
  sandbox::Limits limits;
  std::string k;               ///< as given
  bool plus = false;           ///< humaneval: EvalPlus' inputs instead of the authors' tests
  bool whole_program = false;  ///< humaneval: an answer does not continue the prompt (EvalPlus' "solution")
};

/// The keys of every suite that executes programs: timeout, memory_mb, k, workers, python, unsafe_exec.
[[nodiscard]] std::vector<std::string> execution_option_names();

/// Reads them; `names` are those that the suite knows. Errors name suite, key, value and what is allowed; an unknown
/// key gets a suggestion.
[[nodiscard]] Result<ExecutionOptions> parse_execution_options(const SuiteOptions& options, const std::string& suite,
                                                               const std::vector<std::string>& names);

/// What is recorded of a sandbox with a suite's results.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> isolation_notes(const sandbox::Sandbox& sandbox);

}  // namespace assay::humaneval
