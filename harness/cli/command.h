// The table of commands: help, completion and main() read it.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/arguments.h"
#include "harness/cli/program.h"

namespace assay::cli {

/// One command, `assay NAME …`; the name may be of two words ("data list").
struct Command {
  std::string name;
  std::string help;  ///< one line
  std::vector<Positional> positionals;
  std::vector<Option> options;
  std::vector<std::string> examples;  ///< whole lines
  std::string notes;                  ///< shown below the options; may be empty

  /// Does it and returns the exit code of contract.md, or an error for main() to print.
  Result<int> (*run)(const Arguments& arguments, Program& program);
};

/// All commands, in the order in which help shows them. Cheap: nothing is loaded.
[[nodiscard]] const std::vector<Command>& commands();

// One function a file, each giving its part of the table.
[[nodiscard]] Command run_command();
[[nodiscard]] Command show_command();
[[nodiscard]] Command compare_command();
[[nodiscard]] Command gate_command();
[[nodiscard]] Command power_command();
[[nodiscard]] Command contamination_command();
[[nodiscard]] Command breakeven_command();
[[nodiscard]] Command export_command();
[[nodiscard]] Command merge_command();
[[nodiscard]] Command leaderboard_command();
[[nodiscard]] Command serve_command();
[[nodiscard]] Command score_command();
[[nodiscard]] Command data_list_command();
[[nodiscard]] Command data_fetch_command();
[[nodiscard]] Command data_verify_command();
[[nodiscard]] Command model_fetch_command();
[[nodiscard]] Command model_list_command();
[[nodiscard]] Command price_import_command();
[[nodiscard]] Command price_list_command();
[[nodiscard]] Command rescore_command();
[[nodiscard]] Command suite_list_command();
[[nodiscard]] Command suite_check_command();
[[nodiscard]] Command suite_new_command();
[[nodiscard]] Command suite_import_command();
[[nodiscard]] Command doctor_command();
[[nodiscard]] Command completion_command();

}  // namespace assay::cli
