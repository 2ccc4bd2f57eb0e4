#include "results/site/pages.h"

namespace assay::site {

const std::vector<PageFile>& page_files() {
  static const std::vector<PageFile> kFiles = {
#include "results/site_assets.inc"
#include "results/site_d3.inc"
#include "results/site_d3_licence.inc"
#include "results/site_pages.inc"
  };
  return kFiles;
}

}  // namespace assay::site
