// A test program of suites that start this very program again, as sandbox, SQL worker or template worker.
#include "suites/sandbox/entry.h"
#include "suites/templates/template_worker.h"
#include "suites/text_to_sql/execution/sql_worker.h"
#include "tests/catch_session.h"

int main(int argc, char** argv) {
  if (const int code = assay::sandbox_entry(argc, argv); code >= 0) return code;
  if (const int code = assay::sql_worker_entry(argc, argv); code >= 0) return code;
  if (const int code = assay::template_worker_entry(argc, argv); code >= 0) return code;
  return run_tests(argc, argv);
}
