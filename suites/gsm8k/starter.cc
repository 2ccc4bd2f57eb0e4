#include "suites/gsm8k/starter.h"

namespace assay::gsm8k {

std::vector<reading::EmbeddedFile> starter_files() {
  return {
#include "suites/gsm8k_starter.inc"
  };
}

}  // namespace assay::gsm8k
