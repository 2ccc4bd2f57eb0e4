#include "suites/winogrande/starter.h"

namespace assay::winogrande {

std::vector<reading::EmbeddedFile> starter_files() {
  return {
#include "suites/winogrande_starter.inc"
  };
}

}  // namespace assay::winogrande
