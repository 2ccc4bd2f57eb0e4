// Who judges a run's answers, and what they said: the tables `judges` and `judge_answers`, which are empty where nobody
// does, and not there before schema 3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/record.h"
#include "results/run_file/run_file.h"
#include "results/run_file/sqlite.h"

namespace assay::run_file {

/// Writes ResultInfo::judge of each result that has one.
void write_judges(Database& database, const std::vector<ResultInfo>& results);

/// Fills in ResultInfo::judge. Throws where a row is not as it was written.
void read_judges(Database& database, std::vector<ResultInfo>& results);

/// Writes the judge's answers of records.
class JudgeAnswerWriter {
 public:
  explicit JudgeAnswerWriter(Database& database);

  /// Puts a record's judge_answers in the place of those that the file has of it; without any nothing changes.
  void write(std::int64_t key, const Record& record);

 private:
  Statement insert_;
  std::string answers_;
};

/// The columns `answers` and whether the row is intact (0 or 1), of the row that `ON` finds as "j"; NULL and 1 for a
/// file that has no such table. To be selected with judge_answers_join().
[[nodiscard]] std::string judge_answers_columns(std::int64_t version);
[[nodiscard]] std::string judge_answers_join(std::int64_t version);

/// The answers that a row's bytes hold; all of one item. Throws where they are damaged.
[[nodiscard]] std::vector<JudgeAnswer> decode_judge_answers(std::string_view bytes, const std::string& item);

/// Throws unless all rows of judge_answers are as they were written.
void check_judge_answers(Database& database);

}  // namespace assay::run_file
