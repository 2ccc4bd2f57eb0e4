// `assay merge`: shards of a run into one run file.
#include "harness/cli/command.h"
#include "harness/cli/signals.h"
#include "results/run_file/merge.h"

namespace assay::cli {
namespace {

std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// What is missing, and how it is asked.
std::string how_to_go_on(const MergeOutcome& outcome, const std::string& target) {
  const std::string again = "run the same command without --shard and with --run " + target;
  if (!outcome.part.empty()) {
    return "only shards " + outcome.part + " are there; merge all of them, or " + again + " to ask the others";
  }
  return "some items have no answer; " + again + " to ask them";
}

Result<int> merge(const Arguments& arguments, Program& program) {
  const auto target = arguments.value("--output");
  if (!target) return usage_error("assay merge: -o is missing: the run file to make");
  const std::vector<std::string>& runs = arguments.positionals;
  const StopOnSignals signals;
  auto outcome = merge_runs(runs, *target, [&] { return signals.stop().level.load() > 0; });
  if (!outcome) return forward_error(outcome);
  if (outcome->interrupted) {
    program.err << "assay: interrupted; nothing was kept" << std::endl;
    return exit_code(ErrorKind::kInterrupted);
  }
  program.out << *target << ": " << counted(static_cast<std::int64_t>(runs.size()), "run", "runs") << ", "
              << counted(outcome->records, "record", "records");
  if (outcome->failed > 0) program.out << " (" << outcome->failed << " failed)";
  program.out << ", " << outcome->state << '\n';
  program.out.flush();
  if (outcome->repeated > 0) {
    program.err << "note: " << counted(outcome->repeated, "answer is", "answers are")
                << " in more than one run, and the same; one of each was kept" << std::endl;
  }
  if (outcome->superseded > 0) {
    program.err << "note: " << counted(outcome->superseded, "item", "items")
                << " that failed in one run were answered in another; these answers were kept" << std::endl;
  }
  if (outcome->state == "complete") return 0;
  program.err << "assay: " << *target << " is incomplete: " << how_to_go_on(*outcome, *target) << std::endl;
  return exit_code(ErrorKind::kIncomplete);
}

}  // namespace

Command merge_command() {
  return {"merge",
          "makes one run of the shards of a run",
          {{"RUN", "run files of one configuration: `assay run --shard I/N`", true, true, {}}},
          {{"-o,--output", "RUN", "the run file to make; must not be there", false, {}}},
          {"assay run nightly.yaml --shard 1/2 --run shard1.db    # on one machine",
           "assay run nightly.yaml --shard 2/2 --run shard2.db    # on another",
           "assay merge shard1.db shard2.db -o nightly.db"},
          "The records are those of a run without --shard; times, sessions and costs are the\n"
          "shards' own. Runs of different configurations, models or data are refused, and so\n"
          "are two different answers to one item. Exit code 3: items are missing; the merged\n"
          "run goes on where it stopped when it is run again, without --shard.\n",
          merge};
}

}  // namespace assay::cli
