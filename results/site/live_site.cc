#include "results/site/live_site.h"

#include <sys/stat.h>

#include <filesystem>
#include <utility>

namespace assay::site {
namespace {

/// What changes when a run is written to: its file, or the log beside it.
std::string state_of(const std::string& path) {
  std::string state;
  for (const char* suffix : {"", "-wal"}) {
    struct stat status {};
    if (stat((path + suffix).c_str(), &status) != 0) continue;
    state += std::to_string(status.st_size) + "." + std::to_string(status.st_mtim.tv_sec) + "." +
             std::to_string(status.st_mtim.tv_nsec) + " ";
  }
  return state;
}

std::map<std::string, std::string> states_in(const std::string& folder) {
  std::map<std::string, std::string> states;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".db") states.emplace(entry.path().string(), state_of(entry.path().string()));
  }
  return states;
}

}  // namespace

LiveSite::LiveSite(std::string runs, std::string folder) : runs_(std::move(runs)), site_(std::move(folder)) {
  site_.mark_live();
}

Result<std::vector<std::string>> LiveSite::refresh() {
  std::vector<std::string> problems;
  std::map<std::string, std::string> now = states_in(runs_);
  bool changed = !written_;
  for (const auto& [path, state] : states_) {
    if (now.contains(path)) continue;
    site_.remove_run(path);
    changed = true;
  }
  for (const auto& [path, state] : now) {
    const auto known = states_.find(path);
    if (known != states_.end() && known->second == state) continue;
    changed = true;
    if (auto added = site_.add_run(path); !added) {
      site_.remove_run(path);
      problems.push_back(added.error().message);
    }
  }
  states_ = std::move(now);
  if (!changed) return problems;
  if (auto written = site_.finish(); !written) return forward_error(written);
  written_ = true;
  return problems;
}

}  // namespace assay::site
