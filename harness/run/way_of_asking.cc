#include "harness/run/way_of_asking.h"

#include <algorithm>
#include <utility>

#include "harness/core/suite_file.h"
#include "harness/core/text.h"
#include "harness/run/stored_run.h"

namespace assay {
namespace {

// Of sampled chains of thought, where nothing else is said: that of X. Wang et al., ICLR 2023, section 3.1, for GPT-3
// and PaLM.
constexpr double kVotersTemperature = 0.7;

bool can_do(const Capabilities& model, Ability ability) {
  switch (ability) {
    case Ability::kLoglikelihood:
      return model.loglikelihood;
    case Ability::kGenerate:
      return model.generate;
    case Ability::kChat:
      return model.chat;
    case Ability::kTopLogprobs:
      return model.top_logprobs;
  }
  return false;
}

bool can_do(const Capabilities& model, const Protocol& protocol) {
  return std::any_of(protocol.needs_any.begin(), protocol.needs_any.end(),
                     [&](Ability ability) { return can_do(model, ability); });
}

bool all_can_do(const std::vector<PlannedModel>& models, const Protocol& protocol) {
  return std::all_of(models.begin(), models.end(),
                     [&](const PlannedModel& model) { return can_do(model.capabilities, protocol); });
}

int most_shots(const SuiteEntry& suite, const Protocol& protocol) {
  return std::min(suite.max_shots, protocol.max_shots);
}

bool reasons(const Strategy& strategy) {
  return strategy.kind == StrategyKind::kCot || strategy.kind == StrategyKind::kSelfConsistency;
}

// Whether asking by that protocol is asking by that strategy.
bool suits(const SuiteEntry& suite, const Protocol& protocol, const Strategy& strategy) {
  if (reasons(strategy)) return protocol.reasons;
  if (protocol.reasons || protocol.has_own_examples) return false;
  if (strategy.kind == StrategyKind::kRag) return suite.retrieves;
  return strategy.kind == StrategyKind::kZeroShot || most_shots(suite, protocol) >= strategy.count;
}

std::vector<const Protocol*> suiting(const SuiteEntry& suite, const std::optional<Strategy>& strategy) {
  std::vector<const Protocol*> found;
  for (const Protocol& protocol : suite.protocols) {
    if (!strategy || suits(suite, protocol, *strategy)) found.push_back(&protocol);
  }
  return found;
}

std::vector<std::string> names_of(const std::vector<const Protocol*>& protocols) {
  std::vector<std::string> names;
  for (const Protocol* protocol : protocols) names.push_back(protocol->name);
  return names;
}

// The named protocol, or the first suiting one that every model can do.
Result<const Protocol*> choose_protocol(const SuiteEntry& suite, const std::optional<std::string>& wanted,
                                        const std::vector<PlannedModel>& models,
                                        const std::optional<Strategy>& strategy) {
  if (wanted) {
    const std::vector<std::string> names = names_of(suiting(suite, std::nullopt));
    const auto found = std::find(names.begin(), names.end(), *wanted);
    if (found == names.end()) {
      return usage_error(suite.name + " has no protocol '" + *wanted + "'" + did_you_mean(*wanted, names) +
                         "; it has: " + listed(names));
    }
    const Protocol& protocol = suite.protocols[static_cast<std::size_t>(found - names.begin())];
    if (!strategy || suits(suite, protocol, *strategy)) {
      for (const PlannedModel& model : models) {
        if (!can_do(model.capabilities, protocol)) {
          return usage_error(model.config.ref.text + " cannot be asked by protocol '" + *wanted + "' of " + suite.name +
                             "; choose another with --protocol");
        }
      }
      return &protocol;
    }
  }
  const std::vector<const Protocol*> candidates = suiting(suite, strategy);
  for (const Protocol* protocol : candidates) {
    if (all_can_do(models, *protocol)) return protocol;
  }
  return usage_error("no protocol of " + suite.name + (strategy ? " for " + strategy_text(*strategy) : "") +
                     " can be asked of every model of this run (it has: " + listed(names_of(candidates)) +
                     "); run the models one at a time");
}

// How many examples, checked against what the suite has.
Result<int> choose_shots(const RunConfig& config, const SuiteConfig& wanted, const SuiteEntry& entry,
                         const Protocol& protocol) {
  const int most = most_shots(entry, protocol);
  const int usual = protocol.default_shots.value_or(entry.default_shots);
  const int shots = wanted.shots.value_or(config.shots.value_or(std::min(usual, most)));
  if (shots >= 0 && shots <= most) return shots;
  // A run-wide --shots is for the suites that know examples; asked of one suite by name it must be possible.
  if (wanted.shots || config.suites.size() == 1) {
    return usage_error(entry.name + " by protocol " + protocol.name + " can be asked with " +
                       (most == 0 ? "0" : "0 to " + std::to_string(most)) + " shots, not " + std::to_string(shots));
  }
  return std::clamp(shots, 0, most);
}

// What self-consistency is made of beside its protocol.
Result<void> let_vote(const SuiteConfig& wanted, const Strategy& strategy, SuiteOptions& options) {
  const std::string name = strategy_text(strategy);
  if (wanted.samples) {
    return tl::make_unexpected(
        placed(Error{ErrorKind::kUsage, name + " has samples of its own, leave samples out"}, wanted, "samples"));
  }
  options.samples = strategy.count;
  options.temperature = wanted.temperature.value_or(kVotersTemperature);
  if (*options.temperature > 0) return {};
  return tl::make_unexpected(placed(
      Error{ErrorKind::kUsage, name + " at temperature 0 would ask for the same answer each time; give one above 0"},
      wanted, "temperature"));
}

}  // namespace

Error placed(Error error, const SuiteConfig& wanted, const std::string& key) {
  if (const auto place = wanted.places.find(key); place != wanted.places.end()) {
    error.message = place->second + ": " + error.message;
  }
  return error;
}

std::string why_not_by(const SuiteEntry& suite, const Strategy& strategy) {
  if (!suiting(suite, strategy).empty()) return "";
  int most = 0;
  for (const Protocol& protocol : suite.protocols) {
    if (!protocol.reasons && !protocol.has_own_examples) most = std::max(most, most_shots(suite, protocol));
  }
  std::string why = "no protocol of it lets a model reason first";
  if (!reasons(strategy)) why = "its prompts have worked examples of their own";
  if (strategy.kind == StrategyKind::kFewShot && !suiting(suite, Strategy{}).empty()) {
    why = most == 0 ? "it has no worked examples to show" : "it shows at most " + std::to_string(most) + " examples";
  }
  if (strategy.kind == StrategyKind::kRag && !suite.retrieves) {
    why = "it has no documents; a suite of your own names them, with rag: in its file";
  }
  std::vector<std::string> there;
  if (!suiting(suite, Strategy{}).empty()) there.emplace_back("zero_shot");
  if (most > 0) there.push_back("few_shot:1 to few_shot:" + std::to_string(most));
  if (!suiting(suite, Strategy{StrategyKind::kCot, 0}).empty()) {
    there.emplace_back("cot");
    there.emplace_back("self_consistency:N");
  }
  if (!suiting(suite, Strategy{StrategyKind::kRag, 0}).empty()) there.emplace_back("rag");
  return suite.name + " has no strategy " + strategy_text(strategy) + ": " + why + "; it has " +
         (there.empty() ? "none" : listed(there));
}

Result<SuiteOptions> way_of_asking(const RunConfig& config, const SuiteConfig& wanted, const SuiteEntry& entry,
                                   const std::vector<PlannedModel>& models, const std::optional<Strategy>& strategy) {
  if (strategy) {
    if (std::string why = why_not_by(entry, *strategy); !why.empty()) {
      return tl::make_unexpected(placed(Error{ErrorKind::kUsage, std::move(why)}, wanted, kStrategyOption));
    }
  }
  auto protocol = choose_protocol(entry, wanted.protocol ? wanted.protocol : config.protocol, models, strategy);
  if (!protocol) return tl::make_unexpected(placed(std::move(protocol.error()), wanted, "protocol"));
  SuiteOptions options;
  options.data_dir = config.data_dir;
  options.starter = config.starter;
  options.protocol = (*protocol)->name;
  options.samples = wanted.samples.value_or(1);
  options.sample_seed = config.sample_seed;
  options.temperature = wanted.temperature;
  options.max_tokens = wanted.max_tokens;
  if (strategy) options.extra.emplace_back(kStrategyOption, strategy_text(*strategy));
  options.extra.insert(options.extra.end(), wanted.extra.begin(), wanted.extra.end());
  if (!wanted.file.empty()) options.extra.emplace_back(kSuiteFileOption, wanted.file);
  if (auto opened = open_against(options); !opened) return forward_error(opened);
  if (strategy && !reasons(*strategy)) {
    options.shots = strategy->count;
    return options;
  }
  auto shots = choose_shots(config, wanted, entry, **protocol);
  if (!shots) return tl::make_unexpected(placed(std::move(shots.error()), wanted, "shots"));
  options.shots = *shots;
  if (strategy && strategy->kind == StrategyKind::kSelfConsistency) {
    if (auto voting = let_vote(wanted, *strategy, options); !voting) return forward_error(voting);
  }
  return options;
}

}  // namespace assay
