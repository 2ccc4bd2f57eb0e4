// `assay suite list`.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "suites/registry.h"

namespace assay::cli {
namespace {

// "  title: word word …", broken to 80 columns.
void write_words(std::ostream& out, const std::string& title, const std::vector<std::string>& words) {
  constexpr std::size_t kColumns = 80;
  std::string line = "  " + title + ":";
  for (const std::string& word : words) {
    if (line.size() + 1 + word.size() > kColumns) {
      out << line << "\n";
      line = std::string(title.size() + 3, ' ');
    }
    line += " " + word;
  }
  out << line << "\n";
}

Result<int> list_suites(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format == "json") {
    using Json = nlohmann::ordered_json;
    Json suites = Json::array();
    for (const SuiteEntry& suite : builtin_suites()) {
      Json protocols = Json::array();
      for (const Protocol& protocol : suite.protocols) protocols.push_back(protocol.name);
      suites.push_back({{"name", suite.name},
                        {"title", suite.help},
                        {"protocols", protocols},
                        {"options", suite.options},
                        {"default_shots", suite.default_shots},
                        {"max_shots", suite.max_shots},
                        {"files", suite.files},
                        {"item_ids", suite.item_ids}});
    }
    program.out << Json{{"schema", 1}, {"suites", suites}}.dump(2) << "\n";
    return 0;
  }
  if (format != "text") return usage_error("--format: '" + format + "' is not text or json");
  for (const SuiteEntry& suite : builtin_suites()) {
    program.out << suite.name << ": " << suite.help << "\n";
    std::vector<std::string> protocols;
    for (const Protocol& protocol : suite.protocols) protocols.push_back(protocol.name);
    write_words(program.out, "protocols", protocols);
    program.out << "  shots: " << suite.default_shots << " (up to " << suite.max_shots << ")\n";
    if (!suite.options.empty()) write_words(program.out, "options", suite.options);
    for (const std::string& id : suite.item_ids) program.out << "  item: " << id << "\n";
  }
  return 0;
}

}  // namespace

Command suite_list_command() {
  return {"suite list", "lists the suites: protocols, shots, options",
          {},           {{"--format", "text|json", "of the output", false, {"text", "json"}}},
          {},           "Rows, lines and indices count from 0.\n",
          list_suites};
}

}  // namespace assay::cli
