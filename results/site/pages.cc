#include "results/site/pages.h"

namespace assay::site {

const std::vector<PageFile>& page_files() {
  static const std::vector<PageFile> kFiles = {
#include ASSAY_PAGES_FILE
#include ASSAY_ASSETS_FILE
#include ASSAY_D3_FILE
  };
  return kFiles;
}

}  // namespace assay::site
