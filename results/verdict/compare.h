// Makes a Comparison of two runs.
#pragma once

#include <string>
#include <vector>

#include "harness/core/result.h"
#include "results/run_file/run_file.h"
#include "results/verdict/comparison.h"

namespace assay {

/// What a comparison is judged by.
struct ComparisonRules {
  double margin = 0.02;  ///< how much worse still counts as not worse: a fraction of the metric, 0..1
  double alpha = 0.05;   ///< one-sided error probability, in (0, 0.5]

  /// The suites that decide the overall verdict; empty: all. The others are compared and shown.
  std::vector<std::string> judged = {};

  /// Two runs without a single item that both answered are compared too: nothing is decided then. Else an error.
  bool unpaired_too = false;
};

/// A model of a run that is open for reading.
struct ComparedRun {
  const RunReader* reader = nullptr;  ///< not owned
  std::string path;                   ///< as it was given
  std::string model;                  ///< ModelIdentity::name or the model's reference; empty: the run's only one
  std::string strategy = {};          ///< only what was asked by it; empty: everything
};

/// In what two results of one suite were asked differently, so that they cannot be compared: version, protocol, data,
/// shots, options, and how many samples where these are ways to ask; one line, empty where they were asked alike. Of
/// two strategies that are compared on purpose it is version, data and the options beside the strategy; the data not of
/// one run, whose items are the same although the files that its examples come from may be part of one hash and not of
/// the other.
enum class Across { kNothing, kStrategies, kStrategiesOfOneRun };
[[nodiscard]] std::string asked_differently(const ResultInfo& first, const ResultInfo& second,
                                            Across across = Across::kNothing);

/// Reads both runs (at the same time) and compares them suite by suite on the items that both answered; an item that
/// failed on either side has no part in it. Deterministic: bootstraps are seeded. What was asked by another strategy is
/// another suite here, unless both runs name a strategy: then these two are compared, and every label says so.
/// Errors: no such model or strategy (names those there are), several models and none named, no common suite, no item
/// that both answered, a suite of another version, data, protocol, number of shots or options (names each difference).
[[nodiscard]] Result<Comparison> compare(const ComparedRun& baseline, const ComparedRun& candidate,
                                         const ComparisonRules& rules);

}  // namespace assay
