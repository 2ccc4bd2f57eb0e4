#include "suites/humaneval/execution_options.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "harness/core/text.h"

namespace assay::humaneval {
namespace {

constexpr double kPlusSeconds = 60;  // EvalPlus' own limit of a whole problem

Result<double> positive(const std::string& suite, const std::string& key, const std::string& value, double most) {
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !std::isfinite(number) || number <= 0 || number > most) {
    return usage_error(suite + ": option " + key + "=" + value + " is no number above 0 and up to " +
                       std::to_string(static_cast<long>(most)));
  }
  return number;
}

Result<bool> truth(const std::string& suite, const std::string& key, const std::string& value) {
  if (value == "true" || value == "1" || value == "yes") return true;
  if (value == "false" || value == "0" || value == "no") return false;
  return usage_error(suite + ": option " + key + "=" + value + " is neither true nor false");
}

}  // namespace

std::vector<std::string> execution_option_names() {
  return {"timeout", "memory_mb", "k", "workers", "python", "unsafe_exec"};
}

Result<ExecutionOptions> parse_execution_options(const SuiteOptions& options, const std::string& suite,
                                                 const std::vector<std::string>& names) {
  ExecutionOptions parsed;
  bool timeout_given = false;
  for (const auto& [key, value] : options.extra) {
    if (std::find(names.begin(), names.end(), key) == names.end()) {
      return usage_error(suite + ": unknown option '" + key + "'" + did_you_mean(key, names));
    }
    if (key == "k") {
      parsed.k = value;
    } else if (key == "python") {
      parsed.sandbox.python = value;
    } else if (key == "plus" || key == "unsafe_exec" || key == "whole_program") {
      Result<bool> on = truth(suite, key, value);
      if (!on) return forward_error(on);
      (key == "plus" ? parsed.plus : key == "unsafe_exec" ? parsed.sandbox.unsafe : parsed.whole_program) = *on;
    } else {
      Result<double> number = positive(suite, key, value, key == "memory_mb" ? 1 << 20 : 3600);
      if (!number) return forward_error(number);
      if (key == "timeout") {
        parsed.limits.seconds = *number;
        timeout_given = true;
      } else if (key == "memory_mb") {
        parsed.limits.memory_bytes = static_cast<std::int64_t>(*number * (1 << 20));
      } else {
        parsed.sandbox.workers = static_cast<int>(std::ceil(*number));
      }
    }
  }
  if (parsed.plus && !timeout_given) parsed.limits.seconds = kPlusSeconds;
  return parsed;
}

std::vector<std::pair<std::string, std::string>> isolation_notes(const sandbox::Sandbox& sandbox) {
  return {{"isolation", sandbox.isolation().text()},
          {"isolation_level", sandbox.isolation().level()},
          {"python", sandbox.python()}};
}

}  // namespace assay::humaneval
