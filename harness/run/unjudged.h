// Answers of a run that are stored and paid for, and lack no more than a judge's verdict: a later session takes them
// from the run file and asks the judge alone.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "harness/core/record.h"
#include "harness/core/result.h"
#include "results/run_file/run_file.h"

namespace assay {

/// The unjudged answers of one run file. Thread-safe.
class UnjudgedAnswers {
 public:
  /// Looks for them. Memory grows with their number. Errors: those of reading the file.
  [[nodiscard]] static Result<std::unique_ptr<UnjudgedAnswers>> open(const std::string& run);

  [[nodiscard]] bool has(const SampleKey& key) const { return keys_.contains(key); }

  /// The stored record of a sample that has() knows, where it was asked as `request` asks: its answer without the
  /// judge's failure and with no attempts or cost of its own, since the file adds up those of all sessions; and what
  /// the judge said so far.
  [[nodiscard]] std::optional<Record> take(const SampleKey& key, const Request& request) const;

 private:
  std::unique_ptr<RunReader> reader_;
  std::set<SampleKey> keys_;
};

}  // namespace assay
