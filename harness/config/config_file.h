// A configuration file, read into typed parts: keys checked, values still as written.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/model_ref.h"
#include "harness/config/gate_config.h"
#include "harness/config/paths.h"
#include "harness/config/run_config.h"
#include "harness/config/setting.h"
#include "suites/registry.h"

namespace assay::config {

/// Settings by key.
using Settings = std::map<std::string, Setting>;

/// An entry of `suites:` or a `--suite` flag: which suite, and its keys as written.
struct SuiteSettings {
  std::string name;
  std::string file;  ///< as SuiteConfig::file
  std::vector<std::pair<std::string, Setting>> keys;
};

/// What a file says.
struct ConfigFile {
  Settings run;  ///< top-level keys of a single value, by key
  std::optional<std::vector<Setting>> items;
  std::vector<ModelConfig> models;
  std::optional<ModelConfig> judge;  ///< where it is given with more keys than its reference
  std::vector<SuiteSettings> suites;
  std::optional<GateConfig> gate;
};

/// Reads a configuration. `path` is for messages; `suites` are those there are. Errors name file, line and column:
/// not YAML, no `schema: 1`, an unknown key (suggests the nearest), a value of another type, an unknown model
/// adapter, suite or suite option.
[[nodiscard]] Result<ConfigFile> parse_config(std::string_view text, const std::string& path,
                                              const std::vector<SuiteEntry>& suites, const Environment& environment);

/// As parse_config(), from a file.
[[nodiscard]] Result<ConfigFile> read_config(const std::string& path, const std::vector<SuiteEntry>& suites,
                                             const Environment& environment);

/// The suite of that name among `suites`, or the custom suite of that file; for messages that start with `where`.
[[nodiscard]] Result<std::shared_ptr<const SuiteEntry>> suite_named(const std::string& name, const std::string& where,
                                                                    const std::vector<SuiteEntry>& suites);

/// Whether a suite knows a key: its own or one that all have (protocol, shots, limit, samples, temperature,
/// max_tokens, strategy).
[[nodiscard]] Result<void> check_suite_key(const SuiteEntry& suite, const std::string& key, const std::string& where);

}  // namespace assay::config
