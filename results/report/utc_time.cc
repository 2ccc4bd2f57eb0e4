#include "results/report/utc_time.h"

#include <ctime>

namespace assay::report {

std::optional<double> unix_seconds(const std::string& utc) {
  std::tm parts{};
  const char* end = strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || end != utc.c_str() + utc.size()) return std::nullopt;
  return static_cast<double>(timegm(&parts));
}

}  // namespace assay::report
