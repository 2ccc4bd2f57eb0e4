// `assay suite import`: a task of lm-evaluation-harness as a custom suite.
#include <filesystem>

#include "harness/cli/command.h"
#include "harness/cli/output_file.h"
#include "suites/custom/lm_eval_task.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

Result<int> import_task(const Arguments& arguments, Program& program) {
  const std::string& task = arguments.positionals[0];
  const std::string target = arguments.value("--output").value_or(fs::path(task).stem().string() + "_suite.yaml");
  std::error_code failed;
  if (fs::exists(fs::symlink_status(target, failed))) {
    return usage_error(target + ": is there already; it is not written over, choose another file with -o");
  }
  const std::string extension = fs::path(target).extension().string();
  if (extension != ".yaml" && extension != ".yml") {
    return usage_error(target + ": a suite's file ends in .yaml, by which `assay run --suite` knows it");
  }
  auto text = custom::import_lm_eval_task(task, fs::path(target).parent_path().string());
  if (!text) return forward_error(text);
  if (auto written = replace_file(target, *text); !written) return forward_error(written);
  program.out << "wrote " << target << "\n";
  program.err << "\nnext: assay suite check " << target << "\n";
  return 0;
}

}  // namespace

Command suite_import_command() {
  Command command;
  command.name = "suite import";
  command.help = "makes a custom suite of a task of lm-evaluation-harness";
  command.positionals = {{"TASK.yaml", "the task; what it has that is not supported is named", true, false, {}}};
  command.options = {
      {"-o,--output", "FILE.yaml", "default: the task's name with _suite.yaml, in this folder", false, {}}};
  command.notes =
      "What can be imported is data, not Python: local json or csv files, templates, multiple_choice and "
      "generate_until,\n"
      "generation_kwargs, the filters regex, remove_whitespace, lowercase and take_first, the metrics acc, acc_norm,\n"
      "acc_bytes and exact_match, and examples by the sampler first_n. Of anything else every line is named, and "
      "nothing\n"
      "is written.\n";
  command.examples = {"assay suite import my_task.yaml -o my_task_suite.yaml"};
  command.run = import_task;
  return command;
}

}  // namespace assay::cli
