#include "harness/config/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "adapters/registry.h"
#include "harness/config/run_settings.h"
#include "harness/core/text.h"
#include "harness/core/yaml_tree.h"

namespace assay::config {
namespace {

using Kind = YamlNode::Kind;

const std::vector<std::string>& common_suite_keys() {
  static const std::vector<std::string> keys{"protocol",    "shots",      "limit",        "samples",
                                             "temperature", "max_tokens", kStrategyOption};
  return keys;
}

// Walks the tree of one file; every error names the place in it.
class FileReader {
 public:
  FileReader(const std::string& path, const std::vector<SuiteEntry>& suites, const Environment& environment)
      : path_(path), suites_(suites), environment_(environment) {}

  Result<ConfigFile> read(const YamlNode& root) {
    if (root.kind == Kind::kNull) return usage_error(path_ + ": is empty; a configuration starts with 'schema: 1'");
    if (root.kind != Kind::kMap)
      return error(root, "expected keys (schema: 1, models:, suites:, …), not " + root.kind_name());
    if (auto schema = check_schema(root); !schema) return forward_error(schema);
    ConfigFile file;
    for (const auto& [key, value] : root.entries) {
      if (key.text == "schema") continue;
      if (auto read = read_key(key, value, file); !read) return forward_error(read);
    }
    if (auto checked = check_must_not_fall(file); !checked) return forward_error(checked);
    return file;
  }

 private:
  using KeyReader = std::function<Result<void>(const Setting&)>;

  std::string at(const YamlNode& node) const {
    return path_ + ":" + std::to_string(node.line) + ":" + std::to_string(node.column);
  }
  tl::unexpected<Error> error(const YamlNode& node, const std::string& what) const {
    return usage_error(at(node) + ": " + what);
  }

  // Where a value is wrong: at its own place, or at its key's where it has none.
  static const YamlNode& place(const YamlNode& key, const YamlNode& value) { return value.line > 0 ? value : key; }

  // The single value of a key.
  Result<Setting> single(const YamlNode& key, const YamlNode& value) const {
    if (value.kind == Kind::kScalar) return Setting{value.text, at(value) + ": " + key.text};
    return error(place(key, value), key.text + ": expected a single value, not " + value.kind_name());
  }

  // `strategy:`, as the flag writes it: one value, or a list of values and of `few_shot: 3`.
  Result<Setting> strategy(const YamlNode& key, const YamlNode& value) const {
    Setting joined{"", at(place(key, value)) + ": " + key.text};
    const auto add = [&](const YamlNode& one) -> Result<void> {
      const bool has_number =
          one.kind == Kind::kMap && one.entries.size() == 1 && one.entries.front().value.kind == Kind::kScalar;
      if (one.kind != Kind::kScalar && !has_number) {
        return error(place(key, one), key.text + ": expected 'zero_shot', 'few_shot: 3', …, not " + one.kind_name());
      }
      joined.text += joined.text.empty() ? "" : ",";
      joined.text += has_number ? one.entries.front().key.text + ":" + one.entries.front().value.text : one.text;
      return {};
    };
    if (value.kind != Kind::kList) {
      if (auto added = add(value); !added) return forward_error(added);
      return joined;
    }
    for (const YamlNode& one : value.items) {
      if (auto added = add(one); !added) return forward_error(added);
    }
    return joined;
  }

  // One value or a list of them.
  Result<std::vector<Setting>> several(const YamlNode& key, const YamlNode& value) const {
    std::vector<Setting> settings;
    if (value.kind != Kind::kList) {
      auto one = single(key, value);
      if (!one) return forward_error(one);
      settings.push_back(std::move(*one));
      return settings;
    }
    for (const YamlNode& item : value.items) {
      auto one = single(key, item);
      if (!one) return forward_error(one);
      settings.push_back(std::move(*one));
    }
    return settings;
  }

  Result<void> check_schema(const YamlNode& root) const {
    for (const auto& [key, value] : root.entries) {
      if (key.text != "schema") continue;
      auto schema = single(key, value);
      if (!schema) return forward_error(schema);
      if (schema->text == "1") return {};
      return reject(*schema, "a configuration schema that this assay knows (1)");
    }
    return error(root, "no 'schema'; a configuration starts with 'schema: 1'");
  }

  // Last, because a custom suite is known by the name in its file, which `suites:` gives.
  Result<void> check_must_not_fall(ConfigFile& file) const {
    for (const Setting& setting : must_not_fall_) {
      if (std::find(custom_names_.begin(), custom_names_.end(), setting.text) != custom_names_.end()) {
        file.gate->must_not_fall.push_back(setting.text);
        continue;
      }
      auto found = suite_named(setting.text, setting.where, suites_);
      if (!found) return forward_error(found);
      file.gate->must_not_fall.push_back((*found)->name);
    }
    return {};
  }

  Result<void> read_key(const YamlNode& key, const YamlNode& value, ConfigFile& file) {
    if (key.text == "models") return read_models(key, value, file);
    if (key.text == "suites") return read_suites(key, value, file);
    if (key.text == "gate") return read_gate(key, value, file);
    if (key.text == "judge" && value.kind == Kind::kMap) {
      file.judge.emplace();
      return read_model(value, *file.judge);
    }
    if (key.text == "items") {
      auto items = several(key, value);
      if (!items) return forward_error(items);
      file.items = std::move(*items);
      return {};
    }
    std::vector<std::string> known{"schema", "models", "suites", "gate", "items"};
    for (const RunSetting& setting : run_settings()) {
      known.emplace_back(setting.key);
      if (key.text != setting.key) continue;
      auto one = key.text == kStrategyOption ? strategy(key, value) : single(key, value);
      if (!one) return forward_error(one);
      file.run.emplace(key.text, std::move(*one));
      return {};
    }
    return error(key, "unknown key '" + key.text + "'" + did_you_mean(key.text, known));
  }

  // Hands each key of a map to the reader of that name.
  Result<void> read_map(const YamlNode& map, const std::vector<std::pair<std::string, KeyReader>>& readers) const {
    for (const auto& [key, value] : map.entries) {
      std::vector<std::string> known;
      const KeyReader* reader = nullptr;
      for (const auto& [name, read] : readers) {
        known.push_back(name);
        if (name == key.text) reader = &read;
      }
      if (reader == nullptr) {
        const std::string meant = did_you_mean(key.text, known);
        return error(key, "unknown key '" + key.text + "'" + (meant.empty() ? "; there are " + listed(known) : meant));
      }
      auto setting = single(key, value);
      if (!setting) return forward_error(setting);
      if (auto read = (*reader)(*setting); !read) return read;
    }
    return {};
  }

  // A reader that stores what `parse` makes of a setting.
  template <class Target, class Parse>
  static KeyReader into(Target& target, Parse parse) {
    return [&target, parse](const Setting& setting) -> Result<void> {
      auto value = parse(setting);
      if (!value) return forward_error(value);
      target = std::move(*value);
      return {};
    };
  }
  template <class Target>
  static KeyReader number_into(Target& target, double least, double most, Least bound = Least::kIncluded) {
    return into(target, [=](const Setting& setting) { return decimal_number(setting, least, most, bound); });
  }

  Result<Price> read_price(const YamlNode& key, const YamlNode& value) const {
    if (value.kind != Kind::kMap)
      return error(place(key, value), "price: expected keys (input_per_mtok: …), not " + value.kind_name());
    constexpr double kMost = 1e6;
    Price price;
    const auto date = [](const Setting& setting) -> Result<std::string> {
      const std::string& text = setting.text;
      const bool shaped = text.size() == 10 && glob_match("[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]", text);
      if (!shaped) return reject(setting, "a date like 2026-11-01");
      return text;
    };
    auto read = read_map(value, {{"input_per_mtok", number_into(price.input_per_mtok, 0, kMost)},
                                 {"output_per_mtok", number_into(price.output_per_mtok, 0, kMost)},
                                 {"cached_input_per_mtok", number_into(price.cached_input_per_mtok, 0, kMost)},
                                 {"cache_write_per_mtok", number_into(price.cache_write_per_mtok, 0, kMost)},
                                 {"reasoning_per_mtok", number_into(price.reasoning_per_mtok, 0, kMost)},
                                 {"batch_factor", number_into(price.batch_factor, 0, 1)},
                                 {"usd_per_hour", number_into(price.usd_per_hour, 0, kMost)},
                                 {"source", into(price.source, words)},
                                 {"as_of", into(price.as_of, date)}});
    if (!read) return forward_error(read);
    if (price.input_per_mtok.has_value() != price.output_per_mtok.has_value()) {
      return error(key,
                   "price: input_per_mtok and output_per_mtok go together: without both nobody knows what a task "
                   "costs; 0 is a price too");
    }
    return price;
  }

  Result<ModelRef> read_ref(const Setting& setting) const {
    auto ref = parse_model_ref(setting.text);
    if (!ref) return usage_error(setting.where + ": " + ref.error().message);
    if (auto entry = find_adapter(*ref); !entry) return usage_error(setting.where + ": " + entry.error().message);
    return ref;
  }

  Result<void> read_model(const YamlNode& entry, ModelConfig& model) const {
    bool has_ref = false;
    YamlNode plain = entry;  // without the price, which is a map of its own
    plain.entries.clear();
    for (const auto& [key, value] : entry.entries) {
      has_ref = has_ref || key.text == "ref";
      if (key.text != "price") {
        plain.entries.push_back({key, value});
        continue;
      }
      auto price = read_price(key, value);
      if (!price) return forward_error(price);
      model.price = std::move(*price);
    }
    const KeyReader no_price = [](const Setting&) { return Result<void>{}; };
    // Keys first: of a misspelt 'ref' it is the spelling that is wrong.
    auto read = read_map(plain, {{"ref", into(model.ref, [this](const Setting& ref) { return read_ref(ref); })},
                                 {"name", into(model.name, words)},
                                 {"price", no_price},
                                 {"max_in_flight", into(model.max_in_flight, in_flight_number)},
                                 {"rpm", into(model.rpm, rate_number)},
                                 {"tpm", into(model.tpm, rate_number)},
                                 {"timeout", into(model.timeout_s, timeout_seconds)}});
    if (read && !has_ref) return error(entry, "a model needs a 'ref', as in ref: llama:model.gguf");
    return read;
  }

  Result<void> read_models(const YamlNode& key, const YamlNode& value, ConfigFile& file) const {
    if (value.kind != Kind::kList)
      return error(place(key, value), "models: expected a list of '- ref: …', not " + value.kind_name());
    for (const YamlNode& entry : value.items) {
      ModelConfig model{};
      if (entry.kind == Kind::kScalar) {
        auto ref = read_ref({entry.text, at(entry) + ": models"});
        if (!ref) return forward_error(ref);
        model.ref = std::move(*ref);
      } else if (entry.kind == Kind::kMap) {
        if (auto read = read_model(entry, model); !read) return read;
      } else {
        return error(place(key, entry), "models: expected '- ref: …', not " + entry.kind_name());
      }
      file.models.push_back(std::move(model));
    }
    return {};
  }

  Result<void> read_suites(const YamlNode& key, const YamlNode& value, ConfigFile& file) {
    if (value.kind != Kind::kList)
      return error(place(key, value), "suites: expected a list of '- NAME: {…}', not " + value.kind_name());
    for (const YamlNode& entry : value.items) {
      const bool one_key = entry.kind == Kind::kMap && entry.entries.size() == 1;
      if (entry.kind != Kind::kScalar && !one_key) {
        return error(place(key, entry), "suites: expected '- NAME' or '- NAME: {key: value}'");
      }
      const YamlNode& name = one_key ? entry.entries.front().key : entry;
      auto suite = suite_named(name.text, at(name), suites_);
      if (!suite) return forward_error(suite);
      SuiteSettings settings;
      settings.name = (*suite)->name;
      if (is_suite_file(name.text)) {
        settings.file = name.text;
        custom_names_.push_back(settings.name);
      }
      if (one_key) {
        const YamlNode& keys = entry.entries.front().value;
        if (keys.kind != Kind::kMap && keys.kind != Kind::kNull) {
          return error(place(name, keys), name.text + ": expected keys ({shots: 5}), not " + keys.kind_name());
        }
        for (const auto& [option, given] : keys.entries) {
          if (auto known = check_suite_key(**suite, option.text, at(option)); !known) return known;
          if (option.text == kStrategyOption) {
            auto strategies = strategy(option, given);
            if (!strategies) return forward_error(strategies);
            settings.keys.emplace_back(option.text, std::move(*strategies));
            continue;
          }
          // Only a suite's own options may be lists; the keys that all suites share have one value.
          const auto& own = (*suite)->options;
          const bool is_own = std::find(own.begin(), own.end(), option.text) != own.end();
          if (auto one = single(option, given); !is_own && !one) return forward_error(one);
          auto values = several(option, given);
          if (!values) return forward_error(values);
          Setting joined{"", at(given) + ": " + option.text};
          for (const Setting& one : *values) joined.text += (joined.text.empty() ? "" : ",") + one.text;
          settings.keys.emplace_back(option.text, std::move(joined));
        }
      }
      file.suites.push_back(std::move(settings));
    }
    return {};
  }

  Result<void> read_gate(const YamlNode& key, const YamlNode& value, ConfigFile& file) {
    if (value.kind != Kind::kMap)
      return error(place(key, value), "gate: expected keys (margin: 0.02), not " + value.kind_name());
    GateConfig gate;
    YamlNode plain = value;
    plain.entries.clear();
    for (const auto& [name, given] : value.entries) {
      if (name.text != "must_not_fall") {
        plain.entries.push_back({name, given});
        continue;
      }
      auto suites = several(name, given);
      if (!suites) return forward_error(suites);
      for (const Setting& suite : *suites) {
        must_not_fall_.push_back(suite);
      }
    }
    const auto undecided = [](const Setting& setting) -> Result<OnUndecided> {
      if (setting.text == "fail") return OnUndecided::kFail;
      if (setting.text == "pass") return OnUndecided::kPass;
      return reject(setting, "fail or pass");
    };
    const KeyReader read_above = [](const Setting&) { return Result<void>{}; };
    auto read = read_map(
        plain, {{"baseline",
                 into(gate.baseline, [this](const Setting& setting) { return config::path(setting, environment_); })},
                {"margin", number_into(gate.margin, 0, 1)},
                {"alpha", number_into(gate.alpha, kLeastAlpha, 0.5)},
                {"must_not_fall", read_above},
                {"on_undecided", into(gate.on_undecided, undecided)},
                {"max_p95_ratio", number_into(gate.max_p95_ratio, 0, 1e6, Least::kAbove)},
                {"max_usd_per_task", number_into(gate.max_usd_per_task, 0, 1e6)},
                {"max_error_rate", number_into(gate.max_error_rate, 0, 1)}});
    if (!read) return read;
    file.gate = std::move(gate);
    return {};
  }

  const std::string& path_;
  const std::vector<SuiteEntry>& suites_;
  const Environment& environment_;
  std::vector<Setting> must_not_fall_;
  std::vector<std::string> custom_names_;
};

}  // namespace

Result<ConfigFile> parse_config(std::string_view text, const std::string& path, const std::vector<SuiteEntry>& suites,
                                const Environment& environment) {
  auto root = parse_yaml(text, path);
  if (!root) return tl::make_unexpected(one_line(std::move(root.error())));
  auto file = FileReader(path, suites, environment).read(*root);
  if (!file) return tl::make_unexpected(one_line(std::move(file.error())));
  return file;
}

Result<ConfigFile> read_config(const std::string& path, const std::vector<SuiteEntry>& suites,
                               const Environment& environment) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return usage_error(path + ": is a directory; expected a YAML file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return usage_error(path + ": cannot be read: " + std::strerror(errno));
  constexpr std::size_t kEnough = (std::size_t{1} << 20) + 1;  // one byte more than parse_yaml() takes
  std::string text(kEnough, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_config(text, path, suites, environment);
}

Result<std::shared_ptr<const SuiteEntry>> suite_named(const std::string& name, const std::string& where,
                                                      const std::vector<SuiteEntry>& suites) {
  if (is_suite_file(name)) {
    auto custom = find_suite(name);
    if (!custom) return usage_error(where + ": " + custom.error().message);
    return custom;
  }
  std::vector<std::string> names;
  std::string listed;
  for (const SuiteEntry& suite : suites) {
    if (suite.name == name) return std::shared_ptr<const SuiteEntry>(std::shared_ptr<void>(), &suite);  // not owned
    names.push_back(suite.name);
    listed += (listed.empty() ? "" : ", ") + suite.name;
  }
  return usage_error(where + ": no suite '" + name + "'" + did_you_mean(name, names) + "; there are " + listed +
                     "; a suite of your own is named by its file (support.yaml)");
}

Result<void> check_suite_key(const SuiteEntry& suite, const std::string& key, const std::string& where) {
  std::vector<std::string> known = common_suite_keys();
  known.insert(known.end(), suite.options.begin(), suite.options.end());
  if (std::find(known.begin(), known.end(), key) != known.end()) return {};
  return usage_error(where + ": suite " + suite.name + " has no option '" + key + "'" + did_you_mean(key, known) +
                     "; it has " + listed(known));
}

}  // namespace assay::config
