// Records as rows, each with its question.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/record.h"
#include "results/run_file/judge_rows.h"
#include "results/run_file/question_writer.h"
#include "results/run_file/sqlite.h"

namespace assay::run_file {

/// Writes the records of a run into its file. The caller holds a transaction. Throws StorageFailure.
class RecordWriter {
 public:
  /// `sets`: by result, as question_sets() gives them; `fresh`: the file has no questions yet.
  RecordWriter(Database& database, std::vector<std::int64_t> sets, bool fresh);

  /// Adds a record that `session` stored at `stored_us` (microseconds since 1970), or puts it in the place of a failed
  /// one of the same key, adding up attempts and cost. An answered one is never replaced: that is an internal error.
  void insert(const Record& record, std::int64_t session, std::int64_t stored_us);

 private:
  Database& database_;
  std::int64_t results_;
  Statement insert_;
  QuestionWriter questions_;
  JudgeAnswerWriter judge_answers_;
  std::string values_;  // buffers, kept from row to row
  std::string continuations_;
  std::string alternatives_;
  std::string request_;
  std::string why_;
};

}  // namespace assay::run_file
