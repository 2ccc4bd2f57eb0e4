// `assay gate`: a comparison whose verdict is the exit code, for nightly jobs.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <sstream>

#include "harness/cli/command.h"
#include "harness/cli/compared_runs.h"
#include "harness/cli/output_file.h"
#include "harness/cli/progress.h"
#include "harness/cli/run_output.h"
#include "harness/cli/signals.h"
#include "harness/config/config_file.h"
#include "harness/config/gate_config.h"
#include "harness/config/paths.h"
#include "harness/config/run_flags.h"
#include "harness/config/setting.h"
#include "harness/core/clock.h"
#include "harness/core/text.h"
#include "harness/run/reask.h"
#include "results/report/comparison_console.h"
#include "results/report/comparison_json.h"
#include "results/report/comparison_markdown.h"
#include "results/report/gate_junit.h"
#include "results/report/gate_prometheus.h"
#include "results/report/text.h"
#include "results/verdict/compare.h"
#include "results/verdict/gate.h"
#include "suites/registry.h"

namespace assay::cli {
namespace {

constexpr std::size_t kFlipsOnTerminal = 5;
constexpr std::size_t kFlipsOnPage = 50;

const std::vector<std::string>& gate_formats() {
  static const std::vector<std::string> names{"text", "json", "markdown"};
  return names;
}

// A limit that a flag gives, into `limit`.
Result<void> read_limit(const Arguments& arguments, const std::string& flag, double most, std::optional<double>& limit,
                        config::Least least = config::Least::kIncluded) {
  const auto text = arguments.value(flag);
  if (!text) return {};
  auto number = config::decimal_number({*text, flag}, 0, most, least);
  if (!number) return forward_error(number);
  limit = *number;
  return {};
}

// The policy: the configuration's `gate:`, flags laid over it.
Result<GateConfig> read_policy(const Arguments& arguments, const std::string& config_path, Program& program) {
  GateConfig policy;
  if (!config_path.empty()) {
    auto file = config::read_config(config_path, builtin_suites(), program.environment);
    if (!file) return forward_error(file);
    if (!file->gate) return usage_error(config_path + ": has no gate: section; `assay gate --help` shows the flags");
    policy = *file->gate;
  }
  if (const auto baseline = arguments.value("--baseline")) policy.baseline = *baseline;
  if (policy.baseline.empty()) {
    return usage_error("no baseline to judge by: give --baseline RUN, or gate: baseline: in a configuration");
  }
  ComparisonRules rules{policy.margin, policy.alpha, {}};
  if (auto read = read_rules(arguments, rules); !read) return forward_error(read);
  policy.margin = rules.margin;
  policy.alpha = rules.alpha;
  if (const auto suites = arguments.all("--must-not-fall"); !suites.empty()) policy.must_not_fall = suites;
  if (const auto text = arguments.value("--on-undecided")) {
    if (*text != "fail" && *text != "pass") return usage_error("--on-undecided: '" + *text + "' is not fail or pass");
    policy.on_undecided = *text == "pass" ? OnUndecided::kPass : OnUndecided::kFail;
  }
  constexpr double kMost = 1e6;
  if (auto read = read_limit(arguments, "--max-p95-ratio", kMost, policy.max_p95_ratio, config::Least::kAbove); !read)
    return forward_error(read);
  if (auto read = read_limit(arguments, "--max-usd-per-task", kMost, policy.max_usd_per_task); !read)
    return forward_error(read);
  if (auto read = read_limit(arguments, "--max-error-rate", 1, policy.max_error_rate); !read)
    return forward_error(read);
  return policy;
}

// A suite that must not fall must be there to be judged.
Result<void> check_suites(const GateConfig& policy, const Comparison& comparison) {
  std::vector<std::string> names;
  for (const SuiteComparison& suite : comparison.suites) names.push_back(suite.suite);
  const auto check = [&](const std::vector<std::string>& wanted) -> Result<void> {
    for (const std::string& suite : wanted) {
      if (std::find(names.begin(), names.end(), suite) != names.end()) continue;
      return usage_error("the suite '" + on_one_line(suite) + "' must not fall, but not both runs have it" +
                         did_you_mean(suite, names));
    }
    return {};
  };
  // Without a list every suite of the baseline must not fall: one that is left out would pass unseen.
  if (policy.must_not_fall.empty()) return check(comparison.only_baseline);
  // So would a strategy of a listed one.
  std::vector<std::string> wanted = policy.must_not_fall;
  for (const std::string& label : comparison.only_baseline) {
    const std::string suite = label.substr(0, label.find(" ("));
    const bool is_listed = std::find(wanted.begin(), wanted.end(), suite) != wanted.end();
    if (suite != label && is_listed) wanted.push_back(label);
  }
  return check(wanted);
}

std::string written(const std::function<void(std::ostream&)>& write) {
  std::ostringstream text;
  write(text);
  return text.str();
}

// Each file is asked for once, and none of them is a run.
Result<void> check_files(const Arguments& arguments) {
  std::vector<std::pair<std::filesystem::path, std::string>> seen;
  for (const char* flag : {"--junit", "--markdown", "--prometheus", "--history"}) {
    const auto path = arguments.value(flag);
    if (!path) continue;
    if (auto possible = check_output(*path); !possible) return possible;
    std::error_code unresolved;
    const auto file = std::filesystem::weakly_canonical(*path, unresolved);
    for (const auto& [other, earlier] : seen) {
      if (other == file && std::filesystem::status(file, unresolved).type() != std::filesystem::file_type::character)
        return usage_error(std::string(flag) + " and " + earlier + " name the same file: " + *path);
    }
    seen.emplace_back(file, flag);
  }
  return {};
}

// The files that flags ask for.
Result<void> write_files(const Arguments& arguments, const GateOutcome& outcome) {
  if (const auto path = arguments.value("--junit")) {
    const std::string text = written([&](std::ostream& out) { write_gate_junit(out, outcome); });
    if (auto done = replace_file(*path, text); !done) return done;
  }
  if (const auto path = arguments.value("--markdown")) {
    const std::string text = written([&](std::ostream& out) { write_gate_markdown(out, outcome, kFlipsOnPage); });
    if (auto done = replace_file(*path, text); !done) return done;
  }
  if (const auto path = arguments.value("--prometheus")) {
    const std::string text = written([&](std::ostream& out) { write_gate_prometheus(out, outcome); });
    if (auto done = replace_file(*path, text); !done) return done;
  }
  if (const auto path = arguments.value("--history")) {
    const std::string now = utc_text(std::chrono::system_clock::now());
    std::string line = written([&](std::ostream& out) { write_history_line(out, outcome, now); });
    line.pop_back();
    if (auto done = append_line(*path, line); !done) return done;
  }
  return {};
}

// What asking again needs and no run stores: where the data are, limits on requests, the budget.
Result<RunConfig> surroundings(const Arguments& arguments, const std::string& config_path, Program& program) {
  RunFlags flags;
  if (const auto folder = arguments.value("--data")) flags.settings.emplace_back("data", *folder);
  if (const auto budget = arguments.value("--budget")) flags.settings.emplace_back("budget_usd", *budget);
  if (!config_path.empty()) {
    auto file = config::read_config(config_path, builtin_suites(), program.environment);
    if (!file) return forward_error(file);
    if (!file->models.empty()) flags.config_path = config_path;
  }
  if (flags.config_path.empty()) {
    // Models and suites are the stored ones; a configuration only is not whole without.
    flags.models = {"baseline:first"};
    flags.settings.emplace_back("starter", "true");
  }
  auto config = make_run_config(flags, {program.environment, std::chrono::system_clock::now(), &builtin_suites()});
  if (config && flags.config_path.empty()) config->models.clear();
  return config;
}

// Second answers to the flips of an alarm. Where there are none, the alarm stands, and a line says why.
// Returns the exit code of an interruption, else 0.
Result<int> ask_again(const Arguments& arguments, const std::string& config_path, const ComparedRun& baseline,
                      const ComparedRun& candidate, const ComparisonRules& rules, Comparison& comparison,
                      Program& program) {
  auto around = surroundings(arguments, config_path, program);
  if (!around) return forward_error(around);
  around->dry_run = false;
  Progress progress(program.err, progress_style(*around, program));
  const StopOnSignals signals;
  auto reasked = reask(comparison, baseline, candidate, rules, *around, adapter_context(*around, program), progress,
                       signals.stop());
  progress.finish();
  const std::string why = !reasked ? reasked.error().message : reasked->message;
  if (!why.empty())
    program.err << "assay: --reask: " << report::neutralised(why, report::Lines::kEscape) << "; the alarm stands"
                << std::endl;
  const bool interrupted = reasked && reasked->exit_code == exit_code(ErrorKind::kInterrupted);
  return interrupted ? reasked->exit_code : 0;
}

Result<int> gate(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (std::find(gate_formats().begin(), gate_formats().end(), format) == gate_formats().end()) {
    return usage_error("--format: '" + format + "' is not text, json or markdown" +
                       did_you_mean(format, gate_formats()));
  }
  const std::vector<std::string>& words = arguments.positionals;
  const std::string config_path = words.size() == 2 ? words.front() : "";
  const std::string extension = std::filesystem::path(words.front()).extension().string();
  if (words.size() == 1 && (extension == ".yaml" || extension == ".yml")) {
    return usage_error("assay gate: " + words.front() + " is the policy; the run to judge is missing after it");
  }
  if (words.size() == 2 && extension == ".db") {
    return usage_error("assay gate: " + words.front() +
                       " stands where the configuration does; a baseline is given by --baseline " + words.front());
  }
  if (auto files = check_files(arguments); !files) return forward_error(files);
  auto policy = read_policy(arguments, config_path, program);
  if (!policy) return forward_error(policy);
  auto baseline = open_run(policy->baseline);
  if (!baseline) return forward_error(baseline);
  auto candidate = open_run(words.back());
  if (!candidate) return forward_error(candidate);
  const ComparisonRules rules{policy->margin, policy->alpha, policy->must_not_fall, true};
  auto comparison = compare(baseline->compared(), candidate->compared(), rules);
  if (!comparison) return forward_error(comparison);
  if (auto there = check_suites(*policy, *comparison); !there) return forward_error(there);

  if (arguments.has("--reask")) {
    auto interrupted =
        ask_again(arguments, config_path, baseline->compared(), candidate->compared(), rules, *comparison, program);
    if (!interrupted || *interrupted != 0) return interrupted;
  } else if (arguments.has("--data") || arguments.has("--budget")) {
    return usage_error("--data and --budget are for --reask");
  }

  const GateOutcome outcome =
      judge_gate(std::move(*comparison), {policy->must_not_fall, policy->on_undecided == OnUndecided::kPass,
                                          policy->max_p95_ratio, policy->max_usd_per_task, policy->max_error_rate});
  // Before the verdict is said: a night that cannot be put down has not passed.
  if (auto done = write_files(arguments, outcome); !done) return forward_error(done);
  if (format == "json") {
    write_gate_json(program.out, outcome);
  } else if (format == "markdown") {
    write_gate_markdown(program.out, outcome, kFlipsOnPage);
  } else {
    const ConsoleStyle style = console_style(program.out_is_terminal);
    write_comparison_console(program.out, outcome.comparison, kFlipsOnTerminal, style);
    write_checks_console(program.out, outcome, style);
  }
  program.out.flush();
  return outcome.exit_code();
}

}  // namespace

Command gate_command() {
  return {"gate",
          "judges a run against a frozen baseline: the verdict is the exit code",
          {{"CONFIG.yaml|CANDIDATE", "the policy (its gate: section), then the run; or the run alone", true, false, {}},
           {"CANDIDATE", "the run to judge, RUN[#MODEL]", false, false, {}}},
          {{"--baseline", "RUN", "the frozen run to judge by, RUN[#MODEL]", false, {}},
           {"--margin", "M", "how much worse still is not worse: a fraction; default 0.02", false, {}},
           {"--alpha", "A", "error probability, false alarms a night; default 0.05", false, {}},
           {"--must-not-fall", "S", "a suite whose verdict counts; default all", true, {}},
           {"--on-undecided", "fail|pass", "where the items decide nothing; default fail", false, {"fail", "pass"}},
           {"--max-p95-ratio", "X", "most latency p95 over the baseline's", false, {}},
           {"--max-usd-per-task", "USD", "most the candidate may cost", false, {}},
           {"--max-error-rate", "X", "most items without an answer, a fraction", false, {}},
           {"--reask", "", "asks the flips of an alarm once more, of both models; see below", false, {}},
           {"--data", "DIR", "with --reask: where the data sets are", false, {}},
           {"--budget", "USD", "with --reask: most that each model's second answers cost", false, {}},
           {"--junit", "FILE", "writes the checks as JUnit XML", false, {}},
           {"--markdown", "FILE", "writes a summary for a CI job's page", false, {}},
           {"--prometheus", "FILE", "writes metrics for a textfile collector", false, {}},
           {"--history", "FILE", "adds this night as a line of JSON", false, {}},
           {"--format", "text|json|markdown", "of the output", false, gate_formats()}},
          {"assay gate nightly.yaml runs/tonight.db --junit gate.xml --history nights.jsonl",
           "assay gate --baseline baselines/2026-11-01.db runs/tonight.db --margin 0.02"},
          "--reask: where a suite is worse, its flips of both directions are asked again, of both\n"
          "models as their runs stored them; an alarm that the second answers do not repeat is taken\n"
          "back (undecided). The answers are kept beside the candidate's run.\n"
          "Exit codes: 0 passed; 1 a suite is worse or undecided, or a limit is not kept; 2 the runs\n"
          "cannot be compared; 3 items of the candidate have no answer, and no limit allows it.\n",
          gate};
}

}  // namespace assay::cli
