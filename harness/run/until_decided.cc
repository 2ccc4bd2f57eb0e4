#include "harness/run/until_decided.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "harness/run/embedding.h"
#include "harness/run/plan.h"
#include "results/run_file/run_file.h"
#include "results/verdict/answered_items.h"
#include "results/verdict/compare.h"
#include "results/verdict/sequential.h"

namespace assay {
namespace {

constexpr std::int64_t kFirstLook = 100;

Result<void> check(const RunConfig& config, const StopRule& rule, const RunReader& baseline) {
  if (config.models.size() != 1) return usage_error("--until-decided takes one model; run the others one at a time");
  if (config.dry_run) return usage_error("--until-decided: a dry run asks nothing, so nothing is decided");
  if (config.shard.count > 1) return usage_error("--until-decided: a shard sees only its own items; leave --shard out");
  if (!(rule.margin > 0)) return usage_error("--until-decided needs a margin above 0");
  for (const SuiteConfig& suite : config.suites) {
    const auto& results = baseline.results();
    if (std::none_of(results.begin(), results.end(), [&](const ResultInfo& one) { return one.suite == suite.name; })) {
      return usage_error("--against " + rule.baseline + ": has no " + suite.name + " to decide against");
    }
  }
  return {};
}

/// What would be asked is held against what the baseline was asked, before a model is asked anything.
Result<void> check_asked_alike(const RunConfig& config, const StopRule& rule, const RunReader& baseline,
                               const AdapterContext& context) {
  auto answered = read_answered(baseline, rule.baseline, rule.model, "");
  if (!answered) return forward_error(answered);
  RunConfig dry = config;
  dry.dry_run = true;
  std::vector<std::string> messages;
  auto plan = make_plan(dry, context, messages, embedder_maker(context, {config.prices_file, config.budget_usd}));
  if (!plan) return forward_error(plan);
  for (const PlannedResult& planned : plan->results) {
    std::string difference;
    for (const AnsweredSuite& suite : *answered) {
      if (suite.info.suite != planned.info.suite) continue;
      difference = asked_differently(suite.info, planned.info);
      if (difference.empty()) break;
    }
    if (!difference.empty()) {
      return usage_error("--against " + rule.baseline + ": its " + planned.info.suite +
                         " was not asked as this run would ask it: " + difference);
    }
  }
  return {};
}

/// `config` with at most `items` of each suite.
RunConfig limited(RunConfig config, std::int64_t items) {
  const std::int64_t whole = std::min(config.limit.value_or(items), items);
  for (SuiteConfig& suite : config.suites) {
    if (suite.limit) suite.limit = std::min(*suite.limit, whole);
  }
  config.limit = whole;
  return config;
}

/// What the run shows so far.
Result<Comparison> look(const RunReader& baseline, const StopRule& rule, const std::string& run) {
  auto reader = RunReader::open(run);
  if (!reader) return forward_error(reader);
  return compare({&baseline, rule.baseline, rule.model}, {reader->get(), run, ""}, {rule.margin, rule.alpha, {}});
}

void count(const Comparison& comparison, DecidedOutcome& outcome) {
  outcome.asked = outcome.saved = 0;
  outcome.saved_usd = 0;
  for (const SuiteComparison& suite : comparison.suites) {
    const std::int64_t saved = std::max<std::int64_t>(suite.baseline.items - suite.paired_items, 0);
    outcome.asked += suite.paired_items;
    outcome.saved += saved;
    const auto& price = suite.candidate.usd_per_task;
    if (!price) outcome.saved_usd.reset();
    if (outcome.saved_usd) *outcome.saved_usd += *price * static_cast<double>(saved);
  }
}

}  // namespace

Result<DecidedOutcome> run_until_decided(RunConfig config, const StopRule& rule, const AdapterContext& context,
                                         RunObserver& observer, const StopSignal& stop) {
  auto baseline = RunReader::open(rule.baseline);
  if (!baseline) return forward_error(baseline);
  if (auto possible = check(config, rule, **baseline); !possible) return forward_error(possible);
  if (auto alike = check_asked_alike(config, rule, **baseline, context); !alike) return forward_error(alike);
  std::int64_t most = 0;
  for (const ResultInfo& result : (*baseline)->results()) most = std::max(most, result.items);
  if (config.limit) most = std::min(most, *config.limit);

  config.decided_against = rule.baseline;
  DecidedOutcome outcome;
  for (std::int64_t items = std::min(kFirstLook, most);; items = std::min(items + items * 2 / 5, most)) {
    auto ran = run(limited(config, items), context, observer, stop);
    if (!ran) return forward_error(ran);
    outcome.run = std::move(*ran);
    config.run_path = outcome.run.run_path;
    if (outcome.run.exit_code != 0) return outcome;
    auto comparison = look(**baseline, rule, outcome.run.run_path);
    if (!comparison) return forward_error(comparison);
    count(*comparison, outcome);
    outcome.verdict = sequential_verdict(*comparison);
    if (outcome.verdict != Verdict::kUndecided || items >= most) return outcome;
  }
}

}  // namespace assay
