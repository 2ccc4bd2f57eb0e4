// `assay score`: scores completions that another tool produced.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <system_error>
#include <utility>

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

// `--timeout`, in seconds, as the option of the suite that it is: `timeout`, or `timeout_ms` in whole milliseconds.
Result<std::pair<std::string, std::string>> timeout_option(const SuiteEntry& suite, const std::string& seconds) {
  const auto knows = [&](const char* key) {
    return std::find(suite.options.begin(), suite.options.end(), key) != suite.options.end();
  };
  if (knows("timeout")) return std::pair<std::string, std::string>("timeout", seconds);
  if (!knows("timeout_ms")) return usage_error("--timeout: " + suite.name + " executes nothing");
  double value = 0;
  const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
  // the suite says which milliseconds it takes; here only what can be written as a whole number of them
  if (error != std::errc() || end != seconds.data() + seconds.size() || !(value > 0 && value <= 1e6)) {
    return usage_error("--timeout " + seconds + ": expected a number of seconds above 0");
  }
  return std::pair("timeout_ms", std::to_string(std::max(1LL, std::llround(value * 1000))));
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
  if (const auto seconds = arguments.value("--timeout")) {
    auto suite = find_suite(config->suites.front().source());
    if (!suite) return forward_error(suite);
    auto option = timeout_option(**suite, *seconds);
    if (!option) return forward_error(option);
    put_option(*config, option->first, option->second);
  }
  put_option(*config, "k", arguments.value("--k"));
  const std::string& samples = arguments.positionals[1];
  const std::string results = arguments.value("--results").value_or(samples + "_results.jsonl");
  std::error_code ignored;
  if (std::filesystem::equivalent(results, samples, ignored)) {
    return usage_error("--results: " + results + " is the file of the samples; give another");
  }

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
      {"--timeout", "S", "seconds a program or a query may run (suites that execute them)", false, {}},
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
                      "assay score humaneval:plus=true samples.jsonl --data DIR --k 1,10",
                      "assay score text_to_sql predictions.jsonl --data DIR"};
  command.run = score;
  return command;
}

}  // namespace assay::cli
