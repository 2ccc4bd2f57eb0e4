#include "results/run_file/checksum.h"

#include <sqlite3.h>
#include <zlib.h>

#include <array>
#include <bit>
#include <cstring>

#include "results/run_file/judge_rows.h"
#include "results/run_file/schema.h"

namespace assay::run_file {
namespace {

/// Collects small values and texts, so that the checksum is computed over few large pieces: zlib's is several times
/// faster there.
class Checksum {
 public:
  void value(sqlite3_value* value) {
    switch (sqlite3_value_type(value)) {
      case SQLITE_INTEGER:
        number('i', static_cast<std::uint64_t>(sqlite3_value_int64(value)));
        return;
      case SQLITE_FLOAT: {
        // SQLite stores -0.0 as the integer 0.
        const double real = sqlite3_value_double(value);
        number('r', std::bit_cast<std::uint64_t>(real == 0 ? 0.0 : real));
        return;
      }
      case SQLITE_NULL:
        number('n', 0);
        return;
      default:
        break;
    }
    const bool text = sqlite3_value_type(value) == SQLITE_TEXT;
    const void* bytes = text ? sqlite3_value_text(value) : sqlite3_value_blob(value);
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
    number(text ? 't' : 'b', size);
    if (size == 0) return;
    if (used_ + size > buffer_.size()) flush();
    if (size > buffer_.size()) {
      crc_ = crc32_z(crc_, static_cast<const Bytef*>(bytes), size);
      return;
    }
    std::memcpy(buffer_.data() + used_, bytes, size);
    used_ += size;
  }

  std::int64_t result() {
    flush();
    return static_cast<std::int64_t>(crc_);
  }

 private:
  void number(char type, std::uint64_t bits) {
    constexpr std::size_t kBytes = 9;
    if (used_ + kBytes > buffer_.size()) flush();
    Bytef* to = buffer_.data() + used_;
    to[0] = static_cast<Bytef>(type);
    for (std::size_t i = 1; i < kBytes; ++i, bits >>= 8U) to[i] = static_cast<Bytef>(bits & 0xffU);
    used_ += kBytes;
  }
  void flush() {
    crc_ = crc32_z(crc_, buffer_.data(), used_);
    used_ = 0;
  }

  uLong crc_ = 0;
  std::size_t used_ = 0;
  std::array<Bytef, 4096> buffer_;
};

void row_checksum(sqlite3_context* context, int count, sqlite3_value** values) {
  Checksum checksum;
  for (int i = 0; i < count; ++i) checksum.value(values[i]);
  sqlite3_result_int64(context, checksum.result());
}

}  // namespace

void add_checksum_function(Database& database) {
  const int code = sqlite3_create_function_v2(database.handle(), "row_checksum", -1,
                                              SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
                                              row_checksum, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) database.raise(code);
}

std::optional<RowCounts> stored_counts(Database& database) {
  Statement row(database, "SELECT records, questions FROM run");
  if (!row.step() || row.is_null(0) || row.is_null(1)) return std::nullopt;
  return RowCounts{row.integer(0), row.integer(1)};
}

void seal_context(Database& database, bool finished) {
  database.execute(finished ? "UPDATE run SET records = (SELECT count(*) FROM records), "
                              "questions = (SELECT count(*) FROM questions)"
                            : "UPDATE run SET records = NULL, questions = NULL");
  for (const Table table : {Table::kRun, Table::kSessions, Table::kResults}) {
    database.execute("UPDATE " + std::string(table_name(table)) + " SET checksum = " + checksum_of(table));
  }
}

void fail_damaged(const Database& database, const std::string& what) {
  fail(database.path() + ": the run file is corrupted (" + what +
       " is not what was written); restore a copy of it or start a new run");
}

void check_context(Database& database) {
  for (const Table table : {Table::kRun, Table::kSessions, Table::kResults}) {
    const std::string name = table_name(table);
    if (database.integer("SELECT count(*) FROM " + name + " WHERE NOT " + sealed(table)) != 0) {
      fail_damaged(database, "its table \"" + name + "\"");
    }
  }
  if (database.integer("SELECT count(*) FROM run") > 1) fail_damaged(database, "its table \"run\"");
}

void check_rows(Database& database) {
  const std::optional<RowCounts> counts = stored_counts(database);
  if (database.text("PRAGMA integrity_check(1)") != "ok") fail_damaged(database, "an index or a page");
  Statement question(database, "SELECT item FROM questions WHERE NOT " + sealed(Table::kQuestions) + " LIMIT 1");
  if (question.step()) fail_damaged(database, "the question of " + question.text(0));
  Statement record(database, "SELECT key FROM records WHERE NOT " + sealed(Table::kRecords) + " LIMIT 1");
  if (record.step()) {
    const std::int64_t key = record.integer(0);
    fail_damaged(database, "the record of item number " + std::to_string((key >> 16) & (kMaxItems - 1)) +
                               " of result " + std::to_string(key >> 48));
  }
  check_judge_answers(database);
  // A live session may have added some since.
  if (counts && (database.integer("SELECT count(*) FROM records") < counts->records ||
                 database.integer("SELECT count(*) FROM questions") < counts->questions)) {
    fail_damaged(database, "the number of its records");
  }
}

}  // namespace assay::run_file
