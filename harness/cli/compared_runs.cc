#include "harness/cli/compared_runs.h"

#include <filesystem>

#include "harness/config/gate_config.h"
#include "harness/config/setting.h"

namespace assay::cli {

Result<OpenRun> open_run(const std::string& reference) {
  OpenRun run;
  run.path = reference;
  std::error_code ignored;
  for (std::size_t at = reference.size(); at != std::string::npos && at > 0; at = reference.rfind('#', at - 1)) {
    const std::string path = reference.substr(0, at);
    if (!std::filesystem::exists(path, ignored)) continue;
    run.path = path;
    if (at < reference.size()) run.model = reference.substr(at + 1);
    break;
  }
  auto reader = RunReader::open(run.path);
  if (!reader) return forward_error(reader);
  run.reader = std::move(*reader);
  return run;
}

Result<void> read_rules(const Arguments& arguments, ComparisonRules& rules) {
  if (const auto text = arguments.value("--margin")) {
    auto margin = config::decimal_number({*text, "--margin"}, 0, 1);
    if (!margin) return forward_error(margin);
    rules.margin = *margin;
  }
  if (const auto text = arguments.value("--alpha")) {
    auto alpha = config::decimal_number({*text, "--alpha"}, kLeastAlpha, 0.5);
    if (!alpha) return forward_error(alpha);
    rules.alpha = *alpha;
  }
  return {};
}

Result<std::size_t> flips_shown(const Arguments& arguments, std::size_t otherwise) {
  const auto text = arguments.value("--flips");
  if (!text) return otherwise;
  auto number = config::whole_number({*text, "--flips"}, 0, 100'000);
  if (!number) return forward_error(number);
  return static_cast<std::size_t>(*number);
}

}  // namespace assay::cli
