// `assay suite new`: a commented suite to begin with.
#include <filesystem>

#include "harness/cli/command.h"
#include "harness/cli/output_file.h"
#include "harness/core/text.h"
#include "results/report/text.h"
#include "suites/custom/new_suite.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

Result<void> check_free(const std::string& path) {
  std::error_code failed;
  const fs::file_status status = fs::symlink_status(path, failed);
  if (!fs::exists(status)) return {};
  return usage_error(path + ": is there already; it is not written over, choose another file");
}

Result<const custom::NewKind*> kind_of(const Arguments& arguments) {
  const std::vector<custom::NewKind>& kinds = custom::new_kinds();
  const auto wanted = arguments.value("--kind");
  if (!wanted) return &kinds.front();
  std::vector<std::string> names;
  for (const custom::NewKind& kind : kinds) {
    if (kind.name == *wanted) return &kind;
    names.emplace_back(kind.name);
  }
  return usage_error("--kind: '" + on_one_line(*wanted) + "' is not " + listed(names) + did_you_mean(*wanted, names));
}

Result<int> write_new(const Arguments& arguments, Program& program) {
  const std::string& path = arguments.positionals[0];
  const fs::path file(path);
  auto kind = kind_of(arguments);
  if (!kind) return forward_error(kind);
  if (file.extension() != ".yaml" && file.extension() != ".yml") {
    return usage_error(path + ": a suite's file ends in .yaml, by which `assay run --suite` knows it");
  }
  const std::string own_data = file.stem().string() + ".csv";
  const std::string data = arguments.value("--data-file").value_or(own_data);
  const std::string data_path = (file.parent_path() / own_data).string();
  const bool writes_data = !arguments.has("--data-file");
  if (auto free = check_free(path); !free) return forward_error(free);
  if (writes_data) {
    if (auto free = check_free(data_path); !free) return forward_error(free);
  }
  std::vector<std::string> labels;
  if (!writes_data) labels = custom::labels_in((file.parent_path() / data).string());
  const custom::NewSuite made =
      custom::new_suite(**kind, file.filename().string(), custom::name_from_file(path), data, std::move(labels));
  if (writes_data) {
    if (auto written = replace_file(data_path, made.data); !written) return forward_error(written);
  }
  if (auto written = replace_file(path, made.yaml); !written) return forward_error(written);
  program.out << "wrote " << path << (writes_data ? " and " + data_path : "") << "\n";
  program.err << "\nnext: assay suite check " << path << "\n";
  if (!(*kind)->run_as.empty()) {
    program.err << "then: assay run --suite " << path << (*kind)->run_as << " --model REF\n";
  }
  return 0;
}

}  // namespace

Command suite_new_command() {
  Command command;
  command.name = "suite new";
  command.help = "writes a commented custom suite and a small data file to begin with";
  command.positionals = {{"FILE.yaml", "the suite's file; nothing is written over", true, false, {}}};
  std::vector<std::string> names;
  for (const custom::NewKind& kind : custom::new_kinds()) {
    names.emplace_back(kind.name);
    command.notes += "  " + report::left(std::string(kind.name), 15) + std::string(kind.help) + "\n";
  }
  command.notes = "kinds:\n" + command.notes;
  command.options = {{"--kind", "KIND", "what the suite asks, one of those below; default: labels", false, names},
                     {"--data-file", "FILE", "data that is there already, as seen from the suite's folder", false, {}}};
  command.examples = {"assay suite new support.yaml", "assay suite new support.yaml --data-file questions.csv",
                      "assay suite new summaries.yaml --kind summarisation"};
  command.run = write_new;
  return command;
}

}  // namespace assay::cli
