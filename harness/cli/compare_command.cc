// `assay compare`: is one model better than another, on the items that both answered?
#include <algorithm>

#include "harness/cli/command.h"
#include "harness/cli/compared_runs.h"
#include "harness/core/strategy.h"
#include "harness/core/text.h"
#include "results/report/comparison_console.h"
#include "results/report/comparison_json.h"
#include "results/report/comparison_markdown.h"
#include "results/verdict/compare.h"

namespace assay::cli {
namespace {

constexpr std::size_t kFlipsShown = 5;

const std::vector<std::string>& compare_formats() {
  static const std::vector<std::string> names{"text", "json", "markdown"};
  return names;
}

// --strategy A or A,B: what both sides, or one each, were asked by.
Result<void> read_strategies(const Arguments& arguments, OpenRun& baseline, OpenRun& candidate) {
  const auto text = arguments.value("--strategy");
  if (!text) return {};
  const std::size_t comma = text->find(',');
  const std::string before = text->substr(0, comma);
  const std::string after = comma == std::string::npos ? before : text->substr(comma + 1);
  for (const auto& [one, side] : {std::pair(before, &baseline), std::pair(after, &candidate)}) {
    auto strategy = parse_strategy(one);
    if (!strategy) return usage_error("--strategy: " + strategy.error().message);
    side->strategy = one;
  }
  return {};
}

Result<int> compare_runs(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (std::find(compare_formats().begin(), compare_formats().end(), format) == compare_formats().end()) {
    return usage_error("--format: '" + format + "' is not text, json or markdown" +
                       did_you_mean(format, compare_formats()));
  }
  ComparisonRules rules;
  if (auto read = read_rules(arguments, rules); !read) return forward_error(read);
  auto flips = flips_shown(arguments, kFlipsShown);
  if (!flips) return forward_error(flips);
  auto baseline = open_run(arguments.positionals.at(0));
  if (!baseline) return forward_error(baseline);
  auto candidate = open_run(arguments.positionals.at(1));
  if (!candidate) return forward_error(candidate);
  if (auto read = read_strategies(arguments, *baseline, *candidate); !read) return forward_error(read);
  auto comparison = compare(baseline->compared(), candidate->compared(), rules);
  if (!comparison) return forward_error(comparison);
  if (format == "json") {
    write_comparison_json(program.out, *comparison);
  } else if (format == "markdown") {
    write_comparison_markdown(program.out, *comparison, *flips);
  } else {
    write_comparison_console(program.out, *comparison, *flips, console_style(program.out_is_terminal));
  }
  return 0;
}

}  // namespace

Command compare_command() {
  return {"compare",
          "compares two runs on the items that both answered, and gives a verdict",
          {{"BASELINE", "a run file; RUN#MODEL where it holds several models", true, false, {}},
           {"CANDIDATE", "another, or another model of the same", true, false, {}}},
          {{"--margin", "M", "how much worse still is not worse: a fraction; default 0.02", false, {}},
           {"--alpha", "A", "error probability of each bound; default 0.05", false, {}},
           {"--strategy", "A[,B]", "what both were asked by; two: the baseline's and the candidate's", false, {}},
           {"--flips", "N", "so many lost and gained items a suite (text, markdown); default 5", false, {}},
           {"--format", "text|json|markdown", "of the output", false, compare_formats()}},
          {"assay compare baselines/gpt-4.db runs/ours-ft.db --margin 0.02",
           "assay compare runs/nightly.db#gpt-4 runs/nightly.db#ours-ft --format json",
           "assay compare ways.db ways.db --strategy zero_shot,cot"},
          "Of candidate minus baseline, with one-sided bounds at 1 - alpha: better: the lower bound is\n"
          "above 0; not_worse: above -margin; worse: the upper bound is below 0; else undecided. Over\n"
          "several suites worse and better are corrected by Holm's method. The exit code is 0 whatever\n"
          "the verdict; `assay gate` makes it one.\n",
          compare_runs};
}

}  // namespace assay::cli
