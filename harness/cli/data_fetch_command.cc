// `assay data fetch`: brings public data sets, each file pinned by SHA-256.
#include <algorithm>
#include <charconv>

#include "harness/cli/command.h"
#include "harness/config/paths.h"
#include "harness/core/text.h"
#include "harness/fetch/data_sets.h"
#include "harness/fetch/fetch_set.h"

namespace assay::cli {
namespace {

// A suite's name stands for all its sets.
Result<std::vector<const DataSet*>> wanted_sets(const std::vector<std::string>& names) {
  std::vector<const DataSet*> sets;
  std::vector<std::string> known;
  for (const DataSet& set : data_sets()) {
    std::vector<std::string> names_of_set = set.suites;
    names_of_set.push_back(set.name);
    for (const std::string& name : names_of_set) {
      if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
    }
  }
  for (const std::string& name : names) {
    bool is_known = false;
    for (const DataSet& set : data_sets()) {
      if (set.name != name && std::find(set.suites.begin(), set.suites.end(), name) == set.suites.end()) continue;
      is_known = true;
      if (std::find(sets.begin(), sets.end(), &set) == sets.end()) sets.push_back(&set);
    }
    if (is_known) continue;
    return usage_error("assay data fetch: no data set '" + name + "'" + did_you_mean(name, known) + "; there are " +
                       listed(known));
  }
  return sets;
}

Result<double> timeout_s(const Arguments& arguments, double otherwise) {
  const auto text = arguments.value("--timeout");
  if (!text) return otherwise;
  double value = 0;
  const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failed != std::errc() || end != text->data() + text->size() || !(value > 0 && value <= 86'400)) {
    return usage_error("--timeout: '" + *text + "' is not a number of seconds above 0");
  }
  return value;
}

Result<int> fetch_data(const Arguments& arguments, Program& program) {
  auto sets = wanted_sets(arguments.positionals);
  if (!sets) return forward_error(sets);
  const std::string folder = arguments.value("--data").value_or(default_data_folder(program.environment));
  if (folder.empty()) return usage_error("no place for data sets: give --data DIR, or set ASSAY_DATA or HOME");
  const std::string from = arguments.value("--from").value_or("");
  SourceSettings settings;
  settings.environment = program.environment;
  settings.download.log = [&](const std::string& line) { program.err << on_one_line(line) << std::endl; };
  auto timeout = timeout_s(arguments, settings.download.idle_timeout_s);
  if (!timeout) return forward_error(timeout);
  settings.download.idle_timeout_s = *timeout;
  for (const DataSet* set : *sets) {
    program.err << "fetching " << set->name << " (" << set->licence << ")" << std::endl;
    auto fetched = fetch_set(*set, folder, from, settings);
    if (!fetched) return forward_error(fetched);
    program.out << set->name << ": " << fetched->fetched << " fetched, " << fetched->there << " there already";
    if (!fetched->unpublished.empty()) program.out << ", " << fetched->unpublished.size() << " not published";
    program.out << "\n";
    if (!fetched->unpublished.empty()) {
      program.err << set->name << ": no one publishes " << fetched->unpublished.front() << " and "
                  << fetched->unpublished.size() - 1 << " others; a mirror may have them (--from)" << std::endl;
    }
  }
  return 0;
}

}  // namespace

Command data_fetch_command() {
  std::string notes = "data sets, with their licences:\n";
  for (const DataSet& set : data_sets()) {
    const std::string suites = listed(set.suites);
    notes += "  " + set.name + (set.name == suites ? "" : " (" + suites + ")") + ": " + set.licence + "\n";
  }
  notes +=
      "A file appears only when it is whole and its SHA-256 is the pinned one; what was\n"
      "interrupted goes on where it stopped. Exit code 2 where that cannot be had.\n";
  return {"data fetch",
          "fetches public data sets, pinned by SHA-256",
          {{"SUITE", "a suite, or one of its data sets", true, true, {}}},
          {{"--data", "DIR", "where to; default $ASSAY_DATA or the user's cache", false, {}},
           {"--from", "DIR|URL", "a mirror: a folder, a base URL, or an archive (.zip, .tar.gz)", false, {}},
           {"--timeout", "S", "seconds without a byte before the server is asked again; default 30", false, {}}},
          {"assay data fetch mmlu humaneval", "assay data fetch spider --from spider.zip --data DIR"},
          notes,
          fetch_data};
}

}  // namespace assay::cli
