// A site that follows a folder of run files (`assay serve`).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/site/site.h"

namespace assay::site {

/// Keeps a site up to date with the *.db files of a folder, runs in progress included. Not thread-safe; readers of the
/// site's files always see whole ones.
class LiveSite {
 public:
  /// `runs` is the folder of run files, `folder` the site's.
  LiveSite(std::string runs, std::string folder);

  /// Reads what is new or has changed and writes the site anew where anything did. Returns a line for each file that
  /// cannot be shown, once for each state of it. Errors: those of writing.
  [[nodiscard]] Result<std::vector<std::string>> refresh();

 private:
  std::string runs_;
  Site site_;
  std::map<std::string, std::string> states_;  ///< of each file when it was read: sizes and times
  bool written_ = false;
};

}  // namespace assay::site
