// The program: finds the command, runs it, turns what comes back into an exit code.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/cli/help.h"
#include "harness/cli/output_buffer.h"
#include "harness/core/text.h"
#include "suites/sandbox/entry.h"
#include "suites/templates/template_worker.h"
#include "suites/text_to_sql/execution/sql_worker.h"

namespace assay::cli {
namespace {

constexpr int kUsage = 2;
constexpr int kDefect = 4;

// The command that `words` start with, of one word or two; takes those words away. Null: help was asked for the first
// of two words alone.
Result<const Command*> find_command(std::vector<std::string>& words) {
  std::vector<std::string> names;
  std::string seconds;
  for (const Command& command : commands()) {
    const std::size_t blank = command.name.find(' ');
    const std::string first = command.name.substr(0, blank);
    names.push_back(first);
    if (first != words[0]) continue;
    if (blank == std::string::npos) {
      words.erase(words.begin());
      return &command;
    }
    const std::string second = command.name.substr(blank + 1);
    seconds += (seconds.empty() ? "" : ", ") + second;
    if (words.size() > 1 && words[1] == second) {
      words.erase(words.begin(), words.begin() + 2);
      return &command;
    }
  }
  if (!seconds.empty() && words.size() > 1 && (words[1] == "--help" || words[1] == "-h")) {
    return static_cast<const Command*>(nullptr);
  }
  if (!seconds.empty()) {
    const std::string given = words.size() > 1
                                  ? "not '" + words[1] + "'"
                                  : "as in 'assay " + words[0] + " " + seconds.substr(0, seconds.find(',')) + "'";
    return usage_error("assay " + words[0] + ": what? " + seconds + "; " + given);
  }
  const std::string kind = words[0].starts_with("-") ? "flag" : "command";
  if (kind == "flag") names = {"--help", "--version"};
  return usage_error("no " + kind + " '" + words[0] + "'" + did_you_mean(words[0], names) + "; see 'assay --help'");
}

bool wants_help(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "-h" || word == "--help") return true;
  }
  return false;
}

Result<int> dispatch(std::vector<std::string> words, Program& program) {
  if (words.empty()) {
    program.err << program_help();
    return kUsage;
  }
  // `assay help run` is `assay run --help`.
  if (words[0] == "help" && words.size() > 1) {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (words[0] == "-h" || words[0] == "--help" || words[0] == "help") {
    program.out << program_help();
    return 0;
  }
  if (words[0] == "--version") {
    program.out << version_text();
    return 0;
  }
  auto command = find_command(words);
  if (!command) return forward_error(command);
  if (*command == nullptr) {
    program.out << group_help(words[0]);
    return 0;
  }
  if (wants_help(words)) {
    program.out << command_help(**command);
    return 0;
  }
  auto arguments = parse_arguments((*command)->name, (*command)->options, (*command)->positionals, words);
  if (!arguments) return forward_error(arguments);
  return (*command)->run(*arguments, program);
}

int run_program(const std::vector<std::string>& words) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of a write, also of a socket's
  OutputBuffer output(STDOUT_FILENO);
  std::ostream out(&output);
  Program program{out, std::cerr, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1,
                  [](const std::string& name) -> std::optional<std::string> {
                    const char* value = std::getenv(name.c_str());
                    if (value == nullptr) return std::nullopt;
                    return std::string(value);
                  }};
  auto code = dispatch(words, program);
  out.flush();
  // Whoever reads may have seen enough (| head): no failure. Anything else is: the output is not whole.
  if (output.failure() != 0 && output.failure() != EPIPE) {
    std::cerr << "assay: standard output cannot be written: " << std::strerror(output.failure()) << std::endl;
    return kUsage;
  }
  if (code) return *code;
  // What is wrong with one command begins with its name already.
  const std::string message = on_one_line(code.error().message);
  std::cerr << (message.starts_with("assay ") ? "" : "assay: ") << message << std::endl;
  return exit_code(code.error().kind);
}

}  // namespace
}  // namespace assay::cli

int main(int count, char** arguments) {
  // Programs, queries and templates that nobody trusts run in processes that are this program, started again.
  if (const int code = assay::sandbox_entry(count, arguments); code >= 0) return code;
  if (const int code = assay::sql_worker_entry(count, arguments); code >= 0) return code;
  if (const int code = assay::template_worker_entry(count, arguments); code >= 0) return code;
  // A file that grows beyond the shell's limit is an error of writing, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return assay::cli::run_program({arguments + 1, arguments + count});
  } catch (const std::exception& defect) {
    std::cerr << "assay: a defect in assay itself: " << defect.what() << "; please report it" << std::endl;
  } catch (...) {
    std::cerr << "assay: a defect in assay itself; please report it" << std::endl;
  }
  return assay::cli::kDefect;
}
