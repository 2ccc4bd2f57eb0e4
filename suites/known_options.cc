#include "suites/known_options.h"

#include <algorithm>
#include <cstddef>

#include "harness/core/suite_file.h"
#include "harness/core/text.h"
#include "suites/registry.h"

namespace assay {

Result<void> check_option_keys(const std::string& suite, const std::vector<std::string>& names,
                               const SuiteOptions& options) {
  for (const auto& [key, value] : options.extra) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    return usage_error(suite + ": unknown option '" + key + "'" + did_you_mean(key, names) +
                       (names.empty() ? std::string("; it has none of its own") : "; it has: " + listed(names)));
  }
  return {};
}

Result<void> check_outer_option_keys(const std::string& suite, const std::vector<std::string>& names,
                                     const SuiteOptions& options) {
  const bool is_custom = std::any_of(options.extra.begin(), options.extra.end(),
                                     [](const auto& option) { return option.first == kSuiteFileOption; });
  return is_custom ? Result<void>() : check_option_keys(suite, names, options);
}

Result<Protocol> known_protocol(const std::string& suite, const std::vector<Protocol>& protocols,
                                const std::vector<std::string>& names, const SuiteOptions& options,
                                const std::string& no_shots) {
  std::vector<std::string> known;
  const Protocol* chosen = nullptr;
  for (const Protocol& protocol : protocols) {
    if (protocol.name == options.protocol) chosen = &protocol;
    known.push_back(protocol.name);
  }
  if (chosen == nullptr) {
    return usage_error(suite + ": unknown protocol '" + options.protocol + "'" + did_you_mean(options.protocol, known) +
                       "; it has " + listed(known));
  }
  if (auto known_keys = check_option_keys(suite, names, options); !known_keys) return forward_error(known_keys);
  if (options.shots < 0 || options.shots > chosen->max_shots) {
    const std::string asked = suite + ": " + std::to_string(options.shots) + " shots where ";
    if (chosen->max_shots > 0) {
      return usage_error(asked + "0 to " + std::to_string(chosen->max_shots) + " can be given with protocol " +
                         chosen->name + "; use --shots");
    }
    return usage_error(asked + "none can be given" + (no_shots.empty() ? " with protocol " + chosen->name : "") +
                       (no_shots.empty() ? "" : ": " + no_shots) + "; use --shots 0");
  }
  return *chosen;
}

std::vector<std::string> comma_separated(const std::string& value) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t comma = std::min(value.find(',', at), value.size());
    const std::size_t first = std::min(value.find_first_not_of(' ', at), comma);
    std::string part = value.substr(first, comma - first);
    part.erase(part.find_last_not_of(' ') + 1);
    if (!part.empty()) parts.push_back(std::move(part));
    at = comma + 1;
  }
  return parts;
}

}  // namespace assay
