// The tables of a run file and their versions.
//
// A record's key is `result << 48 | order << 16 | sample`: the rows of a result lie together, in item order, and the
// key costs no index. A question's key is `set << 32 | order`, where `set` is the id of the first result that asks
// the same suite in the same way: what several models and samples are asked is stored once.
//
// Since schema 2 every row has a checksum (checksum.h), and a run knows how many rows its last session left. Since
// schema 3 there are judges, and what they answered (judge_rows.h).
#pragma once

#include <cstdint>
#include <string>

#include "results/run_file/sqlite.h"

namespace assay::run_file {

inline constexpr std::int64_t kApplicationId = 0x41535359;  ///< "ASSY"
inline constexpr std::int64_t kMaxResults = 1 << 15;
inline constexpr std::int64_t kMaxItems = std::int64_t{1} << 32;
inline constexpr std::int64_t kMaxSamples = 1 << 16;

enum class Table { kRun, kSessions, kResults, kQuestions, kRecords, kJudges, kJudgeAnswers };

[[nodiscard]] const char* table_name(Table table);

/// The columns that a table's checksum is of, "a, b, c", each behind `prefix` ("r."); of the newest schema.
[[nodiscard]] std::string columns_of(Table table, const std::string& prefix = "");

/// SQL: the checksum that a row should have.
[[nodiscard]] std::string checksum_of(Table table, const std::string& prefix = "");

/// SQL: whether a row has it (0 or 1).
[[nodiscard]] std::string sealed(Table table, const std::string& prefix = "");

/// The first schema that has judges.
inline constexpr std::int64_t kJudgeSchema = 3;

/// The newest schema that this program knows.
[[nodiscard]] std::int64_t schema_version();

/// Throws unless the database is a run file of a schema that this program knows.
void check_schema(Database& database);

/// Brings a run file, or an empty database, to the newest schema. The caller holds a transaction.
void migrate(Database& database);

/// Throws where SQLite finds damage, in files of up to `most_bytes`: larger ones would take too long, and show their
/// damage when the page is read.
void check_integrity(Database& database, std::int64_t most_bytes);

[[nodiscard]] constexpr std::int64_t record_key(std::int64_t result, std::int64_t order, std::int64_t sample) {
  return (result << 48) + (order << 16) + sample;
}
/// The key after the last of a result; that of result 32767 would not fit.
[[nodiscard]] constexpr std::int64_t last_record_key(std::int64_t result) {
  return record_key(result, kMaxItems - 1, kMaxSamples - 1);
}
[[nodiscard]] constexpr std::int64_t question_key(std::int64_t set, std::int64_t order) { return set << 32 | order; }

}  // namespace assay::run_file
