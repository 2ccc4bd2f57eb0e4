// `assay leaderboard`: pages about any number of runs, in a folder.
#include <algorithm>
#include <map>

#include "harness/cli/command.h"
#include "harness/cli/compared_runs.h"
#include "harness/core/strategy.h"
#include "harness/core/text.h"
#include "results/site/gate_history.h"
#include "results/site/site.h"

namespace assay::cli {
namespace {

/// The runs as the command line names them, each model with the latest run that it is in.
struct GivenRuns {
  std::vector<OpenRun> runs;
  std::map<std::string, std::size_t> latest;  ///< the run's place, by the model's name
};

Result<GivenRuns> open_runs(const std::vector<std::string>& paths) {
  GivenRuns given;
  for (const std::string& path : paths) {
    auto reader = RunReader::open(path);
    if (!reader) return forward_error(reader);
    given.runs.push_back({std::move(*reader), path, ""});
    for (const ResultInfo& info : given.runs.back().reader->results()) {
      const auto [found, fresh] = given.latest.try_emplace(info.model.name, given.runs.size() - 1);
      if (given.runs[found->second].reader->run().started <= given.runs.back().reader->run().started) {
        found->second = given.runs.size() - 1;
      }
    }
  }
  return given;
}

/// What of a model's run stands against the baseline: all of it, or, where the baseline is one strategy, each of the
/// model's strategies by itself.
std::vector<std::string> candidates_of(const OpenRun& baseline, const OpenRun& run, const std::string& model) {
  if (baseline.strategy.empty()) return {""};
  std::vector<std::string> strategies;
  for (const ResultInfo& info : run.reader->results()) {
    std::string strategy = strategy_of(info.options);
    if (info.model.name != model || strategy.empty()) continue;
    if (std::find(strategies.begin(), strategies.end(), strategy) == strategies.end()) {
      strategies.push_back(std::move(strategy));
    }
  }
  return strategies;
}

/// Compares every model's latest run with the baseline. What cannot be compared with it is said and left out; where
/// that is every model, there is no page of the kind that was asked for: an error.
Result<std::vector<Comparison>> compare_all(const OpenRun& baseline, const std::vector<std::string>& paths,
                                            const ComparisonRules& rules, std::ostream& err) {
  auto given = open_runs(paths);
  if (!given) return forward_error(given);
  std::vector<Comparison> comparisons;
  std::size_t others = 0;
  for (const auto& [model, place] : given->latest) {
    const OpenRun& run = given->runs[place];
    const auto& own = baseline.reader->results();
    const bool same_run = run.reader->run().id == baseline.reader->run().id;
    const bool is_baseline =
        baseline.model.empty()
            ? std::any_of(own.begin(), own.end(), [&](const ResultInfo& info) { return info.model.name == model; })
            : baseline.model == model;
    for (const std::string& strategy : candidates_of(baseline, run, model)) {
      if (same_run && is_baseline && strategy == baseline.strategy) continue;
      ++others;
      auto comparison = compare(baseline.compared(), {run.reader.get(), run.path, model, strategy}, rules);
      if (comparison) {
        comparisons.push_back(std::move(*comparison));
        continue;
      }
      err << "assay: not compared: " << on_one_line(model + (strategy.empty() ? "" : " by " + strategy)) << ": "
          << comparison.error().message << std::endl;
    }
  }
  if (comparisons.empty()) {
    return usage_error("--baseline " + baseline.path + ": " +
                       (others == 0 ? std::string("the runs given hold no model ") +
                                          (baseline.strategy.empty() ? "" : "and no strategy ") + "but the baseline"
                                    : "no model of the runs given can be compared with it, for the reasons above") +
                       "; nothing was written");
  }
  return comparisons;
}

Result<int> leaderboard(const Arguments& arguments, Program& program) {
  const auto folder = arguments.value("--output");
  if (!folder || folder->empty()) return usage_error("assay leaderboard: -o is missing: the folder to write");
  site::SiteContent content;
  content.runs = arguments.positionals;
  ComparisonRules rules;
  if (auto read = read_rules(arguments, rules); !read) return forward_error(read);
  if (const auto reference = arguments.value("--baseline")) {
    auto baseline = open_run(*reference);
    if (!baseline) return forward_error(baseline);
    if (const auto text = arguments.value("--strategy")) {
      if (auto strategy = parse_strategy(*text); !strategy) {
        return usage_error("--strategy: " + strategy.error().message);
      }
      baseline->strategy = *text;
    }
    auto comparisons = compare_all(*baseline, content.runs, rules, program.err);
    if (!comparisons) return forward_error(comparisons);
    content.comparisons = std::move(*comparisons);
    // Its answers stand beside the others'.
    if (std::find(content.runs.begin(), content.runs.end(), baseline->path) == content.runs.end()) {
      content.runs.push_back(baseline->path);
    }
  }
  if (arguments.value("--strategy") && !arguments.value("--baseline")) {
    return usage_error("--strategy is the baseline's; give --baseline RUN too");
  }
  if (const auto path = arguments.value("--history")) {
    auto nights = site::read_gate_history(*path);
    if (!nights) return forward_error(nights);
    content.nights = std::move(*nights);
  }
  if (auto written = site::write_site(content, *folder); !written) return forward_error(written);
  program.out << *folder << "/index.html\n";
  return 0;
}

}  // namespace

Command leaderboard_command() {
  return {"leaderboard",
          "writes a site: leaderboard, comparisons, nights and every item",
          {{"RUN", "a run file", true, true, {}}},
          {{"-o,--output", "DIR", "the folder; a site that is there is replaced", false, {}},
           {"--baseline", "RUN[#MODEL]", "compares every other model with this one", false, {}},
           {"--strategy", "NAME", "of the baseline: compares every other strategy with it, too", false, {}},
           {"--margin", "M", "of the comparisons: how much worse still is not worse; default 0.02", false, {}},
           {"--alpha", "A", "of the comparisons: error probability of each bound; default 0.05", false, {}},
           {"--history", "FILE", "the nights that `assay gate --history` wrote", false, {}}},
          {"assay leaderboard runs/*.db -o site",
           "assay leaderboard runs/*.db --baseline baselines/gpt-4.db --history nights.jsonl -o site"},
          "The site works from the disk and from any web server, and asks no other. Also in DIR:\n"
          "leaderboard.json and leaderboard.md.\n",
          leaderboard};
}

}  // namespace assay::cli
