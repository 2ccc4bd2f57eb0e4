#include "results/site/log_histogram.h"

#include <algorithm>
#include <cmath>

namespace assay::site {

void LogHistogram::add(double milliseconds) {
  if (!(milliseconds >= 0)) return;  // also a NaN
  const double octaves = std::log2(std::max(milliseconds / kFirstMs, 1.0));
  const auto at = static_cast<std::size_t>(std::min(std::floor(octaves * 4), kClasses - 1.0));
  ++counts_[at];
}

}  // namespace assay::site
