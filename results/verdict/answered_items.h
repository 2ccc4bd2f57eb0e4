// One side of a comparison: what a model answered of each suite, item by item.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/result.h"
#include "results/run_file/run_file.h"

namespace assay {

/// An item all of whose stored samples were answered.
struct AnsweredItem {
  std::string id;
  std::int64_t order = 0;
  std::string cluster;
  std::string group;                ///< of the headline's group level, where it averages over one
  std::string gold_class;           ///< where the headline averages over gold classes
  double value = 0;                 ///< of the suite's headline metric
  double weight = 1;                ///< of the item within its class (MetricSpec::value)
  std::optional<double> usd;        ///< all samples; absent where one's cost is not known
  std::optional<double> judge_usd;  ///< the judge's part of it; absent without a judge, or where it is not known
  std::size_t first_time = 0;       ///< into AnsweredSuite::times_ms
  std::size_t times = 0;
  std::string answer;  ///< what was read out of the first sample, or of the first that gave the elected answer
  std::string target;
};

/// One suite.
struct AnsweredSuite {
  ResultInfo info;
  MetricSpec metric;                ///< the headline
  std::vector<AnsweredItem> items;  ///< by order
  std::vector<double> times_ms;     ///< of samples that were really asked; where they vote, of an item's slowest one
  std::int64_t failed = 0;          ///< items of which a sample got no answer
  std::int64_t unasked = 0;         ///< items of which nothing is stored
};

/// The suites of one model of a run, in the run's order. `model` is its name or its reference; empty where the run has
/// one only; `strategy`: only what was asked by it; empty: all. Errors: no such model or strategy, or several models
/// (names those there are), a suite without a headline metric; those of
/// reading.
[[nodiscard]] Result<std::vector<AnsweredSuite>> read_answered(const RunReader& reader, const std::string& path,
                                                               const std::string& model, const std::string& strategy);

}  // namespace assay
