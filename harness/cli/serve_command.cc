// `assay serve`: the leaderboard's pages, live, on this machine alone.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <thread>

#include "harness/cli/command.h"
#include "harness/cli/signals.h"
#include "results/site/live_site.h"
#include "results/site/web_server.h"

namespace assay::cli {
namespace {

constexpr int kPort = 7357;

/// A folder of our own that is gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "assay-serve-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<int> port_of(const Arguments& arguments) {
  const auto given = arguments.value("--port");
  if (!given) return kPort;
  int port = -1;
  const auto read = std::from_chars(given->data(), given->data() + given->size(), port);
  if (read.ec != std::errc() || read.ptr != given->data() + given->size() || port < 0 || port > 65535) {
    return usage_error("--port: '" + *given + "' is not a port; give 1 to 65535, or 0 for any that is free");
  }
  return port;
}

/// Looks again once a second, and less often where looking takes long, until it is told to stop.
Result<void> follow(site::LiveSite& site, const StopSignal& stop, std::ostream& err) {
  using Clock = std::chrono::steady_clock;
  while (stop.level.load() == 0) {
    const auto begun = Clock::now();
    auto problems = site.refresh();
    if (!problems) return forward_error(problems);
    for (const std::string& problem : *problems) err << "assay: not shown: " << problem << std::endl;
    const auto took = Clock::now() - begun;
    const auto until = Clock::now() + std::max<Clock::duration>(std::chrono::seconds(1), took * 5);
    while (stop.level.load() == 0 && Clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return {};
}

Result<int> serve(const Arguments& arguments, Program& program) {
  const std::string runs = arguments.positionals.empty() ? "runs" : arguments.positionals.front();
  std::error_code error;
  if (!std::filesystem::is_directory(runs, error)) {
    return usage_error("assay serve: '" + runs + "' is no folder; give the one that holds the run files");
  }
  auto port = port_of(arguments);
  if (!port) return forward_error(port);
  const ScratchFolder folder;
  if (folder.path().empty()) return usage_error("assay serve: no temporary folder can be made; set TMPDIR to one");
  site::LiveSite site(runs, folder.path());
  const StopOnSignals signals;
  auto first = site.refresh();
  if (!first) return forward_error(first);
  for (const std::string& problem : *first) program.err << "assay: not shown: " << problem << std::endl;
  auto server = site::WebServer::start(folder.path(), *port);
  if (!server) return forward_error(server);
  program.out << "http://127.0.0.1:" << (*server)->port() << "/" << std::endl;
  if (auto followed = follow(site, signals.stop(), program.err); !followed) return forward_error(followed);
  return 0;
}

}  // namespace

Command serve_command() {
  return {"serve",
          "shows the leaderboard's pages live, on this machine alone",
          {{"RUNS_DIR", "the folder of run files (default: runs)", false, false, {}}},
          {{"--port", "N", "of 127.0.0.1 (default: 7357; 0: any that is free)", false, {}}},
          {"assay serve runs"},
          "Runs in progress are among them, and the pages follow them. Ctrl-C ends it.\n",
          serve};
}

}  // namespace assay::cli
