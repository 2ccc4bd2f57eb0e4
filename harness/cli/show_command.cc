// `assay show`: the summary of a run, or one item whole.
#include <algorithm>
#include <set>

#include "harness/cli/command.h"
#include "harness/core/text.h"
#include "results/report/console.h"
#include "results/report/csv.h"
#include "results/report/json.h"
#include "results/report/markdown.h"
#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"

namespace assay::cli {
namespace {

const std::vector<std::string>& show_formats() {
  static const std::vector<std::string> names{"text", "json", "csv", "markdown"};
  return names;
}

// The nearest stored id, for a message.
std::string nearest_item(const RunReader& reader, const std::string& item) {
  constexpr std::size_t kEnough = 20'000;
  std::set<std::string> ids;
  const auto visited = reader.for_each(false, [&](const Record& record) {
    ids.insert(record.item.id);
    return ids.size() < kEnough;
  });
  if (!visited) return "";
  return did_you_mean(item, {ids.begin(), ids.end()});
}

Result<int> show_item(const RunReader& reader, const std::string& run, const std::string& item,
                      const std::string& format, Program& program) {
  if (auto whole = reader.verify(); !whole) return forward_error(whole);
  auto records = reader.find(item);
  if (!records) return forward_error(records);
  if (records->empty()) {
    return usage_error(run + ": has no item '" + item + "'" + nearest_item(reader, item) +
                       "; ids look like 'mmlu/astronomy/17'");
  }
  if (format == "json") {
    write_records_json(program.out, *records, reader.results());
    return 0;
  }
  if (format == "csv") {
    write_records_csv(program.out, *records, reader.results());
    return 0;
  }
  for (const Record& record : *records) {
    const ResultInfo& info = reader.results().at(static_cast<std::size_t>(record.result));
    if (&record != &records->front()) program.out << '\n';
    if (format == "markdown") {
      write_record_markdown(program.out, record, info);
    } else {
      write_record_console(program.out, record, info, console_style(program.out_is_terminal));
    }
  }
  return 0;
}

Result<int> show(const Arguments& arguments, Program& program) {
  const std::string format = arguments.value("--format").value_or("text");
  if (std::find(show_formats().begin(), show_formats().end(), format) == show_formats().end()) {
    return usage_error("--format: '" + format + "' is not text, json, csv or markdown" +
                       did_you_mean(format, show_formats()));
  }
  const std::string& run = arguments.positionals.front();
  auto reader = RunReader::open(run);
  if (!reader) return forward_error(reader);
  if (const auto item = arguments.value("--item")) return show_item(**reader, run, *item, format, program);
  auto summary = summarize(**reader);
  if (!summary) return forward_error(summary);
  const ConsoleStyle style = console_style(program.out_is_terminal);
  if (format == "json") {
    write_summary_json(program.out, *summary);
  } else if (format == "csv") {
    write_summary_csv(program.out, *summary);
  } else if (format == "markdown") {
    write_summary_markdown(program.out, *summary);
  } else {
    write_summary_console(program.out, *summary, style);
    if (arguments.has("--groups")) write_groups_console(program.out, *summary, style);
  }
  return 0;
}

}  // namespace

Command show_command() {
  return {"show",
          "shows the summary of a run, or one item whole",
          {{"RUN", "a run file", true, false, {}}},
          {{"--item", "ID", "every record of one item: prompt, answer, score and why", false, {}},
           {"--groups", "", "subjects, categories and other groups too (text)", false, {}},
           {"--format", "text|json|csv|markdown", "of the output", false, show_formats()}},
          {"assay show runs/nightly.db", "assay show runs/nightly.db --item mmlu/astronomy/17 --format json"},
          "",
          show};
}

}  // namespace assay::cli
