// What a run will do, decided and checked before anything is asked: models made, protocols chosen, data sets read
// once from end to end, items selected.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/registry.h"
#include "harness/config/run_config.h"
#include "harness/core/embedder.h"
#include "harness/core/result.h"
#include "harness/core/stored_answers.h"
#include "harness/run/unjudged.h"
#include "results/run_file/run_file.h"
#include "suites/suite.h"

namespace assay {

/// Items that a run takes of one suite, and which of their samples are answered already: one bit each.
class TodoList {
 public:
  TodoList() = default;
  TodoList(std::vector<std::int64_t> orders, int samples);

  /// Position of an item among the chosen ones, by its order; -1 where it is not chosen.
  [[nodiscard]] std::int64_t position(std::int64_t order) const;

  void mark_done(std::int64_t order, int sample);
  [[nodiscard]] bool is_done(std::int64_t position, int sample) const;
  [[nodiscard]] const std::vector<std::int64_t>& orders() const { return orders_; }
  [[nodiscard]] int samples() const { return samples_; }
  [[nodiscard]] std::int64_t total() const { return static_cast<std::int64_t>(orders_.size()) * samples_; }
  [[nodiscard]] std::int64_t done() const { return done_count_; }

 private:
  std::vector<std::int64_t> orders_;  // ascending
  int samples_ = 1;
  std::vector<bool> done_;  // position x samples + sample
  std::int64_t done_count_ = 0;
};

/// One model x suite.
struct PlannedResult {
  ResultInfo info;
  std::shared_ptr<const Suite> suite;
  std::size_t model = 0;             ///< index into Plan::models
  std::optional<std::size_t> judge;  ///< index into Plan::judges; absent: answers are scored without
  TodoList todo;
};

/// One model of the run.
struct PlannedModel {
  ModelConfig config;
  Capabilities capabilities;
  std::unique_ptr<Adapter> adapter;
  int max_in_flight = 1;
  std::int64_t warmup = 0;  ///< of its first requests the times are not kept
};

/// One judge of the run (harness/run/judges.h).
struct PlannedJudge {
  ModelConfig config;
  ModelIdentity identity;
  std::optional<Price> price;
  std::unique_ptr<Adapter> adapter;
  std::vector<std::shared_ptr<const StoredAnswers>> stored;  ///< what it said in earlier runs
};

struct Plan {
  std::vector<PlannedModel> models;
  std::vector<PlannedResult> results;  ///< by model, then suite: ResultInfo::id is the position
  std::vector<PlannedJudge> judges;
  std::unique_ptr<const UnjudgedAnswers> unjudged;  ///< of a resumed run that has judges; else null
  std::optional<double> rate;                       ///< open loop: arrivals per second, of each model
  std::uint64_t seed = 0;                           ///< of the arrivals
};

/// Makes the plan. Errors are usage errors: unknown names, files that are missing or wrong, a protocol that a model
/// cannot do, an `--items` pattern that matches nothing. `messages` gets what is worth telling the user. `embedder`: of
/// models that find passages, which are asked here, once everything else is right, but not in a dry run; empty: suites
/// that want one cannot be asked so.
[[nodiscard]] Result<Plan> make_plan(const RunConfig& config, const AdapterContext& context,
                                     std::vector<std::string>& messages, const EmbedderMaker& embedder = {});

/// The same with models that are there already; those of `config` are not looked at.
[[nodiscard]] Result<Plan> make_plan(const RunConfig& config, std::vector<PlannedModel> models,
                                     std::vector<std::string>& messages, const EmbedderMaker& embedder = {});

}  // namespace assay
