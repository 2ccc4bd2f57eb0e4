// `assay gate`: a comparison whose verdict is the exit code, for nightly jobs.
#include <algorithm>
#include <chrono>
#include <functional>
#include <sstream>

#include "harness/cli/command.h"
#include "harness/cli/compared_runs.h"
#include "harness/cli/output_file.h"
#include "harness/config/config_file.h"
#include "harness/config/gate_config.h"
#include "harness/config/setting.h"
#include "harness/core/clock.h"
#include "harness/core/text.h"
#include "results/report/comparison_console.h"
#include "results/report/comparison_json.h"
#include "results/report/comparison_markdown.h"
#include "results/report/gate_junit.h"
#include "results/report/gate_prometheus.h"
#include "results/verdict/compare.h"
#include "results/verdict/gate.h"
#include "suites/registry.h"

namespace assay::cli {
namespace {

constexpr std::size_t kFlipsOnTerminal = 5;
constexpr std::size_t kFlipsOnPage = 50;

const std::vector<std::string>& formats() {
  static const std::vector<std::string> names{"text", "json", "markdown"};
  return names;
}

// A limit that a flag gives, into `limit`.
Result<void> read_limit(const Arguments& arguments, const std::string& flag, double most,
                        std::optional<double>& limit) {
  const auto text = arguments.value(flag);
  if (!text) return {};
  auto number = config::decimal_number({*text, flag}, 0, most);
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
  constexpr double kMost = 1e9;
  if (auto read = read_limit(arguments, "--max-p95-ratio", kMost, policy.max_p95_ratio); !read)
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
  return check(policy.must_not_fall.empty() ? comparison.only_baseline : policy.must_not_fall);
}

std::string written(const std::function<void(std::ostream&)>& write) {
  std::ostringstream text;
  write(text);
  return text.str();
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

Result<int> gate(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (std::find(formats().begin(), formats().end(), format) == formats().end()) {
    return usage_error("--format: '" + format + "' is not text, json or markdown" + did_you_mean(format, formats()));
  }
  const std::vector<std::string>& words = arguments.positionals;
  auto policy = read_policy(arguments, words.size() == 2 ? words.front() : "", program);
  if (!policy) return forward_error(policy);
  auto baseline = open_run(policy->baseline);
  if (!baseline) return forward_error(baseline);
  auto candidate = open_run(words.back());
  if (!candidate) return forward_error(candidate);
  auto comparison =
      compare(baseline->compared(), candidate->compared(), {policy->margin, policy->alpha, policy->must_not_fall});
  if (!comparison) return forward_error(comparison);
  if (auto there = check_suites(*policy, *comparison); !there) return forward_error(there);

  const GateOutcome outcome =
      judge_gate(std::move(*comparison), {policy->must_not_fall, policy->on_undecided == OnUndecided::kPass,
                                          policy->max_p95_ratio, policy->max_usd_per_task, policy->max_error_rate});
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
  if (auto done = write_files(arguments, outcome); !done) return forward_error(done);
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
           {"--junit", "FILE", "writes the checks as JUnit XML", false, {}},
           {"--markdown", "FILE", "writes a summary for a CI job's page", false, {}},
           {"--prometheus", "FILE", "writes metrics for a textfile collector", false, {}},
           {"--history", "FILE", "adds this night as a line of JSON", false, {}},
           {"--format", "text|json|markdown", "of the output", false, formats()}},
          {"assay gate nightly.yaml runs/tonight.db --junit gate.xml --history nights.jsonl",
           "assay gate --baseline baselines/2026-11-01.db runs/tonight.db --margin 0.02"},
          "Exit codes: 0 passed; 1 a suite is worse or undecided, or a limit is not kept; 2 the runs\n"
          "cannot be compared; 3 items of the candidate have no answer, and no limit allows it.\n",
          gate};
}

}  // namespace assay::cli
