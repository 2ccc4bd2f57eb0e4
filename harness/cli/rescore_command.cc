// `assay rescore`: scores stored completions again with today's scorers, into a new run.
#include <filesystem>
#include <system_error>

#include "harness/cli/command.h"
#include "harness/cli/signals.h"
#include "harness/config/paths.h"
#include "harness/config/suite_flag.h"
#include "harness/run/embedding.h"
#include "harness/run/rescore.h"
#include "results/report/console.h"
#include "results/report/json.h"
#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

// What is left of a run file that was not finished.
void remove_run(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    fs::remove(path + suffix, ignored);
  }
}

Result<int> rescore_run(const Arguments& arguments, Program& program) {
  constexpr int kInterrupted = 130;
  const std::string format = arguments.value("--format").value_or("text");
  if (format != "text" && format != "json") return usage_error("--format: '" + format + "' is not text or json");
  RescoreConfig config;
  config.run = arguments.positionals.front();
  config.data_dir = arguments.value("--data").value_or(default_data_folder(program.environment));
  fs::path beside(config.run);
  beside.replace_extension(".rescored.db");
  config.target = arguments.value("--run").value_or(beside.string());
  for (const std::string& text : arguments.all("--suite")) {
    auto flag = config::parse_suite_flag(text);
    if (!flag) return usage_error("--suite: " + flag.error().message);
    config.suites.push_back(std::move(*flag));
  }
  if (fs::exists(config.target)) return usage_error(config.target + ": is there already; choose another with --run");

  const StopOnSignals signals;
  AdapterContext context;
  context.environment = program.environment;
  EmbeddingLimits limits{
      imported_prices_file(program.environment), {}, [&] { return signals.stop().level.load() > 0; }};
  limits.asks_nobody = true;
  config.embedder = embedder_maker(context, std::move(limits));
  auto outcome = rescore(config, signals.stop());
  if (!outcome || outcome->interrupted) remove_run(config.target);
  if (!outcome) return forward_error(outcome);
  if (outcome->interrupted) {
    program.err << "assay: interrupted; nothing was kept" << std::endl;
    return kInterrupted;
  }
  auto reader = RunReader::open(config.target);
  if (!reader) return forward_error(reader);
  auto summary = summarize(**reader);
  if (!summary) return forward_error(summary);
  if (format == "json") {
    write_summary_json(program.out, *summary);
  } else {
    write_summary_console(program.out, *summary, console_style(program.out_is_terminal));
  }
  program.out.flush();
  program.err << outcome->scored << " answers scored again, " << outcome->changed << " scores changed; "
              << config.target << std::endl;
  if (outcome->reworded > 0) {
    program.err << "note: today's suite words " << outcome->reworded
                << " of the questions otherwise; these answers are to the old wording" << std::endl;
  }
  if (outcome->unjudged > 0) program.err << outcome->unjudged << " answers could not be judged" << std::endl;
  return outcome->unjudged > 0 ? exit_code(ErrorKind::kIncomplete) : 0;
}

}  // namespace

Command rescore_command() {
  return {"rescore",
          "scores a run's stored answers again, into a new run",
          {{"RUN", "a run file", true, false, {}}},
          {{"--suite", "S", "only this suite, NAME[:key=value,…], with these options of scoring", true, {}},
           {"--data", "DIR", "where the data sets are; default $ASSAY_DATA or the user's cache", false, {}},
           {"--run", "FILE.db", "the new run; default RUN.rescored.db", false, {}},
           {"--format", "text|json", "of the summary", false, {"text", "json"}}},
          {"assay rescore runs/nightly.db",
           "assay rescore runs/sql.db --suite text_to_sql:compare=bird_ex --run runs/sql-bird.db"},
          "Nobody is asked: answers, costs and latencies are the run's own, scores are today's.\n",
          rescore_run};
}

}  // namespace assay::cli
