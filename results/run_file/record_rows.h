// A run file's records as they are read: each row is checked, and made a Record again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/record.h"
#include "results/run_file/checksum.h"
#include "results/run_file/sqlite.h"

namespace assay::run_file {

/// The beginnings that questions share, a few at a time.
class BaseTexts {
 public:
  /// `version`: of the file's schema.
  BaseTexts(Database& database, std::int64_t version);

  /// The text of the question of that key; valid until the next call. Throws where it is missing or damaged.
  const std::string& text(std::int64_t key);

 private:
  Statement select_;
  std::vector<std::pair<std::int64_t, std::string>> known_;  ///< most recently used first
};

/// The records of a range of keys. Everything throws StorageFailure where the file is not as it was written.
class RecordRows {
 public:
  /// `whole` false leaves out what summaries do not need: prompts, texts, choices.
  RecordRows(Database& database, std::int64_t version, bool whole);

  /// Begins with the records from key `begin` to before `end`, whose questions are those of `set`.
  void select(std::int64_t set, std::int64_t begin, std::int64_t end);

  /// Goes to the next record; false after the last.
  bool step();

  [[nodiscard]] std::int64_t key() const;
  [[nodiscard]] Record read();
  [[nodiscard]] std::int64_t session() const;    ///< whole ones only: the id of the session that stored it
  [[nodiscard]] std::int64_t stored_us() const;  ///< likewise: when, in microseconds since 1970

 private:
  Statement row_;
  BaseTexts bases_;
  bool whole_;
};

/// All records of a run file, ordered by result, item order and sample. Throws as RecordRows, and at the end where
/// there are fewer than there should be.
class RecordCursor {
 public:
  /// `sets`: by result, as question_sets() gives them.
  RecordCursor(Database& database, std::int64_t version, std::vector<std::int64_t> sets, bool whole);

  /// Goes to the next record; false after the last.
  bool next();

  /// The record that next() went to.
  [[nodiscard]] RecordRows& row() { return rows_; }

 private:
  Database& database_;
  std::vector<std::int64_t> sets_;
  std::optional<RowCounts> counts_;
  RecordRows rows_;
  std::size_t result_ = 0;
  bool selected_ = false;  ///< whether the rows of result_ are passing by
  std::int64_t records_ = 0;
  std::int64_t previous_ = -1;
};

}  // namespace assay::run_file
