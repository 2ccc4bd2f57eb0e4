// The history file of `assay gate --history`: what each night was, for the page of the nights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "results/statistics/interval.h"

namespace assay::site {

/// One suite of a night. Values are 0..1.
struct GateNightSuite {
  std::string suite;
  std::string metric;
  std::int64_t paired_items = 0;
  double baseline = 0;
  double candidate = 0;
  double difference = 0;                     ///< candidate minus baseline
  std::optional<statistics::Interval> ci95;  ///< of the difference
  std::string verdict;
};

/// One line of the file.
struct GateNight {
  std::string time;  ///< UTC
  bool passed = false;
  std::string verdict;
  double margin = 0;
  std::string baseline_run;  ///< RunInfo::id
  std::string baseline_name;
  std::string candidate_run;
  std::string candidate_name;
  std::vector<GateNightSuite> suites;
};

/// Reads the file. Errors: it cannot be read, a line that is none of a history (names it); a last line without its end
/// is one that is being written and is left out.
[[nodiscard]] Result<std::vector<GateNight>> read_gate_history(const std::string& path);

/// As the page reads it.
[[nodiscard]] std::string gate_history_json(const std::vector<GateNight>& nights);

}  // namespace assay::site
