#include "results/report/junit.h"

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/cut_name.h"
#include "harness/core/strategy.h"
#include "results/report/text.h"
#include "results/report/xml_text.h"

namespace assay {
namespace {

using report::xml_text;

constexpr std::size_t kLongestSuiteName = 120;  ///< of a model's name: CI pages show it in one line

struct Counts {
  std::int64_t tests = 0;
  std::int64_t failures = 0;
  std::int64_t errors = 0;
  double seconds = 0;
};

/// A mean over several metrics' samples need not be whole: what is not wholly right is a failure.
bool wrong(const Record& record) { return record.score && record.score->value < 1; }

double seconds_of(const Record& record) { return record.completion.timings.total_ms.value_or(0) / 1000; }

Result<std::vector<Counts>> count(const RunReader& reader) {
  std::vector<Counts> counts(reader.results().size());
  auto read = reader.for_each(false, [&](const Record& record) {
    Counts& one = counts[static_cast<std::size_t>(record.result)];
    ++one.tests;
    if (wrong(record)) ++one.failures;
    if (record.completion.failure) ++one.errors;
    one.seconds += seconds_of(record);
    return true;
  });
  if (!read) return forward_error(read);
  return counts;
}

void write_counts(std::ostream& out, const Counts& counts) {
  out << " tests=\"" << counts.tests << "\" failures=\"" << counts.failures << "\" errors=\"" << counts.errors
      << "\" time=\"" << report::exact_text(counts.seconds) << '"';
}

void write_case(std::ostream& out, const Record& record, const ResultInfo& info) {
  std::string name = record.item.id;
  if (info.samples > 1) name += " #" + std::to_string(record.request.sample);
  std::string group = info.suite;
  for (const Group& one : record.item.groups) group += "." + one.name;
  out << "    <testcase classname=\"" << xml_text(group) << "\" name=\"" << xml_text(name) << "\" time=\""
      << report::exact_text(seconds_of(record)) << '"';
  if (record.completion.failure) {
    out << "><error type=\"" << failure_name(record.completion.failure->kind) << "\" message=\""
        << xml_text(record.completion.failure->message) << "\"/></testcase>\n";
  } else if (wrong(record)) {
    out << "><failure type=\"" << xml_text(info.suite) << "\" message=\"" << xml_text(record.score->why) << "\">"
        << xml_text(record.score->detail) << "</failure></testcase>\n";
  } else {
    out << "/>\n";
  }
}

}  // namespace

Result<void> export_junit(std::ostream& out, const RunReader& reader) {
  auto counts = count(reader);
  if (!counts) return forward_error(counts);
  Counts all;
  for (const Counts& one : *counts) {
    all = {all.tests + one.tests, all.failures + one.failures, all.errors + one.errors, all.seconds + one.seconds};
  }
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"assay\"";
  write_counts(out, all);
  out << ">\n";
  std::size_t next = 0;  // the test suite that begins next
  const auto close = [&] {
    if (next > 0) out << "  </testsuite>\n";
  };
  const auto open_up_to = [&](std::size_t end) {
    for (; next < end; ++next) {
      close();
      const ResultInfo& info = reader.results()[next];
      const std::string strategy = strategy_of(info.options);
      out << "  <testsuite name=\""
          << xml_text(info.suite + " " + (strategy.empty() ? "" : strategy + " ") + info.protocol + " " +
                      cut_name(info.model.name, kLongestSuiteName))
          << "\" timestamp=\"" << xml_text(reader.run().started) << '"';
      write_counts(out, (*counts)[next]);
      out << ">\n";
    }
  };
  auto read = reader.for_each(true, [&](const Record& record) {
    const auto result = static_cast<std::size_t>(record.result);
    open_up_to(result + 1);
    write_case(out, record, reader.results()[result]);
    return out.good();
  });
  if (!read) return read;
  open_up_to(reader.results().size());
  close();
  out << "</testsuites>\n";
  if (!out.flush()) return usage_error("the export cannot be written; check the disk and where it goes");
  return {};
}

}  // namespace assay
