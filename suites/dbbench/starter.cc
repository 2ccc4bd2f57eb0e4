#include "suites/dbbench/starter.h"

namespace assay::dbbench {

std::vector<reading::EmbeddedFile> starter_files() {
  return {
#include "suites/dbbench_starter.inc"
  };
}

}  // namespace assay::dbbench
