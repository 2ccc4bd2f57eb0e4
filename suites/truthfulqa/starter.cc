#include "suites/truthfulqa/starter.h"

namespace assay::truthfulqa {

std::vector<reading::EmbeddedFile> starter_files() {
  return {
#include "suites/truthfulqa_starter.inc"
  };
}

}  // namespace assay::truthfulqa
