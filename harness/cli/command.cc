#include "harness/cli/command.h"

namespace assay::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      run_command(),        show_command(),          compare_command(),      gate_command(),
      power_command(),      contamination_command(), leaderboard_command(),  serve_command(),
      score_command(),      rescore_command(),       export_command(),       merge_command(),
      data_list_command(),  data_fetch_command(),    data_verify_command(),  model_fetch_command(),
      model_list_command(), price_list_command(),    price_import_command(), breakeven_command(),
      suite_list_command(), suite_check_command(),   suite_new_command(),    suite_import_command(),
      doctor_command(),     completion_command()};
  return all;
}

}  // namespace assay::cli
