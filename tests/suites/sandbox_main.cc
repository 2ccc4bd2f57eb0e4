// A test program that runs sandboxes must be able to be its confined processes, too.
#include "suites/sandbox/entry.h"
#include "tests/catch_session.h"

int main(int argc, char** argv) {
  if (const int confined = assay::sandbox_entry(argc, argv); confined >= 0) return confined;
  return run_tests(argc, argv);
}
