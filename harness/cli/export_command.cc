// `assay export`: a run for other tools.
#include "harness/cli/command.h"
#include "harness/core/text.h"
#include "results/report/csv.h"
#include "results/report/inspect.h"
#include "results/report/json.h"
#include "results/report/junit.h"
#include "results/report/lm_eval.h"
#include "results/report/prometheus.h"
#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"

namespace assay::cli {
namespace {

/// Writes one document or one line a record to standard output.
using StreamExport = Result<void> (*)(std::ostream& out, const RunReader& reader);
/// Writes several files into a folder and says which.
using FolderExport = Result<std::vector<std::string>> (*)(const std::string& folder, const RunReader& reader);

struct Form {
  const char* name;
  StreamExport stream = nullptr;
  FolderExport folder = nullptr;
};

Result<void> export_prometheus(std::ostream& out, const RunReader& reader) {
  auto summary = summarize(reader);
  if (!summary) return forward_error(summary);
  write_summary_prometheus(out, *summary);
  if (!out.flush()) return usage_error("the export cannot be written; check the disk and where it goes");
  return {};
}

constexpr Form kForms[] = {{"jsonl", export_jsonl},
                           {"csv", export_csv},
                           {"lm-eval", nullptr, export_lm_eval},
                           {"inspect", nullptr, export_inspect},
                           {"junit", export_junit},
                           {"prometheus", export_prometheus}};

std::vector<std::string> form_names() {
  std::vector<std::string> names;
  for (const Form& form : kForms) names.emplace_back(form.name);
  return names;
}

Result<int> export_run(const Arguments& arguments, Program& program) {
  const std::string listed = "jsonl, csv, lm-eval, inspect, junit or prometheus";
  const auto to = arguments.value("--to");
  if (!to) return usage_error("assay export: --to is missing: " + listed);
  const Form* form = nullptr;
  for (const Form& one : kForms) {
    if (*to == one.name) form = &one;
  }
  if (form == nullptr) return usage_error("--to: '" + *to + "' is not " + listed + did_you_mean(*to, form_names()));
  const std::string folder = arguments.value("--output").value_or("");
  if (form->folder != nullptr && folder.empty()) {
    return usage_error("assay export: -o is missing: " + *to + " is several files; give the folder to write them to");
  }
  if (form->folder == nullptr && !folder.empty()) {
    return usage_error("assay export: -o goes with lm-eval and inspect; " + *to + " is written to standard output");
  }
  auto reader = RunReader::open(arguments.positionals.front());
  if (!reader) return forward_error(reader);
  if (form->folder != nullptr) {
    auto files = form->folder(folder, **reader);
    if (!files) return forward_error(files);
    for (const std::string& file : *files) program.out << file << '\n';
    return 0;
  }
  auto written = form->stream(program.out, **reader);
  // A reader that has seen enough (| head) is no failure; main() tells the others apart.
  if (!written && program.out) return forward_error(written);
  return 0;
}

}  // namespace

Command export_command() {
  return {"export",
          "writes a run for other tools",
          {{"RUN", "a run file", true, false, {}}},
          {{"--to", "FORM", "jsonl, csv, lm-eval, inspect, junit or prometheus", false, form_names()},
           {"-o,--output", "DIR", "the folder for lm-eval's and inspect's files", false, {}}},
          {"assay export runs/nightly.db --to jsonl > nightly.jsonl",
           "assay export runs/nightly.db --to inspect -o logs && inspect view --log-dir logs",
           "assay export runs/nightly.db --to prometheus > /var/lib/node_exporter/assay.prom"},
          "jsonl and csv have a record a line, junit a test case a record; prometheus has the\n"
          "summary. lm-eval and inspect are that tool's own result files, a file per suite and model.\n",
          export_run};
}

}  // namespace assay::cli
