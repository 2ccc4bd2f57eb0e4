#include "harness/run/plan.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "harness/core/clock.h"
#include "harness/core/strategy.h"
#include "harness/core/text.h"
#include "harness/run/judges.h"
#include "harness/run/selection.h"
#include "harness/run/way_of_asking.h"
#include "results/cost/price_table.h"
#include "suites/registry.h"
#include "suites/voting/voting_suite.h"

namespace assay {
namespace {

// A model behind a URL: someone is paid for its answers.
bool costs_money(const ModelIdentity& identity) {
  return std::any_of(identity.details.begin(), identity.details.end(),
                     [](const auto& detail) { return detail.first == "url"; });
}

// Makes the suite. A suite knows its options but not where they were given: the one without which its error is gone,
// or another, is the one that is wrong.
Result<std::unique_ptr<Suite>> make_suite(const SuiteEntry& entry, const SuiteConfig& wanted,
                                          const SuiteOptions& options) {
  auto suite = make_by_strategy(entry, options);
  if (suite) return suite;
  for (std::size_t i = 0; i < options.extra.size(); ++i) {
    if (options.extra[i].first == kStrategyOption) continue;
    SuiteOptions without = options;
    without.extra.erase(without.extra.begin() + static_cast<std::ptrdiff_t>(i));
    const auto other = make_by_strategy(entry, without);
    if (other || other.error().message != suite.error().message) {
      return tl::make_unexpected(placed(std::move(suite.error()), wanted, options.extra[i].first));
    }
  }
  return suite;
}

// Adds the ids that a misspelt one may mean: those of about its length.
void add_ids(const Suite& suite, const std::string& misspelt, std::vector<std::string>& ids) {
  auto source = suite.load();
  while (source) {
    auto item = (*source)->next();
    if (!item || !*item) return;
    const std::string& id = (*item)->id;
    if (id.size() <= misspelt.size() + 2 && misspelt.size() <= id.size() + 2) ids.push_back(id);
  }
}

// A suite of the run by one of its strategies; absent: as protocol and shots say.
struct Asking {
  std::size_t suite = 0;
  std::optional<Strategy> strategy;
};

// What is asked, in order. A strategy of the whole run is for the suites that have it; given for one, or to a run of
// one suite, it must be possible.
Result<std::vector<Asking>> askings(const RunConfig& config,
                                    const std::vector<std::shared_ptr<const SuiteEntry>>& entries,
                                    std::vector<std::string>& messages) {
  std::vector<Asking> asked;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const SuiteConfig& wanted = config.suites[i];
    if (wanted.strategies.empty()) asked.push_back({i, std::nullopt});
    for (const Strategy& strategy : wanted.strategies) {
      const bool optional = entries.size() > 1 && !wanted.places.contains(kStrategyOption);
      const std::string why = optional ? why_not_by(*entries[i], strategy) : "";
      if (why.empty()) {
        asked.push_back({i, strategy});
      } else {
        messages.push_back(why);
      }
    }
  }
  if (asked.empty()) return usage_error("no suite of this run has a strategy that was asked for: " + messages.back());
  return asked;
}

// What a dry run says of embedding.
std::string estimate_text(const SuiteInfo& suite, const std::optional<Price>& price) {
  const SuiteRetrieval& retrieval = *suite.retrieval;
  std::string text = suite.name + " by rag: " + std::to_string(retrieval.use.texts) + " texts of about " +
                     std::to_string(retrieval.use.tokens.value_or(0)) + " tokens would be embedded with " +
                     retrieval.retriever + " at most";
  if (price && price->input_per_mtok) {
    char usd[48];
    std::snprintf(usd, sizeof usd, ", for $%.4f",
                  *price->input_per_mtok * static_cast<double>(retrieval.use.tokens.value_or(0)) / 1e6);
    text += usd;
  }
  return text + " (what the cache has costs nothing); bm25 stands in for it here";
}

// The entries of all suites of the run, their option keys checked.
Result<std::vector<std::shared_ptr<const SuiteEntry>>> find_suites(const RunConfig& config) {
  std::vector<std::shared_ptr<const SuiteEntry>> entries;
  for (const SuiteConfig& wanted : config.suites) {
    auto entry = find_suite(wanted.source());
    if (!entry) return forward_error(entry);
    entries.push_back(*entry);
    for (const auto& [key, value] : wanted.extra) {
      if (std::find((*entry)->options.begin(), (*entry)->options.end(), key) == (*entry)->options.end()) {
        return usage_error("suite " + wanted.name + " has no option '" + key + "'" +
                           did_you_mean(key, (*entry)->options) +
                           ((*entry)->options.empty() ? "; it has none" : "; it has: " + listed((*entry)->options)));
      }
    }
  }
  return entries;
}

// Whether a protocol that the run names compares log-probabilities: only then is a server asked for them.
bool names_loglikelihood(const RunConfig& config, const std::vector<std::shared_ptr<const SuiteEntry>>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::optional<std::string>& named = config.suites[i].protocol ? config.suites[i].protocol : config.protocol;
    if (!named) continue;
    for (const Protocol& protocol : entries[i]->protocols) {
      const auto& needs = protocol.needs_any;
      if (protocol.name == *named && std::find(needs.begin(), needs.end(), Ability::kLoglikelihood) != needs.end())
        return true;
    }
  }
  return false;
}

// Users who come do not look how many are waiting already; but memory and open files end somewhere.
constexpr int kOpenLoopInFlight = 4096;

// What the run says of a remote model's limits; options of its reference win.
RemoteLimits remote_limits(const RunConfig& config, const ModelConfig& wanted, RemoteLimits limits) {
  const auto set = [](auto& limit, const auto& of_model, const auto& of_run) {
    if (const auto& value = of_model ? of_model : of_run) limit = *value;
  };
  if (config.rate) limits.max_in_flight = kOpenLoopInFlight;
  set(limits.max_in_flight, wanted.max_in_flight, config.max_in_flight);
  set(limits.rpm, wanted.rpm, config.rpm);
  set(limits.tpm, wanted.tpm, config.tpm);
  set(limits.timeout_s, wanted.timeout_s, config.timeout_s);
  return limits;
}

// Requests handed over at once: all that the model's own limit lets through. In an open loop the arrivals decide.
int in_flight_of(const RunConfig& config, const PlannedModel& model) {
  const int own = std::max(config.rate ? kOpenLoopInFlight : 1, model.capabilities.preferred_in_flight);
  if (model.config.ref.option("max_in_flight")) return std::max(1, model.capabilities.preferred_in_flight);
  return model.config.max_in_flight.value_or(config.max_in_flight.value_or(own));
}

Result<std::vector<PlannedModel>> make_models(const RunConfig& config, const AdapterContext& given,
                                              const std::vector<std::shared_ptr<const SuiteEntry>>& entries) {
  std::vector<PlannedModel> models;
  for (const ModelConfig& wanted : config.models) {
    auto entry = find_adapter(wanted.ref);
    if (!entry) return forward_error(entry);
    AdapterContext context = given;
    context.remote_limits = remote_limits(config, wanted, given.remote_limits);
    context.loglikelihood_wanted = names_loglikelihood(config, entries);
    context.is_dry_run = config.dry_run;
    auto adapter = (*entry)->make(wanted.ref, context);
    if (!adapter) return forward_error(adapter);
    PlannedModel model;
    model.config = wanted;
    model.adapter = std::move(*adapter);
    model.capabilities = model.adapter->capabilities();
    model.max_in_flight = in_flight_of(config, model);
    model.warmup = config.warmup;
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace

TodoList::TodoList(std::vector<std::int64_t> orders, int samples)
    : orders_(std::move(orders)), samples_(samples), done_(orders_.size() * static_cast<std::size_t>(samples)) {}

std::int64_t TodoList::position(std::int64_t order) const {
  const auto found = std::lower_bound(orders_.begin(), orders_.end(), order);
  return found != orders_.end() && *found == order ? found - orders_.begin() : -1;
}

void TodoList::mark_done(std::int64_t order, int sample) {
  const std::int64_t at = position(order);
  if (at < 0 || sample < 0 || sample >= samples_) return;
  const auto bit = static_cast<std::size_t>(at * samples_ + sample);
  if (!done_[bit]) ++done_count_;
  done_[bit] = true;
}

bool TodoList::is_done(std::int64_t position, int sample) const {
  return done_[static_cast<std::size_t>(position * samples_ + sample)];
}

Result<Plan> make_plan(const RunConfig& config, const AdapterContext& context, std::vector<std::string>& messages,
                       const EmbedderMaker& embedder) {
  // Cheap checks first: a misspelt suite must not wait for a model to load.
  auto entries = find_suites(config);
  if (!entries) return forward_error(entries);
  auto models = make_models(config, context, *entries);
  if (!models) return forward_error(models);
  auto plan = make_plan(config, std::move(*models), messages, embedder);
  if (!plan) return plan;
  if (auto added = add_judges(config, context, *plan, messages); !added) return forward_error(added);
  return plan;
}

Result<Plan> make_plan(const RunConfig& config, std::vector<PlannedModel> models, std::vector<std::string>& messages,
                       const EmbedderMaker& embedder) {
  auto found = find_suites(config);
  if (!found) return forward_error(found);
  const std::vector<std::shared_ptr<const SuiteEntry>>& entries = *found;

  struct LoadedSuite {
    std::shared_ptr<Suite> suite;
    SuiteOptions options;
    std::vector<std::int64_t> orders;
    std::string data_sha256;
  };
  std::vector<LoadedSuite> loaded;
  std::vector<std::unique_ptr<Suite>> left_out;
  ItemFilter filter(config.items);
  auto asked = askings(config, entries, messages);
  if (!asked) return forward_error(asked);
  for (const Asking& asking : *asked) {
    const SuiteConfig& wanted = config.suites[asking.suite];
    const SuiteEntry& entry = *entries[asking.suite];
    auto options = way_of_asking(config, wanted, entry, models, asking.strategy);
    if (!options) return forward_error(options);
    options->embedder = embedder;
    options->is_dry_run = config.dry_run;
    auto suite = make_suite(entry, wanted, *options);
    if (!suite && config.starter && wanted.extra.empty() && entries.size() > 1) {
      // The starter items are always there: what fails is this machine, and the other suites can do without.
      messages.push_back(wanted.name + " is left out: " + suite.error().message);
      continue;
    }
    if (!suite) return forward_error(suite);
    for (const std::string& warning : (*suite)->info().warnings) messages.push_back(warning);

    auto source = (*suite)->load();
    if (!source) return forward_error(source);
    ItemSelection selection(config.seed);
    std::int64_t all = 0;
    while (true) {
      auto item = (*source)->next();
      if (!item) return forward_error(item);
      if (!*item) break;
      ++all;
      if (filter.matches((*item)->id)) selection.add(**item);
    }
    if (all == 0) {
      return usage_error("suite " + wanted.name + " has no items in " +
                         (wanted.file.empty() ? config.data_dir : "the data that " + wanted.file + " names"));
    }
    auto data_sha256 = (*suite)->data_sha256();
    if (!data_sha256) return forward_error(data_sha256);
    std::vector<std::int64_t> orders = selection.select(wanted.limit ? wanted.limit : config.limit, config.shard);
    if (orders.empty() && !config.items.empty() && config.shard.count == 1) {
      messages.push_back("no item of " + wanted.name + " matches --items; it is left out");
      left_out.push_back(std::move(*suite));
      continue;
    }
    if (orders.empty()) {
      messages.push_back("shard " + std::to_string(config.shard.index) + "/" + std::to_string(config.shard.count) +
                         " has no item of " + wanted.name + ": there are fewer items than shards");
    }
    loaded.push_back({std::move(*suite), std::move(*options), std::move(orders), std::move(*data_sha256)});
  }
  if (const std::vector<std::string> unmatched = filter.unmatched(); !unmatched.empty()) {
    std::vector<std::string> ids;
    for (const LoadedSuite& one : loaded) add_ids(*one.suite, unmatched.front(), ids);
    for (const auto& suite : left_out) add_ids(*suite, unmatched.front(), ids);
    return usage_error("--items '" + unmatched.front() + "' matches no item" + did_you_mean(unmatched.front(), ids) +
                       (unmatched.size() > 1 ? " (nor do " + std::to_string(unmatched.size() - 1) + " others)" : "") +
                       "; ids look like 'mmlu/astronomy/17', globs like 'hellaswag/1*'");
  }

  auto prices = PriceTable::built_in().with_file(config.prices_file);
  if (!prices) return forward_error(prices);
  const std::string today = utc_text(std::chrono::system_clock::now()).substr(0, 10);
  Plan plan;
  plan.models = std::move(models);
  plan.rate = config.rate;
  plan.seed = config.seed;
  for (std::size_t m = 0; m < plan.models.size(); ++m) {
    const PlannedModel& model = plan.models[m];
    ModelIdentity identity = model.adapter->identity();
    if (!model.config.name.empty()) identity.name = model.config.name;
    for (const PlannedResult& earlier : plan.results) {
      if (earlier.model != m && earlier.info.model.name == identity.name) {
        return usage_error("two models of this run are called '" + identity.name +
                           "'; give them different names (name: in the configuration)");
      }
    }
    if (config.budget_usd && costs_money(identity) && !model.config.price &&
        !prices->find(model.config.ref.text, today)) {
      return usage_error("--budget cannot be kept: no price of " + model.config.ref.text +
                         " is known; give one (price: in the configuration), or import a price file (assay price "
                         "import)");
    }
    for (const LoadedSuite& suite : loaded) {
      PlannedResult planned;
      planned.suite = suite.suite;
      planned.model = m;
      planned.todo = TodoList(suite.orders, suite.options.samples);
      ResultInfo& info = planned.info;
      const SuiteInfo& about = suite.suite->info();
      info.id = static_cast<std::int64_t>(plan.results.size());
      info.model = identity;
      info.model_ref = model.config.ref.text;
      info.price = model.config.price ? model.config.price : prices->find(model.config.ref.text, today);
      info.suite = about.name;
      info.suite_version = about.version;
      info.data_sha256 = suite.data_sha256;
      info.starter = suite.options.starter;
      info.protocol = suite.options.protocol;
      info.shots = suite.options.shots;
      info.samples = suite.options.samples;
      info.items = static_cast<std::int64_t>(suite.orders.size());
      info.metrics = about.metrics;
      info.group_levels = about.group_levels;
      info.options = suite.options.extra;
      if (about.retrieval) info.options.emplace_back(kRetrieverOption, about.retrieval->retriever);
      plan.results.push_back(std::move(planned));
    }
  }
  // Last, when all else is right: it may cost time and money.
  for (const LoadedSuite& suite : loaded) {
    if (auto chosen = suite.suite->choose(suite.orders); !chosen) return forward_error(chosen);
    const auto& retrieval = suite.suite->info().retrieval;
    if (config.dry_run && retrieval && !retrieval->model.empty()) {
      messages.push_back(estimate_text(suite.suite->info(), prices->find(retrieval->model, today)));
    }
  }
  return plan;
}

}  // namespace assay
