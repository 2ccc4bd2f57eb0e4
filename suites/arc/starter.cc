#include "suites/arc/starter.h"

namespace assay::arc {

std::vector<reading::EmbeddedFile> starter_files() {
  return {
#include "suites/arc_starter.inc"
  };
}

}  // namespace assay::arc
