// `assay completion SHELL`: completion scripts, written from the table of commands.
#include <string>

#include "harness/cli/command.h"

namespace assay::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Every word that may follow a command: its flags and the choices of its positionals.
std::string words_of(const Command& command) {
  std::vector<std::string> words{"--help"};
  for (const Option& option : command.options) words.push_back(option.name());
  for (const Positional& positional : command.positionals) {
    words.insert(words.end(), positional.choices.begin(), positional.choices.end());
  }
  return joined(words);
}

// First words, and the second words of each first word that has them.
std::vector<std::string> first_words() {
  std::vector<std::string> words;
  for (const Command& command : commands()) {
    const std::string word = command.name.substr(0, command.name.find(' '));
    if (words.empty() || words.back() != word) words.push_back(word);
  }
  return words;
}

std::vector<std::string> second_words(const std::string& first) {
  std::vector<std::string> words;
  for (const Command& command : commands()) {
    if (command.name.starts_with(first + " ")) words.push_back(command.name.substr(first.size() + 1));
  }
  return words;
}

std::string bash_script() {
  std::string text =
      "# bash completion for assay\n"
      "_assay() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local command=${COMP_WORDS[1]} words=\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"" +
      joined(first_words()) +
      " --help --version\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n";
  for (const std::string& first : first_words()) {
    const std::vector<std::string> seconds = second_words(first);
    if (seconds.empty()) continue;
    text += "    " + first + ")\n      if [ \"$COMP_CWORD\" -eq 2 ]; then\n        COMPREPLY=($(compgen -W \"" +
            joined(seconds) +
            "\" -- \"$word\"))\n        return\n      fi\n      command=\"$command ${COMP_WORDS[2]}\" ;;\n";
  }
  text += "  esac\n  case \"$command $previous\" in\n";
  for (const Command& command : commands()) {
    for (const Option& option : command.options) {
      if (option.choices.empty()) continue;
      text += "    '" + command.name + " " + option.name() + "') COMPREPLY=($(compgen -W \"" + joined(option.choices) +
              "\" -- \"$word\")); return ;;\n";
    }
  }
  text += "  esac\n  case $command in\n";
  for (const Command& command : commands())
    text += "    '" + command.name + "') words=\"" + words_of(command) + "\" ;;\n";
  text +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "}\n"
      "complete -o default -F _assay assay\n";
  return text;
}

// Single quotes inside single quotes, as sh and fish read them.
std::string shell_quoted(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + safe + "'";
}

// zsh's _arguments reads [ ] : in descriptions as its own.
std::string zsh_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string zsh_script() {
  std::string text =
      "#compdef assay\n"
      "_assay() {\n"
      "  if (( CURRENT == 2 )); then\n"
      "    compadd -- " +
      joined(first_words()) +
      " --help --version\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  case $command in\n";
  for (const std::string& first : first_words()) {
    const std::vector<std::string> seconds = second_words(first);
    if (seconds.empty()) continue;
    text += "    " + first + ")\n      if (( CURRENT == 3 )); then compadd -- " + joined(seconds) +
            "; return; fi\n      command=\"$command $words[3]\" ;;\n";
  }
  text += "  esac\n  case $command in\n";
  for (const Command& command : commands()) {
    text += "    " + shell_quoted(command.name) + ")\n      _arguments '--help[this text]'";
    for (const Option& option : command.options) {
      std::string spec = option.name() + "[" + zsh_text(option.help) + "]";
      if (option.repeatable) spec = "*" + spec;
      if (!option.choices.empty()) {
        spec += ":value:(" + joined(option.choices) + ")";
      } else if (!option.value.empty()) {
        spec += ":" + zsh_text(option.value) + ":_files";
      }
      text += " \\\n        " + shell_quoted(spec);
    }
    std::string rest = "*:argument:_files";
    for (const Positional& positional : command.positionals) {
      if (!positional.choices.empty()) rest = "*:" + positional.name + ":(" + joined(positional.choices) + ")";
    }
    text += " \\\n        " + shell_quoted(rest) + " ;;\n";
  }
  text += "  esac\n}\n_assay \"$@\"\n";
  return text;
}

std::string fish_script() {
  std::string text =
      "# fish completion for assay\n"
      "complete -c assay -n __fish_use_subcommand -l help -d 'this text'\n"
      "complete -c assay -n __fish_use_subcommand -l version -d 'version, commit and engine'\n";
  for (const std::string& first : first_words()) {
    std::string help;
    for (const Command& command : commands()) {
      if (command.name == first) help = command.help;
    }
    text += "complete -c assay -f -n __fish_use_subcommand -a " + first + " -d " + shell_quoted(help) + "\n";
    for (const std::string& second : second_words(first)) {
      text += "complete -c assay -f -n '__fish_seen_subcommand_from " + first + "' -a " + second + "\n";
    }
  }
  for (const Command& command : commands()) {
    const std::size_t blank = command.name.find(' ');
    std::string condition = "__fish_seen_subcommand_from " + command.name.substr(0, blank);
    if (blank != std::string::npos) condition += "; and __fish_seen_subcommand_from " + command.name.substr(blank + 1);
    for (const Option& option : command.options) {
      text += "complete -c assay -n " + shell_quoted(condition) + " -l " + option.name().substr(2);
      if (!option.value.empty()) text += " -r";
      if (!option.choices.empty()) text += " -f -a " + shell_quoted(joined(option.choices));
      text += " -d " + shell_quoted(option.help) + "\n";
    }
    for (const Positional& positional : command.positionals) {
      if (positional.choices.empty()) continue;
      text += "complete -c assay -f -n " + shell_quoted(condition) + " -a " + shell_quoted(joined(positional.choices)) +
              "\n";
    }
  }
  return text;
}

Result<int> write_completion(const Arguments& arguments, Program& program) {
  const std::string& shell = arguments.positionals.front();
  program.out << (shell == "bash" ? bash_script() : shell == "zsh" ? zsh_script() : fish_script());
  return 0;
}

}  // namespace

Command completion_command() {
  return {"completion",
          "writes a shell's completion script",
          {{"SHELL", "bash, zsh or fish", true, false, {"bash", "zsh", "fish"}}},
          {},
          {"source <(assay completion bash)"},
          "",
          write_completion};
}

}  // namespace assay::cli
