#include "suites/mbpp/starter.h"

namespace assay::mbpp {

std::vector<reading::EmbeddedFile> starter_files() {
  return {
#include "suites/mbpp_starter.inc"
  };
}

}  // namespace assay::mbpp
