#include "harness/cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "harness/core/text.h"

namespace assay::cli {
namespace {

std::vector<std::string> option_names(const std::vector<Option>& options) {
  std::vector<std::string> names{"--help"};
  for (const Option& option : options) names.push_back(option.name());
  return names;
}

// Counts the words that no flag took against the positionals there are.
Result<void> check_positionals(const std::string& command, const std::vector<Positional>& positionals,
                               const std::vector<std::string>& given) {
  const std::string see = "; see 'assay " + command + " --help'";
  std::size_t at = 0;
  for (const Positional& positional : positionals) {
    if (at >= given.size()) {
      if (!positional.required) return {};
      return usage_error("assay " + command + ": " + positional.name + " is missing: " + positional.help + see);
    }
    const std::size_t end = positional.repeatable ? given.size() : at + 1;
    for (; at < end; ++at) {
      const auto& choices = positional.choices;
      if (choices.empty() || std::find(choices.begin(), choices.end(), given[at]) != choices.end()) continue;
      return usage_error("assay " + command + ": no " + positional.name + " '" + given[at] + "'" +
                         did_you_mean(given[at], choices) + "; there are " + listed(choices));
    }
  }
  if (at < given.size()) return usage_error("assay " + command + ": one word too many: '" + given[at] + "'" + see);
  return {};
}

}  // namespace

std::string Option::name() const { return flags.substr(flags.find("--")); }

std::optional<std::string> Arguments::value(const std::string& name) const {
  const auto found = values.find(name);
  if (found == values.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>{} : found->second;
}

Result<Arguments> parse_arguments(const std::string& command, const std::vector<Option>& options,
                                  const std::vector<Positional>& positionals, const std::vector<std::string>& words) {
  CLI::App app;
  app.set_help_flag();  // help is asked for before parsing, and written by help.cc
  app.allow_extras();
  std::map<std::string, std::vector<std::string>> texts;
  std::map<std::string, bool> switches;
  // Every command takes these; those that have nothing to leave out or to add simply go on.
  for (const std::string flags : {"-q,--quiet", "-v,--verbose"}) {
    const auto own = [&](const Option& option) { return option.flags == flags; };
    if (std::none_of(options.begin(), options.end(), own)) app.add_flag(flags);
  }
  for (const Option& option : options) {
    if (option.value.empty()) {
      app.add_flag(option.flags, switches[option.name()], "");
      continue;
    }
    CLI::Option* added = app.add_option(option.flags, texts[option.name()], "");
    // One value a flag: `--model a b` must not swallow b. A repeated flag that may not be: the last one wins.
    added->allow_extra_args(false)->expected(1)->multi_option_policy(
        option.repeatable ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
    if (option.repeatable) added->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
  }
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& failure) {
    return usage_error("assay " + command + ": " + failure.what() + "; see 'assay " + command + " --help'");
  }
  Arguments arguments;
  for (const auto& [name, values] : texts) {
    if (!values.empty()) arguments.values[name] = values;
  }
  for (const auto& [name, on] : switches) {
    if (on) arguments.values[name] = {"true"};
  }
  bool only_words = false;
  for (const std::string& word : app.remaining()) {
    if (!only_words && word == "--") {
      only_words = true;
      continue;
    }
    if (!only_words && word.size() > 1 && word.front() == '-') {
      const std::string flag = word.substr(0, word.find('='));
      return usage_error("assay " + command + ": unknown flag '" + flag + "'" +
                         did_you_mean(flag, option_names(options)) + "; see 'assay " + command + " --help'");
    }
    arguments.positionals.push_back(word);
  }
  if (auto checked = check_positionals(command, positionals, arguments.positionals); !checked) {
    return forward_error(checked);
  }
  return arguments;
}

}  // namespace assay::cli
