#include "harness/config/paths.h"

#include "harness/core/clock.h"
#include "harness/core/text.h"
#include "harness/core/version.h"

namespace assay {

std::string default_data_folder(const Environment& environment) {
  const std::optional<std::string> data = environment("ASSAY_DATA");
  if (data && !data->empty()) return *data;
  const std::string cache = cache_folder(environment);
  return cache.empty() ? "data" : cache + "/data";
}

std::string imported_prices_file(const Environment& environment) {
  const std::string folder = cache_folder(environment);
  return folder.empty() ? "" : folder + "/prices.csv";
}

namespace config {

Result<std::string> path(const Setting& setting, const Environment& environment) {
  auto text = words(setting);
  if (!text || (*text != "~" && !text->starts_with("~/"))) return text;
  const std::optional<std::string> home = environment("HOME");
  if (!home) return usage_error(setting.where + ": '~' needs the environment variable HOME");
  return *home + text->substr(1);
}

Result<std::string> run_path(const Setting& setting, const Environment& environment,
                             std::chrono::system_clock::time_point now) {
  auto text = path(setting, environment);
  if (!text) return text;
  std::string filled;
  std::size_t at = 0;
  while (at < text->size()) {
    const std::size_t open = text->find('{', at);
    const std::size_t close = open == std::string::npos ? open : text->find('}', open);
    if (close == std::string::npos) break;
    const std::string word = text->substr(open + 1, close - open - 1);
    filled += text->substr(at, open - at);
    if (word == "date") {
      filled += utc_text(now).substr(0, 10);
    } else if (word == "commit") {
      filled += program_commit();
    } else {
      return usage_error(setting.where + ": unknown placeholder '{" + word + "}'" +
                         did_you_mean(word, {"date", "commit"}) + "; there are {date} and {commit}");
    }
    at = close + 1;
  }
  return filled + text->substr(at);
}

}  // namespace config
}  // namespace assay
