#include "harness/run/judges.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "harness/core/clock.h"
#include "harness/run/stored_run.h"
#include "results/cost/price_table.h"

namespace assay {
namespace {

std::string short_hash(const std::string& sha256) { return sha256.substr(0, 12); }

// The model that judges a suite: the run's own judge, else the one that the suite's file names.
Result<ModelConfig> judge_of(const RunConfig& config, const PlannedResult& planned) {
  const std::string& named = planned.suite->info().judge->model;
  if (config.judge) return *config.judge;
  if (named.empty()) {
    return usage_error("suite " + planned.info.suite +
                       ": its answers are judged by a model, and none is named; give --judge REF, or model: in its "
                       "file's judge:");
  }
  auto ref = parse_model_ref(named);
  if (!ref) return usage_error("suite " + planned.info.suite + ": judge: " + ref.error().message);
  ModelConfig model{};
  model.ref = std::move(*ref);
  return model;
}

Result<PlannedJudge> make_judge(const RunConfig& config, const AdapterContext& given, const PriceTable& prices,
                                const std::string& today, ModelConfig wanted) {
  auto entry = find_adapter(wanted.ref);
  if (!entry) return usage_error("judge: " + entry.error().message);
  AdapterContext context = given;
  if (wanted.max_in_flight) context.remote_limits.max_in_flight = *wanted.max_in_flight;
  if (wanted.rpm) context.remote_limits.rpm = *wanted.rpm;
  if (wanted.tpm) context.remote_limits.tpm = *wanted.tpm;
  if (const auto timeout = wanted.timeout_s ? wanted.timeout_s : config.timeout_s) {
    context.remote_limits.timeout_s = *timeout;
  }
  context.loglikelihood_wanted = false;
  context.is_dry_run = config.dry_run;
  auto adapter = (*entry)->make(wanted.ref, context);
  if (!adapter) return usage_error("judge: " + adapter.error().message);
  if (!(*adapter)->capabilities().chat) {
    return usage_error("judge: " + wanted.ref.text + " cannot be asked in a chat, which a judge is");
  }
  PlannedJudge judge;
  judge.adapter = std::move(*adapter);
  judge.identity = judge.adapter->identity();
  if (!wanted.name.empty()) judge.identity.name = wanted.name;
  judge.price = wanted.price ? wanted.price : prices.find(wanted.ref.text, today);
  judge.config = std::move(wanted);
  const bool costs_money = std::any_of(judge.identity.details.begin(), judge.identity.details.end(),
                                       [](const auto& detail) { return detail.first == "url"; });
  if (config.budget_usd && costs_money && !judge.price) {
    return usage_error("--budget cannot be kept: no price of the judge " + judge.config.ref.text +
                       " is known; give one (judge: {ref: …, price: …} in the configuration), or import a price file "
                       "(assay price import)");
  }
  return judge;
}

// The runs in which it may have answered already: reused and replayed ones.
Result<void> add_stored(const RunConfig& config, PlannedJudge& judge) {
  std::vector<std::string> runs;
  if (!config.reuse.empty()) runs.push_back(config.reuse);
  for (const ModelConfig& model : config.models) {
    if (model.ref.adapter == "replay") runs.push_back(model.ref.model.substr(0, model.ref.model.rfind('#')));
  }
  for (const std::string& run : runs) {
    auto stored = open_stored_judge_answers(run, judge.identity);
    if (!stored) return forward_error(stored);
    if (*stored != nullptr) judge.stored.push_back(std::move(*stored));
  }
  return {};
}

}  // namespace

std::string judge_text(const JudgeInfo& judge) {
  return judge.model.name + (judge.model.sha256 ? " " + short_hash(*judge.model.sha256) : std::string()) + " rubric " +
         short_hash(judge.rubric_sha256);
}

Result<void> add_judges(const RunConfig& config, const AdapterContext& context, Plan& plan,
                        std::vector<std::string>& messages) {
  auto prices = PriceTable::built_in().with_file(config.prices_file);
  if (!prices) return forward_error(prices);
  const std::string today = utc_text(std::chrono::system_clock::now()).substr(0, 10);
  for (PlannedResult& planned : plan.results) {
    if (!planned.suite->info().judge) continue;
    auto wanted = judge_of(config, planned);
    if (!wanted) return forward_error(wanted);
    const auto known = std::find_if(plan.judges.begin(), plan.judges.end(), [&](const PlannedJudge& judge) {
      return judge.config.ref.text == wanted->ref.text;
    });
    planned.judge = static_cast<std::size_t>(known - plan.judges.begin());
    if (known == plan.judges.end()) {
      auto judge = make_judge(config, context, *prices, today, std::move(*wanted));
      if (!judge) return forward_error(judge);
      if (auto added = add_stored(config, *judge); !added) return added;
      if (judge->adapter->capabilities().occupies_machine) {
        messages.push_back("the judge " + judge->identity.name +
                           " runs on this machine beside the models of the run: their latencies are not those of a "
                           "machine of their own");
      }
      plan.judges.push_back(std::move(*judge));
    }
    const PlannedJudge& judge = plan.judges[*planned.judge];
    planned.info.judge =
        JudgeInfo{judge.identity, judge.config.ref.text, judge.price, planned.suite->info().judge->rubric_sha256};
    planned.info.options.emplace_back(kJudgedBy, judge_text(*planned.info.judge));
  }
  if (config.judge && plan.judges.empty()) {
    return usage_error(
        "--judge: no suite of this run is judged by a model; a custom suite is, with judge: in its file");
  }
  return {};
}

}  // namespace assay
