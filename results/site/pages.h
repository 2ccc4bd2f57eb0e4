// The pages' own files (HTML, style, scripts, the chart library), which travel inside the program.
#pragma once

#include <string_view>
#include <vector>

namespace assay::site {

/// A file of every site.
struct PageFile {
  std::string_view name;  ///< below the site's folder: "index.html", "assets/site.css"
  std::string_view content;
};

[[nodiscard]] const std::vector<PageFile>& page_files();

}  // namespace assay::site
