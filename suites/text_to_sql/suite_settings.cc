#include "suites/text_to_sql/suite_settings.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "harness/core/text.h"
#include "suites/text_to_sql/execution/postgres_database.h"

namespace assay::text_to_sql {
namespace {

/// The value of an option that is one of a few words.
Result<std::string> one_of(const std::string& key, const std::string& value, const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  return usage_error("text_to_sql: " + key + "=" + value + did_you_mean(value, allowed) + ": expected one of " +
                     listed(allowed));
}

Result<bool> yes_no(const std::string& key, const std::string& value) {
  if (value == "true" || value == "on" || value == "yes" || value == "1") return true;
  if (value == "false" || value == "off" || value == "no" || value == "0") return false;
  return usage_error("text_to_sql: " + key + "=" + value + ": expected true or false");
}

Result<std::uint64_t> number(const std::string& key, const std::string& value, std::uint64_t least,
                             std::uint64_t most) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc() || end != value.data() + value.size() || out < least || out > most) {
    return usage_error("text_to_sql: " + key + "=" + value + ": expected a whole number from " + std::to_string(least) +
                       " to " + std::to_string(most));
  }
  return out;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : list + ",") {
    if (c != ',') {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(std::move(part));
      part.clear();
    }
  }
  return parts;
}

Result<void> set_option(SuiteSettings& settings, const std::string& key, const std::string& value) {
  const auto flag = [&](bool& into) -> Result<void> {
    Result<bool> parsed = yes_no(key, value);
    if (!parsed) return forward_error(parsed);
    into = *parsed;
    return {};
  };
  const auto count = [&](auto& into, std::uint64_t least, std::uint64_t most) -> Result<void> {
    Result<std::uint64_t> parsed = number(key, value, least, most);
    if (!parsed) return forward_error(parsed);
    into = static_cast<std::remove_reference_t<decltype(into)>>(*parsed);
    return {};
  };
  const auto word = [&](const std::vector<std::string>& allowed) { return one_of(key, value, allowed); };
  if (key == "compare") {
    Result<Comparison> parsed = comparison_from_name(value);
    if (!parsed) return usage_error("text_to_sql: compare: " + parsed.error().message);
    settings.rules.comparison = *parsed;
  } else if (key == "keep_distinct") {
    return flag(settings.rules.keep_distinct);
  } else if (key == "timeout_ms") {
    return count(settings.rules.limits.timeout_ms, 1, 3'600'000);
  } else if (key == "max_rows") {
    return count(settings.rules.limits.max_rows, 1, 100'000'000);
  } else if (key == "max_bytes") {
    return count(settings.rules.limits.max_bytes, 1, 1U << 29U);
  } else if (key == "form") {
    Result<std::string> form = word({"chat", "completion"});
    if (!form) return forward_error(form);
    settings.prompt.form = *form == "chat" ? PromptForm::kChat : PromptForm::kCompletion;
  } else if (key == "max_prompt_chars") {
    return count(settings.prompt.schema.max_chars, 0, 100'000'000);
  } else if (key == "sample_rows") {
    return count(settings.prompt.schema.sample_rows, 0, 20);
  } else if (key == "descriptions") {
    settings.prompt.schema.descriptions = true;
    return flag(settings.prompt.schema.descriptions);
  } else if (key == "evidence") {
    return flag(settings.prompt.evidence);
  } else if (key == "files") {
    settings.defog_files = split(value);
  } else if (key == "db") {
    settings.own.database = value;
  } else if (key == "questions") {
    settings.own.questions = value;
  } else if (key == "name") {
    settings.own.name = value;
  } else if (key == "examples") {
    settings.examples = value;
  } else if (key == "without_database") {
    Result<std::string> what = word({"leave_out", "prompt"});
    if (!what) return forward_error(what);
    settings.without_database = *what == "prompt" ? WithoutDatabase::kPromptOnly : WithoutDatabase::kLeaveOut;
  } else if (key == "gold_check") {
    Result<std::string> what = word({"off", "list", "strict", "leave_out"});
    if (!what) return forward_error(what);
    settings.gold_check = *what == "off"      ? GoldCheck::kOff
                          : *what == "list"   ? GoldCheck::kList
                          : *what == "strict" ? GoldCheck::kStrict
                                              : GoldCheck::kLeaveOut;
  } else if (key == "workers") {
    return count(settings.workers, 1, 256);
  } else if (key == "worker_program") {
    settings.worker_program = value;
  } else if (key != "dataset") {
    return usage_error("text_to_sql: no option '" + key + "'" + did_you_mean(key, option_names()) +
                       "; there are: " + listed(option_names()));
  }
  return {};
}

/// What a data set's own evaluator does, where the user says nothing else.
void set_defaults(SuiteSettings& settings) {
  settings.defog_files = {"questions_gen_sqlite", "instruct_basic_sqlite", "instruct_advanced_sqlite"};
  if (settings.dataset == "bird") {
    settings.rules.comparison = Comparison::kBird;
    settings.gold_check = GoldCheck::kOff;  // its databases are large: minutes
  }
  if (settings.dataset == "defog") {
    settings.rules.comparison = Comparison::kDefog;
    settings.rules.limits.timeout_ms = 10'000;
  }
  if (settings.dataset == "own") {
    settings.gold_check = GoldCheck::kStrict;
    settings.rules.keep_distinct = true;
  }
}

}  // namespace

const std::vector<std::string>& option_names() {
  static const std::vector<std::string> names = {
      "dataset", "compare",          "keep_distinct", "timeout_ms",   "max_rows",         "max_bytes",
      "form",    "max_prompt_chars", "sample_rows",   "descriptions", "evidence",         "files",
      "db",      "questions",        "name",          "examples",     "without_database", "gold_check",
      "workers", "worker_program"};
  return names;
}

Result<SuiteSettings> parse_settings(const SuiteOptions& options) {
  SuiteSettings settings;
  for (const auto& [key, value] : options.extra) {
    if (key != "dataset") continue;
    Result<std::string> dataset = one_of(key, value, {"spider", "bird", "defog", "own"});
    if (!dataset) return forward_error(dataset);
    settings.dataset = *dataset;
  }
  if (options.starter) settings.dataset = "starter";
  set_defaults(settings);
  settings.prompt.schema.max_chars = 16'000;
  for (const auto& [key, value] : options.extra) {
    if (Result<void> set = set_option(settings, key, value); !set) return forward_error(set);
  }
  if (options.protocol == "generate/sqlcoder") {
    settings.prompt.form = PromptForm::kSqlcoder;
    settings.prompt.schema.descriptions = true;
  } else if (!options.protocol.empty() && options.protocol != "generate") {
    return usage_error("text_to_sql: no protocol '" + options.protocol + "'; there are generate, generate/sqlcoder");
  }
  if (settings.dataset == "own") {
    if (settings.own.questions.empty() || settings.own.database.empty()) {
      return usage_error("text_to_sql: dataset=own needs db=FILE and questions=FILE (CSV or JSON Lines)");
    }
    if (settings.own.name.empty()) {
      std::filesystem::path stem = std::filesystem::path(settings.own.questions).filename();
      while (stem.has_extension()) stem = stem.stem();
      settings.own.name = stem.string();
    }
    if (settings.own.name.find('/') != std::string::npos) {
      return usage_error("text_to_sql: name=" + settings.own.name + " must not hold a '/'");
    }
    if (is_postgres(settings.own.database)) {
      settings.prompt.dialect = "PostgreSQL";
      // what is given here is written into the run
      const std::string& url = settings.own.database;
      const std::string user = url.substr(0, url.find('@') == std::string::npos ? 0 : url.find('@'));
      if (user.find(':', user.find("://") + 3) != std::string::npos || url.find("password=") != std::string::npos) {
        return usage_error("text_to_sql: db holds a password; give it as PGPASSWORD or in ~/.pgpass");
      }
    }
  } else if (!settings.own.questions.empty() || !settings.own.database.empty()) {
    return usage_error("text_to_sql: db and questions are for dataset=own");
  }
  return settings;
}

}  // namespace assay::text_to_sql
