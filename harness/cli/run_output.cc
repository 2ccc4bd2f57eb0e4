#include "harness/cli/run_output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <vector>

#include "harness/run/stored_run.h"
#include "results/report/console.h"
#include "results/report/json.h"
#include "results/report/text.h"
#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"

namespace assay::cli {
namespace {

constexpr std::size_t kDefaultColumns = 80;

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kDefaultColumns;
}

}  // namespace

ProgressStyle progress_style(const RunConfig& config, const Program& program) {
  const ConsoleStyle console = console_style(program.err_is_terminal);
  ProgressStyle style;
  const std::optional<std::string> term = program.environment("TERM");
  style.bars = program.err_is_terminal && term != "dumb";
  style.colour = console.colour;
  style.quiet = config.quiet;
  style.verbose = config.verbosity > 0;
  style.columns = program.err_is_terminal ? terminal_columns() : kDefaultColumns;
  return style;
}

AdapterContext adapter_context(const RunConfig& config, Program& program) {
  AdapterContext context;
  context.environment = program.environment;
  std::vector<std::string> suites;
  for (const SuiteConfig& suite : config.suites) suites.push_back(suite.name);
  context.stored_answers = [suites](const std::string& run, const std::string& model) {
    return open_stored_answers(run, model, suites);
  };
  const bool verbose = config.verbosity > 0 && !config.quiet;
  context.log = [&program, verbose](const std::string& line) {
    if (verbose) program.err << report::neutralised(line, report::Lines::kEscape) << std::endl;
  };
  return context;
}

Result<void> write_run_summary(const std::string& path, OutputFormat format, Program& program) {
  auto reader = RunReader::open(path);
  if (!reader) return forward_error(reader);
  auto summary = summarize(**reader);
  if (!summary) return forward_error(summary);
  if (format == OutputFormat::kJson) {
    write_summary_json(program.out, *summary);
  } else {
    write_summary_console(program.out, *summary, console_style(program.out_is_terminal));
  }
  return {};
}

}  // namespace assay::cli
