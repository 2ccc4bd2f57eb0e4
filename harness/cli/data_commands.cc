// `assay data list` and `assay data verify`: which data sets are there, and whether they are whole.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/data_folder.h"
#include "harness/config/paths.h"
#include "harness/core/hash.h"
#include "suites/registry.h"

namespace assay::cli {
namespace {

// What is published of a data set: how many items its authors count, and their files' hashes where known.
struct Edition {
  const char* suite;
  std::int64_t items;
  const char* what;
  const char* file;    ///< a file of it whose bytes are known; empty: none
  const char* sha256;  ///< of that file, not compressed
};

const std::vector<Edition>& editions() {
  static const std::vector<Edition> all{
      {"mmlu", 14'042, "the authors' test split of 57 subjects", "", ""},
      {"hellaswag", 10'042, "the authors' validation split", "hellaswag/hellaswag_val.jsonl",
       "0aa3b88843990f3f10a97b9575c94d7b71fb2205240ba04ae4884d9e9c992588"},
      {"winogrande", 1'267, "the authors' validation set", "", ""},
      {"arc_easy", 2'376, "the authors' test set", "", ""},
      {"arc_challenge", 1'172, "the authors' test set", "", ""},
      {"truthfulqa_mc1", 817, "the first release", "", ""},
      {"truthfulqa_mc2", 817, "the first release", "", ""},
      {"dbbench", 300, "the authors' standard split", "", ""},
      {"gsm8k", 1'319, "the authors' test set", "gsm8k/test.jsonl",
       "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14"},
  };
  return all;
}

struct FileState {
  std::string suite;
  std::string state;  ///< "good", "other" (readable, but not the published number of items), "missing", "bad"
  std::int64_t items = 0;
  std::string sha256;
  std::string detail;
};

std::string data_folder(const Arguments& arguments, const Program& program) {
  return arguments.value("--data").value_or(default_data_folder(program.environment));
}

Result<std::vector<std::shared_ptr<const SuiteEntry>>> wanted_suites(const Arguments& arguments) {
  std::vector<std::shared_ptr<const SuiteEntry>> suites;
  for (const std::string& name : arguments.positionals) {
    auto suite = find_suite(name);
    if (!suite) return forward_error(suite);
    suites.push_back(*suite);
  }
  if (suites.empty()) {
    for (const SuiteEntry& suite : builtin_suites()) suites.emplace_back(std::shared_ptr<void>(), &suite);
  }
  return suites;
}

// Reads every item once, as a run would.
FileState verify(const SuiteEntry& entry, const std::string& folder) {
  FileState verdict;
  verdict.suite = entry.name;
  const auto bad = [&](const std::string& why, const char* state) {
    verdict.state = state;
    verdict.detail = why;
    return verdict;
  };
  if (const auto found = find_data_files(entry, folder); !found.missing.empty()) {
    return bad("no " + folder + "/" + found.missing.front() + " (plain or .gz)", "missing");
  }
  SuiteOptions options;
  options.data_dir = folder;
  options.protocol = entry.protocols.front().name;
  options.shots = entry.default_shots;
  auto suite = entry.make(options);
  if (!suite) return bad(suite.error().message, "bad");
  auto source = (*suite)->load();
  if (!source) return bad(source.error().message, "bad");
  while (true) {
    auto item = (*source)->next();
    if (!item) return bad(item.error().message, "bad");
    if (!*item) break;
    ++verdict.items;
  }
  auto sha256 = (*suite)->data_sha256();
  if (!sha256) return bad(sha256.error().message, "bad");
  verdict.sha256 = *sha256;
  verdict.state = "good";
  for (const Edition& edition : editions()) {
    if (entry.name != edition.suite) continue;
    verdict.detail = "as many items as " + std::string(edition.what);
    if (verdict.items != edition.items) {
      verdict.state = "other";
      verdict.detail = std::string(edition.what) + " has " + std::to_string(edition.items) + " items";
    }
    const std::string path = folder + "/" + edition.file;
    if (*edition.file == '\0' || !std::filesystem::is_regular_file(path)) continue;
    const auto hash = sha256_file(path);
    const bool same = hash && *hash == edition.sha256;
    verdict.detail += same ? "; byte for byte the authors' file" : "; not byte for byte the authors' file";
  }
  return verdict;
}

Result<bool> wants_json(const Arguments& arguments) {
  const std::string format = arguments.value("--format").value_or("text");
  if (format == "json") return true;
  if (format == "text") return false;
  return usage_error("--format: '" + format + "' is not text or json");
}

Result<int> list_data(const Arguments& arguments, Program& program) {
  auto json = wants_json(arguments);
  if (!json) return forward_error(json);
  auto suites = wanted_suites(arguments);
  if (!suites) return forward_error(suites);
  const std::string folder = data_folder(arguments, program);
  nlohmann::ordered_json listed = nlohmann::ordered_json::array();
  if (!*json) program.out << "data folder: " << folder << "\n";
  for (const auto& suite : *suites) {
    const DataFiles found = find_data_files(*suite, folder);
    if (*json) {
      listed.push_back({{"suite", suite->name},
                        {"found", found.missing.empty()},
                        {"files", found.files},
                        {"missing", found.missing}});
    } else if (found.missing.empty()) {
      program.out << suite->name << ": " << found.files << (found.files == 1 ? " file\n" : " files\n");
    } else {
      program.out << suite->name << ": no " << found.missing.front() << "\n";
    }
  }
  if (*json) {
    const nlohmann::ordered_json document{{"schema", 1}, {"folder", folder}, {"suites", listed}};
    program.out << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  }
  return 0;
}

Result<int> verify_data(const Arguments& arguments, Program& program) {
  constexpr int kWrong = 2;
  auto json = wants_json(arguments);
  if (!json) return forward_error(json);
  auto suites = wanted_suites(arguments);
  if (!suites) return forward_error(suites);
  const bool named = !arguments.positionals.empty();
  const std::string folder = data_folder(arguments, program);
  nlohmann::ordered_json verdicts = nlohmann::ordered_json::array();
  int code = 0;
  std::size_t missing = 0;
  for (const auto& suite : *suites) {
    const FileState verdict = verify(*suite, folder);
    if (verdict.state == "missing") ++missing;
    if (verdict.state == "bad" || (verdict.state == "missing" && named)) code = kWrong;
    if (*json) {
      verdicts.push_back({{"suite", verdict.suite},
                          {"state", verdict.state},
                          {"items", verdict.items},
                          {"sha256", verdict.sha256.empty() ? nlohmann::ordered_json(nullptr)
                                                            : nlohmann::ordered_json(verdict.sha256)},
                          {"detail", verdict.detail}});
      continue;
    }
    program.out << verdict.suite << ": " << verdict.state;
    if (!verdict.sha256.empty()) program.out << ", " << verdict.items << " items, SHA-256 " << verdict.sha256;
    program.out << (verdict.detail.empty() ? "" : "; ") << verdict.detail << "\n";
  }
  if (missing == suites->size()) code = kWrong;
  if (*json) {
    const nlohmann::ordered_json document{{"schema", 1}, {"folder", folder}, {"suites", verdicts}};
    program.out << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  }
  return code;
}

std::vector<Option> data_options() {
  return {{"--data", "DIR", "where the data sets are; default $ASSAY_DATA or the user's cache", false, {}},
          {"--format", "text|json", "of the output", false, {"text", "json"}}};
}

std::vector<Positional> suite_positionals() { return {{"SUITE", "only these; default: all", false, true, {}}}; }

}  // namespace

Command data_list_command() {
  return {"data list",
          "lists which suites' data sets are there",
          suite_positionals(),
          data_options(),
          {"assay data list --data DIR"},
          "",
          list_data};
}

Command data_verify_command() {
  return {"data verify",
          "reads every item of the data sets and says what is wrong",
          suite_positionals(),
          data_options(),
          {"assay data verify hellaswag --data DIR"},
          "Exit code 2 where a file is wrong, a named suite's is missing, or none is there.\n",
          verify_data};
}

}  // namespace assay::cli
