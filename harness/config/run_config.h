// The one validated, immutable configuration of `assay run`: flags + YAML + environment.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/model_ref.h"
#include "harness/config/gate_config.h"
#include "harness/core/price.h"
#include "harness/core/result.h"
#include "harness/core/strategy.h"

namespace assay {

/// A model of the run and its limits. Absent limits: the adapter's own.
struct ModelConfig {
  ModelRef ref;
  std::string name;  ///< what tables show; empty: the adapter's identity
  std::optional<Price> price;
  std::optional<int> max_in_flight;
  std::optional<double> rpm;        ///< requests per minute
  std::optional<double> tpm;        ///< tokens per minute
  std::optional<double> timeout_s;  ///< of one request
};

/// A suite of the run. Absent values: the suite's or the run's own.
struct SuiteConfig {
  std::string name;
  std::string file;  ///< a custom suite's YAML file; empty: a suite of this build
  std::optional<std::string> protocol;
  std::optional<int> shots;
  std::optional<std::int64_t> limit;
  std::optional<int> samples;
  std::optional<double> temperature;
  std::optional<int> max_tokens;
  std::vector<std::pair<std::string, std::string>> extra;  ///< its own options; lists joined by ','
  std::vector<Strategy> strategies;           ///< each is a result of its own; empty: as protocol and shots say
  std::map<std::string, std::string> places;  ///< where each key was given, "nightly.yaml:7:10: shots": for messages

  /// What find_suite() (suites/registry.h) finds it by.
  [[nodiscard]] const std::string& source() const { return file.empty() ? name : file; }
};

/// Which part of the items this process evaluates: shard `index` (from 1) of `count`.
struct Shard {
  int index = 1;
  int count = 1;
};

enum class OutputFormat { kText, kJson };

/// Everything `assay run` was told, checked.
struct RunConfig {
  std::vector<ModelConfig> models;
  std::vector<SuiteConfig> suites;
  std::optional<ModelConfig> judge;  ///< of the suites whose answers a model judges; absent: what their files name
  std::string data_dir;     ///< --data, $ASSAY_DATA, or the user's cache; absolute or relative to the working directory
  std::string prices_file;  ///< imported prices, beside those that ship with assay; empty or not there: none
  bool starter = false;
  std::string run_path;  ///< empty: runs/<UTC time>-<short hash>.db
  std::uint64_t seed = 0;
  std::uint64_t sample_seed = 0;
  std::optional<std::int64_t> limit;
  std::vector<std::string> items;  ///< globs and ids; empty: all
  std::optional<std::string> protocol;
  std::optional<int> shots;
  std::vector<Strategy> strategies;  ///< of every suite that has none of its own
  std::optional<int> max_in_flight;
  std::optional<double> rpm;
  std::optional<double> tpm;
  std::optional<double> rate;  ///< open loop: arrivals per second
  std::int64_t warmup = 0;     ///< answers of each model, its first in a session, that are left out of latencies
  std::optional<double> budget_usd;
  std::optional<double> timeout_s;  ///< of one request
  double max_error_rate = 0;
  Shard shard;
  bool dry_run = false;
  bool sync = false;
  bool unsafe_exec = false;     ///< programs are executed although the isolation is not enough; suites that know it
  std::string decided_against;  ///< the baseline of `--until-decided`: recorded; empty: all items are asked
  std::string reuse;            ///< an earlier run whose identical deterministic answers are taken; empty: none
  OutputFormat format = OutputFormat::kText;
  bool quiet = false;
  int verbosity = 0;
  std::optional<GateConfig> gate;  ///< what a later `assay gate` of the same file judges by; a run only checks it
};

}  // namespace assay
