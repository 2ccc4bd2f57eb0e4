// `assay run`: evaluates every model on every suite.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/registry.h"
#include "harness/cli/command.h"
#include "harness/cli/compared_runs.h"
#include "harness/cli/progress.h"
#include "harness/cli/run_output.h"
#include "harness/cli/signals.h"
#include "harness/config/run_flags.h"
#include "harness/config/run_settings.h"
#include "harness/run/run.h"
#include "harness/run/until_decided.h"
#include "results/report/text.h"
#include "suites/registry.h"

namespace assay::cli {
namespace {

RunFlags flags_of(const Arguments& arguments) {
  RunFlags flags;
  if (!arguments.positionals.empty()) flags.config_path = arguments.positionals.front();
  flags.models = arguments.all("--model");
  flags.suites = arguments.all("--suite");
  flags.items = arguments.all("--items");
  for (const config::RunSetting& setting : config::run_settings()) {
    const std::string flag = std::string(setting.flag).substr(std::string(setting.flag).find("--"));
    if (const auto value = arguments.value(flag)) flags.settings.emplace_back(setting.key, *value);
  }
  return flags;
}

// What a dry run found out: what would be asked, and what that would cost.
void write_plan(std::ostream& out, const RunPlanSummary& plan) {
  const bool has_strategy = std::any_of(plan.lines.begin(), plan.lines.end(),
                                        [](const RunPlanSummary::Line& line) { return !line.strategy.empty(); });
  const auto strategy = [&](const std::string& text) { return has_strategy ? report::left(text, 22) : std::string(); };
  out << report::left("suite", 14) << strategy("strategy") << report::left("model", 30) << report::right("samples", 9)
      << report::right("prompt", 11) << report::right("answer", 10) << "  USD\n";
  for (const RunPlanSummary::Line& line : plan.lines) {
    const auto count = [](const std::optional<double>& value) {
      return value ? std::to_string(static_cast<std::int64_t>(*value)) : std::string("–");
    };
    const std::string model = report::neutralised(line.model, report::Lines::kEscape);
    out << report::left(report::shortened(line.suite, 13), 14) << strategy(report::shortened(line.strategy, 21))
        << report::left(report::shortened(model, 29), 30)
        << report::right(std::to_string(line.samples - line.already_done), 9)
        << report::right(count(line.estimated_prompt_tokens), 11)
        << report::right(count(line.estimated_completion_tokens), 10) << "  " << report::usd_text(line.estimated_usd)
        << "\n";
    if (line.judge.empty()) continue;
    const std::string judge = "judge " + report::neutralised(line.judge, report::Lines::kEscape);
    out << report::left("", 14) << report::left(report::shortened(judge, 59), 60) << "  "
        << report::usd_text(line.estimated_judge_usd) << "\n";
  }
  out << "Tokens are estimates; those of answers are the most there can be. Nothing was asked.\n";
  const bool has_unknown = std::any_of(plan.lines.begin(), plan.lines.end(),
                                       [](const RunPlanSummary::Line& line) { return !line.estimated_usd; });
  if (has_unknown) {
    out << "USD –: no price per token is known; `price:` of a model in a configuration says\n"
        << "one, or one per hour, which counts when the model has worked.\n";
  }
}

void write_plan_json(std::ostream& out, const RunPlanSummary& plan) {
  using Json = nlohmann::ordered_json;
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  Json results = Json::array();
  for (const RunPlanSummary::Line& line : plan.lines) {
    results.push_back({{"model", line.model},
                       {"suite", line.suite},
                       {"protocol", line.protocol},
                       {"shots", line.shots},
                       {"starter", line.starter},
                       {"items", line.items},
                       {"samples", line.samples},
                       {"estimated_prompt_tokens", number(line.estimated_prompt_tokens)},
                       {"estimated_completion_tokens", number(line.estimated_completion_tokens)},
                       {"estimated_usd", number(line.estimated_usd)}});
    if (!line.strategy.empty()) results.back()["strategy"] = line.strategy;
    if (!line.judge.empty()) {
      results.back()["judge"] = {{"model", line.judge}, {"estimated_usd", number(line.estimated_judge_usd)}};
    }
  }
  const Json document{{"schema", 1}, {"dry_run", true}, {"results", results}};
  out << document.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

// What the user may want next.
void write_hint(const RunConfig& config, const RunOutcome& outcome, Program& program) {
  if (config.quiet || outcome.run_path.empty()) return;
  if (outcome.exit_code != 0) return;  // the message says how to go on
  program.err << "\nassay show " << outcome.run_path << "   shows this again; --item ID one item whole\n";
  if (config.starter) {
    program.err << "starter items only show that things work; with real data: assay run --suite NAME --data DIR …\n";
  }
}

// What --until-decided and --against say; the margin and alpha are those of the configuration's gate.
Result<std::optional<StopRule>> stop_rule(const Arguments& arguments, const RunConfig& config) {
  const auto against = arguments.value("--against");
  if (arguments.has("--until-decided") != against.has_value()) {
    return usage_error("--until-decided and --against RUN go together");
  }
  if (!against) return std::nullopt;
  auto baseline = open_run(*against);
  if (!baseline) return forward_error(baseline);
  StopRule rule{baseline->path, baseline->model, 0.02, 0.05};
  if (config.gate) {
    rule.margin = config.gate->margin;
    rule.alpha = config.gate->alpha;
  }
  return rule;
}

Result<DecidedOutcome> run_all(const RunConfig& config, const AdapterContext& context, RunObserver& observer,
                               const StopSignal& stop) {
  auto outcome = run(config, context, observer, stop);
  if (!outcome) return forward_error(outcome);
  return DecidedOutcome{std::move(*outcome), Verdict::kUndecided, 0, 0, {}};
}

// Where asking stopped, and why.
void write_decision(const StopRule& rule, const DecidedOutcome& decided, Program& program) {
  if (decided.run.exit_code != 0) return;
  program.err << "against " << report::neutralised(rule.baseline, report::Lines::kEscape) << ": "
              << verdict_name(decided.verdict) << " after " << decided.asked << " items; " << decided.saved
              << " items saved";
  if (decided.saved_usd) program.err << ", about $" << report::usd_text(decided.saved_usd);
  program.err << std::endl;
}

Result<int> evaluate(const Arguments& arguments, Program& program) {
  auto config =
      make_run_config(flags_of(arguments), {program.environment, std::chrono::system_clock::now(), &builtin_suites()});
  if (!config) return forward_error(config);

  Progress progress(program.err, progress_style(*config, program));
  const AdapterContext context = adapter_context(*config, program);
  auto rule = stop_rule(arguments, *config);
  if (!rule) return forward_error(rule);
  const StopOnSignals signals;
  auto decided = *rule ? run_until_decided(*config, **rule, context, progress, signals.stop())
                       : run_all(*config, context, progress, signals.stop());
  progress.finish();
  if (!decided) return forward_error(decided);
  const RunOutcome* outcome = &decided->run;

  if (config->dry_run) {
    if (config->format == OutputFormat::kJson) {
      write_plan_json(program.out, progress.plan());
    } else {
      write_plan(program.out, progress.plan());
    }
    return outcome->exit_code;
  }
  if (!outcome->run_path.empty()) {
    if (auto written = write_run_summary(outcome->run_path, config->format, program); !written)
      return forward_error(written);
    program.out.flush();
  }
  if (*rule) write_decision(**rule, *decided, program);
  if (!outcome->message.empty()) program.err << "assay: " << outcome->message << std::endl;
  write_hint(*config, *outcome, program);
  return outcome->exit_code;
}

}  // namespace

Command run_command() {
  Command command;
  command.name = "run";
  command.help = "evaluates every model on every suite";
  command.positionals = {{"CONFIG.yaml", "a configuration; flags win over it", false, false, {}}};
  std::vector<std::string> suites;
  for (const SuiteEntry& suite : builtin_suites()) suites.push_back(suite.name);
  command.options = {{"--suite", "S", "a suite, NAME[:key=value,…], or FILE.yaml of your own", true, suites},
                     {"--model", "REF", "a model, ADAPTER:NAME[@URL][?key=value&…]", true, {}},
                     {"--items", "GLOB", "exactly these items; @FILE reads ids or globs", true, {}}};
  for (const config::RunSetting& setting : config::run_settings()) {
    Option option{setting.flag, setting.value, setting.help, false, {}};
    if (option.value.find('|') != std::string::npos) {
      option.choices = {option.value.substr(0, option.value.find('|')),
                        option.value.substr(option.value.find('|') + 1)};
    }
    command.options.push_back(std::move(option));
  }
  command.options.push_back(
      {"--until-decided", "", "stops asking once the verdict against --against stands", false, {}});
  command.options.push_back({"--against", "RUN", "the baseline for --until-decided, RUN[#MODEL]", false, {}});
  command.notes = "models:\n";
  for (const AdapterEntry& adapter : builtin_adapters()) command.notes += "  " + adapter.help + "\n";
  command.notes += "Without --run, the run file is runs/<UTC time>-<short hash>.db.\n";
  command.examples = {"assay run --starter --model llama:smollm2-135m",
                      "assay run --suite mmlu:subjects=astronomy,anatomy --shots 5 --data DIR \\",
                      "          --model llama:MODEL.gguf",
                      "assay run nightly.yaml --limit 100 --run 'runs/{date}.db'",
                      "assay run --suite hellaswag --data DIR --model baseline:random --format json",
                      "assay run --suite support.yaml --strategy zero_shot,few_shot:3,cot,self_consistency:5 \\",
                      "          --model llama:MODEL.gguf"};
  command.run = evaluate;
  return command;
}

}  // namespace assay::cli
