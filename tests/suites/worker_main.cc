// A test program of suites that start this very program again, as sandbox, SQL worker or template worker.
#ifdef ASSAY_CATCH3
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "suites/sandbox/entry.h"
#include "suites/templates/template_worker.h"
#include "suites/text_to_sql/execution/sql_worker.h"

int main(int argc, char** argv) {
  if (const int code = assay::sandbox_entry(argc, argv); code >= 0) return code;
  if (const int code = assay::sql_worker_entry(argc, argv); code >= 0) return code;
  if (const int code = assay::template_worker_entry(argc, argv); code >= 0) return code;
  return Catch::Session().run(argc, argv);
}
