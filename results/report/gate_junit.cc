#include "results/report/gate_junit.h"

#include <algorithm>

#include "results/report/xml_text.h"

namespace assay {

using report::xml_text;

void write_gate_junit(std::ostream& out, const GateOutcome& outcome) {
  const auto failures =
      std::count_if(outcome.checks.begin(), outcome.checks.end(), [](const GateCheck& check) { return !check.passed; });
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      << "<testsuites>\n  <testsuite name=\"assay gate\" tests=\""
      << outcome.checks.size() + (outcome.incomplete ? 1 : 0) << "\" failures=\"" << failures << "\" errors=\""
      << (outcome.incomplete ? 1 : 0) << "\">\n";
  for (const GateCheck& check : outcome.checks) {
    out << "    <testcase classname=\"" << xml_text(check.suite) << "\" name=\"" << gate_check_name(check.kind)
        << "\">";
    if (!check.passed) out << "<failure message=\"" << xml_text(check.message) << "\"/>";
    out << "<system-out>" << xml_text(check.message) << "</system-out></testcase>\n";
  }
  if (outcome.incomplete) {
    out << "    <testcase classname=\"run\" name=\"complete\"><error message=\"the candidate's run is incomplete\"/>"
        << "</testcase>\n";
  }
  out << "  </testsuite>\n</testsuites>\n";
}

}  // namespace assay
