#include "harness/config/run_config.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "adapters/registry.h"
#include "harness/config/config_file.h"
#include "harness/config/run_flags.h"
#include "harness/config/run_settings.h"
#include "harness/config/suite_flag.h"
#include "harness/core/text.h"

namespace assay {
namespace config {
namespace {

constexpr std::int64_t kMostItems = 1'000'000'000;

// Stores what a parser made of a setting.
template <class Target, class Value>
Result<void> store(Target& target, Result<Value> value) {
  if (!value) return forward_error(value);
  target = static_cast<Target>(std::move(*value));
  return {};
}

Result<int> shots_number(const Setting& setting) {
  auto shots = whole_number(setting, 0, 1000);
  if (!shots) return forward_error(shots);
  return static_cast<int>(*shots);
}

// Strategies with commas between them, each once.
Result<std::vector<Strategy>> strategies_of(const Setting& setting) {
  std::vector<Strategy> strategies;
  for (std::size_t at = 0; at <= setting.text.size();) {
    const std::size_t comma = std::min(setting.text.find(',', at), setting.text.size());
    std::size_t begin = at;
    while (begin < comma && setting.text[begin] == ' ') ++begin;
    std::size_t end = comma;
    while (end > begin && setting.text[end - 1] == ' ') --end;
    auto strategy = parse_strategy(setting.text.substr(begin, end - begin));
    if (!strategy) return usage_error(setting.where + ": " + strategy.error().message);
    if (std::find(strategies.begin(), strategies.end(), *strategy) != strategies.end()) {
      return usage_error(setting.where + ": " + strategy_text(*strategy) + " is given twice");
    }
    strategies.push_back(*strategy);
    at = comma + 1;
  }
  return strategies;
}

Result<Shard> shard(const Setting& setting) {
  constexpr int kMost = 100'000;
  Shard shard;
  const std::string& text = setting.text;
  const char* const end = text.data() + text.size();
  const auto [slash, bad_index] = std::from_chars(text.data(), end, shard.index);
  bool good = bad_index == std::errc{} && slash != end && *slash == '/';
  if (good) {
    const auto [stop, bad_count] = std::from_chars(slash + 1, end, shard.count);
    good = bad_count == std::errc{} && stop == end && shard.index >= 1 && shard.index <= shard.count &&
           shard.count <= kMost;
  }
  if (!good) return reject(setting, "a shard I/N with 1 <= I <= N, as 2/8");
  return shard;
}

Result<OutputFormat> output_format(const Setting& setting) {
  if (setting.text == "text") return OutputFormat::kText;
  if (setting.text == "json") return OutputFormat::kJson;
  return reject(setting, "text or json");
}

Result<ModelRef> model_reference(const Setting& setting) {
  auto ref = parse_model_ref(setting.text);
  if (!ref) return usage_error(setting.where + ": " + ref.error().message);
  if (auto entry = find_adapter(*ref); !entry) return usage_error(setting.where + ": " + entry.error().message);
  return ref;
}

// The globs and ids that a list of --items stands for; @FILE holds one a line.
Result<std::vector<std::string>> expand_items(const std::vector<Setting>& settings, const Environment& environment) {
  std::vector<std::string> items;
  for (const Setting& setting : settings) {
    auto text = words(setting);
    if (!text) return forward_error(text);
    if (text->front() != '@') {
      items.push_back(std::move(*text));
      continue;
    }
    auto name = path({text->substr(1), setting.where}, environment);
    if (!name) return forward_error(name);
    std::ifstream file(*name);
    if (!file) return usage_error(setting.where + ": " + *name + " cannot be read: " + std::strerror(errno));
    std::string line;
    int number = 0;
    const std::size_t before = items.size();
    while (std::getline(file, line)) {
      ++number;
      const std::size_t begin = line.find_first_not_of(" \t\r");
      if (begin == std::string::npos || line[begin] == '#') continue;
      line = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
      auto item = words({line, setting.where + ": " + *name + ":" + std::to_string(number)});
      if (!item) return forward_error(item);
      items.push_back(std::move(*item));
    }
    if (file.bad() || !file.eof()) return usage_error(setting.where + ": " + *name + " cannot be read");
    if (items.size() == before) return usage_error(setting.where + ": " + *name + " names no item");
  }
  return items;
}

Result<void> apply_suite_key(SuiteConfig& suite, const std::string& key, const Setting& setting) {
  suite.places[key] = setting.where;
  if (key == "protocol") return store(suite.protocol, words(setting));
  if (key == "shots") return store(suite.shots, shots_number(setting));
  if (key == kStrategyOption) return store(suite.strategies, strategies_of(setting));
  if (key == "limit") return store(suite.limit, whole_number(setting, 1, kMostItems));
  if (key == "temperature") return store(suite.temperature, decimal_number(setting, 0, 10));
  if (key == "samples" || key == "max_tokens") {
    auto number = whole_number(setting, 1, key == "samples" ? 10'000 : 10'000'000);
    if (!number) return forward_error(number);
    (key == "samples" ? suite.samples : suite.max_tokens) = static_cast<int>(*number);
    return {};
  }
  auto text = words(setting);
  if (!text) return forward_error(text);
  for (auto& [name, value] : suite.extra) {
    if (name == key) {
      value = std::move(*text);
      return {};
    }
  }
  suite.extra.emplace_back(key, std::move(*text));
  return {};
}

Result<SuiteConfig> make_suite(const SuiteSettings& settings) {
  SuiteConfig suite;
  suite.name = settings.name;
  suite.file = settings.file;
  for (const auto& [key, setting] : settings.keys) {
    if (auto applied = apply_suite_key(suite, key, setting); !applied) return forward_error(applied);
  }
  return suite;
}

// The suites of the file, each without the keys for which the command line has a flag of its own.
Result<std::vector<SuiteConfig>> file_suites(const ConfigFile& file, const Settings& flags) {
  std::vector<SuiteConfig> suites;
  for (const SuiteSettings& settings : file.suites) {
    auto suite = make_suite(settings);
    if (!suite) return forward_error(suite);
    if (flags.contains("protocol")) suite->protocol.reset();
    if (flags.contains("shots")) suite->shots.reset();
    if (flags.contains("limit")) suite->limit.reset();
    if (flags.contains(kStrategyOption)) {
      suite->strategies.clear();
      suite->places.erase(kStrategyOption);
    }
    suites.push_back(std::move(*suite));
  }
  return suites;
}

Result<std::vector<SuiteConfig>> chosen_suites(const ConfigFile& file, const Settings& settings, const RunFlags& flags,
                                               const std::vector<SuiteEntry>& known) {
  auto suites = file_suites(file, settings);
  if (!suites || flags.suites.empty()) return suites;
  std::vector<SuiteConfig> chosen;
  for (const std::string& text : flags.suites) {
    auto flag = parse_suite_flag(text);
    if (!flag) return forward_error(flag);
    // A custom suite of the configuration may be chosen by its name alone.
    const auto listed = std::find_if(suites->begin(), suites->end(),
                                     [&](const SuiteConfig& other) { return other.name == flag->name; });
    auto entry = suite_named(listed == suites->end() ? flag->name : listed->source(), "--suite", known);
    if (!entry) return forward_error(entry);
    SuiteConfig suite;
    suite.name = (*entry)->name;
    if (is_suite_file(flag->name)) suite.file = flag->name;
    const auto same_name = [&](const SuiteConfig& other) { return other.name == suite.name; };
    if (const auto found = std::find_if(suites->begin(), suites->end(), same_name); found != suites->end())
      suite = *found;
    for (const auto& [key, value] : flag->options) {
      const std::string where = "--suite '" + text + "'";
      if (auto checked = check_suite_key(**entry, key, where); !checked) return forward_error(checked);
      if (auto applied = apply_suite_key(suite, key, {value, where + ": " + key}); !applied)
        return forward_error(applied);
    }
    chosen.push_back(std::move(suite));
  }
  return chosen;
}

Result<std::vector<ModelConfig>> chosen_models(const ConfigFile& file, const Settings& settings,
                                               const RunFlags& flags) {
  std::vector<ModelConfig> models = file.models;
  for (ModelConfig& model : models) {
    if (settings.contains("max_in_flight")) model.max_in_flight.reset();
    if (settings.contains("rpm")) model.rpm.reset();
    if (settings.contains("tpm")) model.tpm.reset();
    if (settings.contains("timeout")) model.timeout_s.reset();
  }
  if (flags.models.empty()) return models;
  std::vector<ModelConfig> chosen;
  for (const std::string& text : flags.models) {
    const auto same = [&](const ModelConfig& model) { return model.ref.text == text || model.name == text; };
    if (const auto found = std::find_if(models.begin(), models.end(), same); found != models.end()) {
      chosen.push_back(*found);
      continue;
    }
    auto ref = parse_model_ref(text);
    if (!ref) return usage_error("--model: " + ref.error().message);
    if (auto entry = find_adapter(*ref); !entry) return usage_error("--model: " + entry.error().message);
    ModelConfig model{};
    model.ref = std::move(*ref);
    chosen.push_back(std::move(model));
  }
  return chosen;
}

// As an option of the suites that know it: recorded with their results, and part of what a resumed run must agree in.
void allow_unsafe_execution(const std::vector<SuiteEntry>& known, std::vector<SuiteConfig>& suites) {
  for (SuiteConfig& suite : suites) {
    const auto entry = suite_named(suite.source(), "", known);
    if (!entry || std::count((*entry)->options.begin(), (*entry)->options.end(), "unsafe_exec") == 0) continue;
    std::erase_if(suite.extra, [](const auto& option) { return option.first == "unsafe_exec"; });
    suite.extra.emplace_back("unsafe_exec", "true");
  }
}

Result<void> check_whole(const RunConfig& config) {
  if (config.models.empty()) {
    return usage_error("no model to ask: give --model REF, or models: in a configuration; see 'assay run --help'");
  }
  if (config.suites.empty()) {
    return usage_error("no suite to run: give --suite NAME, or suites: in a configuration; see 'assay suite list'");
  }
  std::vector<std::string> names;
  for (const SuiteConfig& suite : config.suites) {
    if (std::find(names.begin(), names.end(), suite.name) != names.end()) {
      return usage_error("suite " + suite.name + " is given twice; run it twice, or give its items in one");
    }
    names.push_back(suite.name);
  }
  return {};
}

}  // namespace

Result<int> in_flight_number(const Setting& setting) {
  auto number = whole_number(setting, 1, 100'000);
  if (!number) return forward_error(number);
  return static_cast<int>(*number);
}

Result<double> timeout_seconds(const Setting& setting) { return decimal_number(setting, 0, 86'400, Least::kAbove); }

Result<double> rate_number(const Setting& setting) { return decimal_number(setting, 0, 1e12, Least::kAbove); }

const std::vector<RunSetting>& run_settings() {
  using S = const Setting&;
  using W = const Surroundings&;
  using C = RunConfig&;
  static const std::vector<RunSetting> settings{
      {"data", "--data", "DIR", "where the data sets are; default $ASSAY_DATA or the user's cache",
       [](S s, W w, C c) { return store(c.data_dir, path(s, w.environment)); }},
      {"starter", "--starter", "", "the few items that ship with assay instead of data sets",
       [](S s, W, C c) { return store(c.starter, truth(s)); }},
      {"run", "--run", "FILE.db", "the run file; goes on where it stopped if it exists; {date}, {commit} are filled in",
       [](S s, W w, C c) { return store(c.run_path, run_path(s, w.environment, w.now)); }},
      {"judge", "--judge", "REF", "the model that judges answers, in place of what suites' own files name",
       [](S s, W, C c) -> Result<void> {
         auto judge = model_reference(s);
         if (!judge) return forward_error(judge);
         if (c.judge && c.judge->ref.text == judge->text) return {};
         c.judge.emplace();
         c.judge->ref = std::move(*judge);
         return {};
       }},
      {"protocol", "--protocol", "NAME", "how to ask; default: the suite's first that every model can do",
       [](S s, W, C c) { return store(c.protocol, words(s)); }},
      {"shots", "--shots", "K", "worked examples before each question",
       [](S s, W, C c) { return store(c.shots, shots_number(s)); }},
      {kStrategyOption, "--strategy", "LIST",
       "ways to ask, side by side: zero_shot, few_shot:N, cot, self_consistency:N, rag",
       [](S s, W, C c) { return store(c.strategies, strategies_of(s)); }},
      {"limit", "--limit", "N", "N items a suite, spread over its groups, chosen by --seed",
       [](S s, W, C c) { return store(c.limit, whole_number(s, 1, kMostItems)); }},
      {"seed", "--seed", "N", "chooses the items of --limit",
       [](S s, W, C c) { return store(c.seed, seed_number(s)); }},
      {"sample_seed", "--sample-seed", "N", "seeds the models' sampling",
       [](S s, W, C c) { return store(c.sample_seed, seed_number(s)); }},
      {"shard", "--shard", "I/N", "evaluates part I of N of the items",
       [](S s, W, C c) { return store(c.shard, shard(s)); }},
      {"reuse", "--reuse", "RUN", "takes identical deterministic answers from an earlier run",
       [](S s, W w, C c) { return store(c.reuse, path(s, w.environment)); }},
      {"max_in_flight", "--max-in-flight", "N", "requests a model is sent at once",
       [](S s, W, C c) { return store(c.max_in_flight, in_flight_number(s)); }},
      {"rpm", "--rpm", "N", "requests per minute, a remote model",
       [](S s, W, C c) { return store(c.rpm, rate_number(s)); }},
      {"tpm", "--tpm", "N", "tokens per minute, a remote model",
       [](S s, W, C c) { return store(c.tpm, rate_number(s)); }},
      {"rate", "--rate", "R", "open loop: R requests a second on average (Poisson), however long answers take",
       [](S s, W, C c) { return store(c.rate, decimal_number(s, 1e-6, 1e9)); }},
      {"warmup", "--warmup", "N", "leaves the first N answers of each model out of the latencies",
       [](S s, W, C c) { return store(c.warmup, whole_number(s, 0, kMostItems)); }},
      {"timeout", "--timeout", "S", "seconds for one request",
       [](S s, W, C c) { return store(c.timeout_s, timeout_seconds(s)); }},
      {"budget_usd", "--budget", "USD", "stops before more is spent, all sessions of the run together",
       [](S s, W, C c) { return store(c.budget_usd, decimal_number(s, 0, 1e9, Least::kAbove)); }},
      {"max_error_rate", "--max-error-rate", "P", "fraction of items that may stay without an answer; default 0",
       [](S s, W, C c) { return store(c.max_error_rate, decimal_number(s, 0, 1)); }},
      {"dry_run", "--dry-run", "", "shows what would be asked and what it would cost, and asks nothing",
       [](S s, W, C c) { return store(c.dry_run, truth(s)); }},
      {"sync", "--sync", "", "forces each record to the disk, not groups of them",
       [](S s, W, C c) { return store(c.sync, truth(s)); }},
      {"unsafe_exec", "--unsafe-exec", "", "executes models' programs with too little isolation; marks the results",
       [](S s, W, C c) { return store(c.unsafe_exec, truth(s)); }},
      {"format", "--format", "text|json", "of the summary",
       [](S s, W, C c) { return store(c.format, output_format(s)); }},
      {"quiet", "-q,--quiet", "", "no progress, no hints", [](S s, W, C c) { return store(c.quiet, truth(s)); }},
      {"verbose", "-v,--verbose", "", "says what is loaded and noticed",
       [](S s, W, C c) -> Result<void> {
         auto verbose = truth(s);
         if (!verbose) return forward_error(verbose);
         c.verbosity = *verbose ? 1 : 0;
         return {};
       }},
  };
  return settings;
}

}  // namespace config

namespace {

Result<RunConfig> merge(const RunFlags& flags, const ConfigContext& context) {
  config::ConfigFile file;
  if (!flags.config_path.empty()) {
    auto read = config::read_config(flags.config_path, *context.suites, context.environment);
    if (!read) return forward_error(read);
    file = std::move(*read);
  }
  config::Settings given;
  for (const auto& [key, value] : flags.settings) given[key].text = value;

  RunConfig config;
  config.data_dir = default_data_folder(context.environment);
  config.prices_file = imported_prices_file(context.environment);
  config.gate = file.gate;
  config.judge = file.judge;
  const config::Surroundings surroundings{context.environment, context.now};
  for (const config::RunSetting& setting : config::run_settings()) {
    if (const auto in_file = file.run.find(setting.key); in_file != file.run.end()) {
      if (auto applied = setting.apply(in_file->second, surroundings, config); !applied) return forward_error(applied);
    }
    if (const auto flag = given.find(setting.key); flag != given.end()) {
      const std::string name = std::string(setting.flag).substr(std::string(setting.flag).find("--"));
      if (auto applied = setting.apply({flag->second.text, name}, surroundings, config); !applied) {
        return forward_error(applied);
      }
    }
  }

  std::vector<config::Setting> items = file.items.value_or(std::vector<config::Setting>{});
  if (!flags.items.empty()) items.clear();
  for (const std::string& item : flags.items) items.push_back({item, "--items"});
  auto expanded = config::expand_items(items, context.environment);
  if (!expanded) return forward_error(expanded);
  config.items = std::move(*expanded);

  auto suites = config::chosen_suites(file, given, flags, *context.suites);
  if (!suites) return forward_error(suites);
  config.suites = std::move(*suites);
  if (config.suites.empty() && config.starter) {
    for (const SuiteEntry& entry : *context.suites) config.suites.emplace_back().name = entry.name;
  }
  for (SuiteConfig& suite : config.suites) {
    if (suite.strategies.empty()) suite.strategies = config.strategies;
  }
  if (config.unsafe_exec) config::allow_unsafe_execution(*context.suites, config.suites);
  auto models = config::chosen_models(file, given, flags);
  if (!models) return forward_error(models);
  config.models = std::move(*models);
  if (auto whole = config::check_whole(config); !whole) return forward_error(whole);
  return config;
}

}  // namespace

Result<RunConfig> make_run_config(const RunFlags& flags, const ConfigContext& context) {
  auto config = merge(flags, context);
  if (!config) return tl::make_unexpected(config::one_line(std::move(config.error())));
  return config;
}

}  // namespace assay
