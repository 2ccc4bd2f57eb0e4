// The process that renders templates nobody trusts: the program itself, started again with a hidden first argument.
#pragma once

namespace assay {

/// Call first in main(). Where the program was started as a template worker this serves until the socket closes and
/// returns the exit code (0 or more); otherwise it returns -1 at once and nothing has happened.
///
/// The process limits itself before it reads anything: memory, processor time, no files at all, no new privileges. A
/// template that loops for ever, fills the memory or nests without end ends its worker and nothing else.
int template_worker_entry(int argc, char** argv);

}  // namespace assay
