// `assay leaderboard`: pages about any number of runs, in a folder.
#include "harness/cli/command.h"
#include "results/site/site.h"

namespace assay::cli {
namespace {

Result<int> leaderboard(const Arguments& arguments, Program& program) {
  const auto folder = arguments.value("--output");
  if (!folder || folder->empty()) return usage_error("assay leaderboard: -o is missing: the folder to write");
  if (auto written = site::write_site(arguments.positionals, {}, *folder); !written) return forward_error(written);
  program.out << *folder << "/index.html\n";
  return 0;
}

}  // namespace

Command leaderboard_command() {
  return {"leaderboard",
          "writes a site: leaderboard, nights and every item",
          {{"RUN", "a run file", true, true, {}}},
          {{"-o,--output", "DIR", "the folder; a site that is there is replaced", false, {}}},
          {"assay leaderboard runs/*.db -o site"},
          "The site works from the disk and from any web server, and asks no other. Also in DIR:\n"
          "leaderboard.json and leaderboard.md.\n",
          leaderboard};
}

}  // namespace assay::cli
