#include "suites/legalbench/starter.h"

namespace assay::legalbench {

std::vector<reading::EmbeddedFile> starter_files() {
  return {
#include "suites/legalbench_starter.inc"
  };
}

}  // namespace assay::legalbench
