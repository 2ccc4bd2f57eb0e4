#include "harness/cli/help.h"

#include <algorithm>

#include "harness/core/version.h"

namespace assay::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kIndent = 2;

// Two columns; the right one is wrapped at blanks. A left part that is too wide gets a line of its own.
std::string row(const std::string& left, const std::string& right, std::size_t width) {
  std::string text = std::string(kIndent, ' ') + left;
  const std::size_t column = kIndent + width + 2;
  std::size_t at = text.size();
  if (at + 2 > column) {
    text += "\n";
    at = 0;
  }
  text += std::string(column - at, ' ');
  at = column;
  std::size_t begin = 0;
  while (begin < right.size()) {
    const std::size_t end = std::min(right.find(' ', begin), right.size());
    const std::string word = right.substr(begin, end - begin);
    if (at > column && at + 1 + word.size() > kColumns) {
      text += "\n" + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      text += " ";
      ++at;
    }
    text += word;
    at += word.size();
    begin = end + 1;
  }
  return text + "\n";
}

std::string flags_text(const Option& option) {
  std::string text = option.flags;
  if (const std::size_t comma = text.find(','); comma != std::string::npos) text.replace(comma, 1, ", ");
  return option.value.empty() ? text : text + " " + option.value;
}

std::string usage_line(const Command& command) {
  std::string line = "assay " + command.name;
  for (const Positional& positional : command.positionals) {
    const std::string name = positional.name + (positional.repeatable ? "…" : "");
    line += positional.required ? " " + name : " [" + name + "]";
  }
  return line + (command.options.empty() ? "" : " [flags]");
}

}  // namespace

std::string program_help() {
  std::string text =
      "assay evaluates language models, local and remote, on benchmarks.\n\n"
      "usage: assay COMMAND [flags]\n\n"
      "commands:\n";
  std::size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  for (const Command& command : commands()) text += row(command.name, command.help, width);
  text += "\nflags:\n" + row("-h, --help", "this text, or a command's: assay run --help", 13) +
          row("--version", "version, commit and engine", 13) +
          "\nexamples:\n"
          "  assay model fetch smollm2-135m\n"
          "  assay run --starter --model llama:smollm2-135m\n"
          "  assay run --suite mmlu --shots 5 --limit 400 --data DIR --model llama:MODEL.gguf\n"
          "  assay show runs/RUN.db\n"
          "\nexit codes: 0 done or the gate passed, 1 the gate failed, 2 wrong input and\n"
          "nothing asked, 3 incomplete, 4 a defect in assay, 130 interrupted; 3 and 130 go\n"
          "on when the same run file is run again\n";
  return text;
}

std::string group_help(const std::string& first) {
  std::string text = "usage: assay " + first + " COMMAND [flags]\n\ncommands:\n";
  std::size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  for (const Command& command : commands()) {
    if (command.name.starts_with(first + " ")) text += row(command.name, command.help, width);
  }
  return text;
}

std::string command_help(const Command& command) {
  std::string text = command.help + "\n\nusage: " + usage_line(command) + "\n";
  std::size_t width = 10;
  constexpr std::size_t kWidest = 24;
  for (const Positional& positional : command.positionals) width = std::max(width, positional.name.size());
  for (const Option& option : command.options) {
    const std::size_t size = flags_text(option).size();
    if (size <= kWidest) width = std::max(width, size);
  }
  if (!command.positionals.empty()) text += "\n";
  for (const Positional& positional : command.positionals) text += row(positional.name, positional.help, width);
  text += "\nflags:\n";
  for (const Option& option : command.options) {
    text += row(flags_text(option), option.help + (option.repeatable ? " (repeatable)" : ""), width);
  }
  text += row("-h, --help", "this text", width);
  if (!command.notes.empty()) text += "\n" + command.notes;
  if (!command.examples.empty()) text += "\nexamples:\n";
  for (const std::string& example : command.examples) text += "  " + example + "\n";
  return text;
}

std::string version_text() {
#if defined(ASSAY_LLAMA)
  const std::string engine = "llama.cpp, in this process";
#else
  const std::string engine = "none (built without local models)";
#endif
  return "assay " + program_version() + "\ncommit " + program_commit() + "\nlocal engine: " + engine + "\n";
}

}  // namespace assay::cli
