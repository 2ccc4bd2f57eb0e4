// The files that lm-evaluation-harness writes with --log_samples, for what reads them. Their form is that of its
// version 0.4 (lm_eval/loggers/evaluation_tracker.py and lm_eval/evaluator.py).
#pragma once

#include <string>
#include <vector>

#include "harness/core/result.h"
#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"

namespace assay {

/// Writes a folder per model into `folder`: results_<start>.json, and samples_<suite>_<start>.jsonl per suite, an item
/// a line. Metrics have lm-evaluation-harness's names where it has one (accuracy: acc, accuracy_norm: acc_norm,
/// accuracy_norm_bytes: acc_bytes). Failed items, which it does not know, are left out of the samples, and n-samples
/// says how many are there of how many. Returns the files' paths. Errors: those of reading and of writing.
[[nodiscard]] Result<std::vector<std::string>> export_lm_eval(const std::string& folder, const RunReader& reader);

}  // namespace assay
