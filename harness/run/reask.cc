#include "harness/run/reask.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "harness/core/hash.h"
#include "harness/core/strategy.h"
#include "harness/run/stored_config.h"
#include "results/run_file/run_file.h"
#include "results/verdict/second_answers.h"

namespace assay {
namespace {

struct Flips {
  std::vector<std::pair<std::string, std::string>> suites;  // each with its strategy, or ""
  std::vector<std::string> items;
};

Flips flips_of(const std::vector<const SuiteComparison*>& alarms) {
  Flips flips;
  for (const SuiteComparison* suite : alarms) {
    flips.suites.emplace_back(suite->suite, strategy_of(suite->candidate_info.options));
    for (const std::vector<Flip>* side : {&suite->lost, &suite->gained}) {
      for (const Flip& flip : *side) flips.items.push_back(flip.item);
    }
  }
  return flips;
}

// Where the second answers go: beside the candidate's run, one place for the same flips of the same two runs.
std::string second_path(const Comparison& comparison, const Flips& flips, const std::string& ending) {
  std::string text = comparison.baseline.run_id + "\n" + comparison.candidate.run_id;
  for (const std::string& item : flips.items) text += "\n" + item;
  std::filesystem::path path(comparison.candidate.path);
  path.replace_extension(".reask-" + sha256_hex(text).substr(0, 8) + ending + ".db");
  return path.string();
}

Result<RunConfig> second_config(const ComparedRun& run, const std::string& model, const Flips& flips,
                                const RunConfig& around, const std::string& path) {
  auto config = stored_config(*run.reader, run.path, model, around);
  if (!config) return forward_error(config);
  const auto is_alarmed = [&flips](const std::string& suite, const std::string& strategy) {
    return std::find(flips.suites.begin(), flips.suites.end(), std::pair(suite, strategy)) != flips.suites.end();
  };
  // Only what gave an alarm is paid for once more, strategies included.
  std::vector<SuiteConfig> again;
  for (SuiteConfig& suite : config->suites) {
    const bool by_strategy = !suite.strategies.empty();
    std::erase_if(suite.strategies,
                  [&](const Strategy& strategy) { return !is_alarmed(suite.name, strategy_text(strategy)); });
    if (by_strategy ? suite.strategies.empty() : !is_alarmed(suite.name, "")) continue;
    again.push_back(std::move(suite));
  }
  config->suites = std::move(again);
  config->items = flips.items;
  config->run_path = path;
  ++config->sample_seed;
  return config;
}

// What was asked again must be what was asked: suites, data sets and the model's own file.
Result<void> check_same(const ResultInfo& then, const RunReader& now, const std::string& path) {
  for (const ResultInfo& result : now.results()) {
    if (result.suite != then.suite || strategy_of(result.options) != strategy_of(then.options)) continue;
    if (result.suite_version != then.suite_version) {
      return usage_error(path + ": " + then.suite + " is of version " + result.suite_version + " today and was " +
                         then.suite_version + "; a second answer would be to another question");
    }
    if (result.data_sha256 != then.data_sha256) {
      return usage_error(path + ": the data of " + then.suite + " is not what the first answers were given to");
    }
    if (result.model.sha256 != then.model.sha256) {
      return usage_error(path + ": the file of " + then.model.name + " is not the one that gave the first answers");
    }
  }
  return {};
}

}  // namespace

Result<Reasked> reask(Comparison& comparison, const ComparedRun& baseline, const ComparedRun& candidate,
                      const ComparisonRules& rules, const RunConfig& around, const AdapterContext& context,
                      RunObserver& observer, const StopSignal& stop) {
  Reasked reasked;
  const auto alarmed = alarms(comparison);
  if (alarmed.empty()) return reasked;
  const Flips flips = flips_of(alarmed);

  std::vector<std::unique_ptr<RunReader>> readers;
  for (const bool is_candidate : {true, false}) {
    const ComparedRun& first = is_candidate ? candidate : baseline;
    const std::string& model = is_candidate ? comparison.candidate.model : comparison.baseline.model;
    auto config =
        second_config(first, model, flips, around, second_path(comparison, flips, is_candidate ? "" : "-baseline"));
    if (!config) return forward_error(config);
    auto outcome = run(*config, context, observer, stop);
    if (!outcome) return forward_error(outcome);
    if (outcome->exit_code != 0) {
      reasked.exit_code = outcome->exit_code;
      reasked.message = outcome->message;
      return reasked;
    }
    reasked.run_paths.push_back(outcome->run_path);
    auto reader = RunReader::open(outcome->run_path);
    if (!reader) return forward_error(reader);
    for (const SuiteComparison* suite : alarmed) {
      const ResultInfo& then = is_candidate ? suite->candidate_info : suite->baseline_info;
      if (auto same = check_same(then, **reader, outcome->run_path); !same) return forward_error(same);
    }
    readers.push_back(std::move(*reader));
  }
  auto second =
      compare({readers[1].get(), reasked.run_paths[1], ""}, {readers[0].get(), reasked.run_paths[0], ""}, rules);
  if (!second) return forward_error(second);
  hold_second_answers(comparison, *second);
  return reasked;
}

}  // namespace assay
