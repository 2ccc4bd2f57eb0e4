// A gate's outcome as JUnit XML, for the test pages of CI servers.
#pragma once

#include <ostream>

#include "results/verdict/gate.h"

namespace assay {

/// One <testsuite> "assay gate", one <testcase> a check (class: the suite, name: the check), with a <failure> where it
/// failed; an incomplete run is an <error> of a case of its own. Text that XML cannot hold is written out.
void write_gate_junit(std::ostream& out, const GateOutcome& outcome);

}  // namespace assay
