#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "results/run_file/checksum.h"
#include "results/run_file/context.h"
#include "results/run_file/encoding.h"
#include "results/run_file/lock.h"
#include "results/run_file/run_file.h"
#include "results/run_file/schema.h"
#include "results/run_file/sqlite.h"

namespace assay {
namespace run_file {
namespace {

constexpr std::int64_t kMostBytesChecked = 16 << 20;  ///< a compare of two large runs must stay below a second

// The columns of read_record(), in its order; a question's key is looked up from the record's.
constexpr const char* kBrief =
    "SELECT r.key, r.failure, r.score, r.\"values\", r.attempts, r.reused, r.usd, r.prompt_tokens, "
    "r.completion_tokens, r.reasoning_tokens, r.cached_tokens, r.cache_write_tokens, r.evaluated_tokens, r.queue_ms, "
    "r.first_token_ms, r.total_ms, r.compute_ms, r.finish, r.seed, r.billed_usd, r.failure_action, "
    "r.failure_message, r.extracted, r.why, r.note, r.served_model, q.item, q.cluster, q.target_index, q.target, "
    "q.groups";
constexpr const char* kRest =
    ", r.continuations, r.top_logprobs, r.text, r.reasoning, r.sent, r.request, r.request_text, q.choices, q.request, "
    "q.base, q.shared, q.text";

/// SQL: whether a row is as it was written; files of schema 1 cannot say.
std::string intact(std::int64_t version, Table table, const std::string& prefix) {
  return version == 1 ? "1" : sealed(table, prefix);
}

std::string select_records(std::int64_t version, bool whole) {
  return std::string(kBrief) + ", " + intact(version, Table::kRecords, "r.") + ", " +
         intact(version, Table::kQuestions, "q.") + (whole ? kRest : "") +
         " FROM records r LEFT JOIN questions q ON q.key = (?1 << 32 | ((r.key >> 16) & 4294967295)) "
         "WHERE r.key >= ?2 AND r.key < ?3 ORDER BY r.key";
}

/// The beginnings that questions share, a few at a time.
class BaseTexts {
 public:
  BaseTexts(Database& database, std::int64_t version)
      : select_(database,
                "SELECT base, text, " + intact(version, Table::kQuestions, "") + " FROM questions WHERE key = ?") {}

  const std::string& text(std::int64_t key) {
    const auto found = std::find_if(known_.begin(), known_.end(), [key](const auto& one) { return one.first == key; });
    if (found != known_.end()) {
      std::rotate(known_.begin(), found, found + 1);
      return known_.front().second;
    }
    select_.bind(1, key);
    if (!select_.step() || !select_.is_null(0) || select_.integer(2) == 0) {
      select_.reset();
      fail("the run file is corrupted (a text that questions share is missing or damaged); restore a copy of it");
    }
    std::string text = select_.text(1);
    select_.reset();
    constexpr std::size_t kMost = 4;
    if (known_.size() == kMost) known_.pop_back();
    known_.insert(known_.begin(), {key, std::move(text)});
    return known_.front().second;
  }

 private:
  Statement select_;
  std::vector<std::pair<std::int64_t, std::string>> known_;
};

std::string question_text(const Statement& row, int base_column, BaseTexts& bases) {
  std::string text;
  if (!row.is_null(base_column)) {
    const std::string& base = bases.text(row.integer(base_column));
    const std::int64_t shared = row.integer(base_column + 1);
    if (shared < 0 || shared > static_cast<std::int64_t>(base.size())) {
      fail("the run file is corrupted (a question shares more text than there is)");
    }
    text = base.substr(0, static_cast<std::size_t>(shared));
  }
  text += row.bytes(base_column + 2);
  return text;
}

Failure read_failure(const Statement& row) {
  Failure failure;
  failure.kind = failure_from_name(row.text(1)).value_or(FailureKind::kModel);
  const std::int64_t action = row.integer(20);
  if (action < 0 || action > static_cast<int>(FailureAction::kEndModel)) {
    fail("the run file is corrupted (a failure with an unknown action)");
  }
  failure.action = static_cast<FailureAction>(action);
  failure.message = row.text(21);
  return failure;
}

/// Refuses a row that is not as it was written, or says what no record can.
void check_record(const Statement& row) {
  const std::int64_t key = row.integer(0);
  const auto refuse = [&](const std::string& what) {
    const std::string item =
        row.is_null(26) ? "item number " + std::to_string((key >> 16) & (kMaxItems - 1)) : row.text(26);
    fail("the run file is corrupted (" + item + ": " + what + "); restore a copy of it or start a new run");
  };
  if (row.is_null(26)) refuse("its question is missing");
  if (row.integer(31) == 0) refuse("its record is not what was written");
  if (row.integer(32) == 0) refuse("its question is not what was written");
  const auto is_count = [](std::int64_t value) { return value >= 0 && value <= std::numeric_limits<int>::max(); };
  if (!is_count(row.integer(4)) || (row.is_null(1) && row.is_null(2))) refuse("its record says what none can");
  if (!is_count(row.integer(28) + 1)) refuse("its target is out of range");
}

Record read_record(const Statement& row, bool whole, BaseTexts& bases) {
  check_record(row);
  Record record;
  const std::int64_t key = row.integer(0);
  record.result = key >> 48;
  record.item.order = (key >> 16) & (kMaxItems - 1);
  record.request.order = record.item.order;
  record.request.sample = static_cast<int>(key & (kMaxSamples - 1));
  Completion& completion = record.completion;
  if (!row.is_null(1)) {
    completion.failure = read_failure(row);
  } else {
    record.score = Score{row.real(2), decode_values(row.bytes(3)), row.text(22), row.text(23)};
    std::string& why = record.score->why;
    if (const std::size_t end = why.find('\n'); end != std::string::npos) {
      if (whole) record.score->detail = why.substr(end + 1);
      why.resize(end);
    }
  }
  completion.attempts = static_cast<int>(row.integer(4));
  completion.reused = row.integer(5) != 0;
  record.usd = row.optional_real(6);
  completion.usage = {row.optional_integer(7),  row.optional_integer(8),  row.optional_integer(9),
                      row.optional_integer(10), row.optional_integer(11), row.optional_integer(12)};
  completion.timings = {row.optional_real(13), row.optional_real(14), row.optional_real(15), row.optional_real(16)};
  completion.finish = finish_reason_from_name(row.text(17));
  completion.billed_usd = row.optional_real(19);
  completion.note = row.text(24);
  completion.served_model = row.text(25);
  record.item.id = row.text(26);
  record.request.item = record.item.id;
  record.item.cluster = row.text(27);
  record.item.target_index = static_cast<int>(row.integer(28));
  record.item.target = row.text(29);
  record.item.groups = decode_groups(row.bytes(30));
  if (!whole) return record;
  completion.continuations = decode_continuations(row.bytes(33));
  completion.top_logprobs = decode_alternatives(row.bytes(34));
  completion.text = row.text(35);
  completion.reasoning = row.text(36);
  completion.sent = row.text(37);
  record.item.choices = decode_strings(row.bytes(40));
  if (row.is_null(38)) {
    decode_request(row.bytes(41), question_text(row, 42, bases), record.request);
  } else {
    decode_request(row.bytes(38), row.text(39), record.request);
  }
  if (auto* generate = std::get_if<GenerateRequest>(&record.request.body)) {
    generate->seed = static_cast<std::uint64_t>(row.integer(18));
  }
  return record;
}

class Reader final : public RunReader {
 public:
  Reader(std::unique_ptr<Database> database, RunInfo run, std::vector<ResultInfo> results,
         std::vector<SessionInfo> sessions, std::int64_t version)
      : version_(version),
        database_(std::move(database)),
        run_(std::move(run)),
        results_(std::move(results)),
        sessions_(std::move(sessions)),
        sets_(question_sets(results_)) {}

  const RunInfo& run() const override { return run_; }
  const std::vector<ResultInfo>& results() const override { return results_; }
  const std::vector<SessionInfo>& sessions() const override { return sessions_; }

  Result<void> for_each(bool whole, const std::function<bool(const Record&)>& visit) const override {
    return guarded([&] {
      Statement row(*database_, select_records(version_, whole));
      BaseTexts bases(*database_, version_);
      // Read first: a session that ends meanwhile has more rows than these, never fewer.
      const std::optional<RowCounts> counts = version_ > 1 ? stored_counts(*database_) : std::nullopt;
      std::int64_t records = 0;
      std::int64_t previous = -1;
      for (std::size_t i = 0; i < results_.size(); ++i) {
        const auto result = static_cast<std::int64_t>(i);
        row.bind(1, sets_[i]).bind(2, record_key(result, 0, 0)).bind(3, last_key(result));
        const auto next = [&]() -> std::optional<Record> {
          const CallsTogether calls(*database_);
          if (!row.step()) return std::nullopt;
          ++records;
          if (row.integer(0) <= previous) fail_damaged(*database_, "the order of its records");
          previous = row.integer(0);
          return read_record(row, whole, bases);
        };
        while (const std::optional<Record> record = next()) {
          if (!visit(*record)) return;
        }
        row.reset();
      }
      if (counts && records < counts->records) fail_damaged(*database_, "the number of its records");
    });
  }

  Result<std::vector<Record>> find(const std::string& item) const override {
    std::vector<Record> records;
    auto done = guarded([&] {
      Statement question(*database_, "SELECT key FROM questions WHERE item = ? ORDER BY key");
      Statement row(*database_, select_records(version_, true));
      BaseTexts bases(*database_, version_);
      question.bind(1, std::string_view(item));
      while (question.step()) {
        const std::int64_t key = question.integer(0);
        const std::int64_t order = key & (kMaxItems - 1);
        for (std::size_t i = 0; i < results_.size(); ++i) {
          if (sets_[i] != key >> 32) continue;
          const auto result = static_cast<std::int64_t>(i);
          row.bind(1, sets_[i]).bind(2, record_key(result, order, 0)).bind(3, record_key(result, order + 1, 0));
          while (row.step()) records.push_back(read_record(row, true, bases));
          row.reset();
        }
      }
    });
    if (!done) return forward_error(done);
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
      return std::pair(a.result, a.request.sample) < std::pair(b.result, b.request.sample);
    });
    return records;
  }

  Result<void> verify() const override {
    if (version_ == 1) return {};
    return guarded([&] {
      check_context(*database_);
      check_rows(*database_);
    });
  }

  Result<std::optional<double>> running_ms(std::int64_t result) const override {
    std::optional<double> running;
    auto done = guarded([&] {
      Statement row(*database_,
                    "SELECT max(stored_us) / 1000.0 - min(stored_us / 1000.0 - coalesce(total_ms, 0)) FROM records "
                    "WHERE key >= ? AND key < ? AND reused = 0 GROUP BY session");
      row.bind(1, record_key(result, 0, 0)).bind(2, last_key(result));
      while (row.step()) running = running.value_or(0) + std::max(row.real(0), 0.0);
    });
    if (!done) return forward_error(done);
    return running;
  }

 private:
  /// The key after the last of a result; that of result 32767 would not fit.
  static std::int64_t last_key(std::int64_t result) { return record_key(result, kMaxItems - 1, kMaxSamples - 1); }

  template <class Work>
  Result<void> guarded(Work work) const {
    try {
      work();
      return {};
    } catch (const StorageFailure& failure) {
      Error error = failure.error;
      if (error.message.find(database_->path()) != 0) error.message = database_->path() + ": " + error.message;
      return tl::make_unexpected(std::move(error));
    } catch (const std::bad_alloc&) {
      return usage_error(database_->path() + ": not enough memory to read the run file");
    } catch (const std::exception& failure) {
      return internal_error(database_->path() + ": the run file cannot be read: " + failure.what());
    }
  }

  std::int64_t version_;  ///< of the file's schema
  std::unique_ptr<Database> database_;
  RunInfo run_;
  std::vector<ResultInfo> results_;
  std::vector<SessionInfo> sessions_;
  std::vector<std::int64_t> sets_;
};

/// Opens a run file and tries it. A finished log-mode file in a directory that cannot be written needs
/// `immutable`: without it SQLite wants to make its shared-memory file there.
std::unique_ptr<Database> opened(const std::string& path) {
  try {
    auto database = std::make_unique<Database>(path, Database::Mode::kRead);
    check_schema(*database);
    return database;
  } catch (const StorageFailure&) {
    struct stat log {};
    const bool log_holds_records = stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0;
    if (log_holds_records || RunLock::held(path)) throw;
    auto database = std::make_unique<Database>(path, Database::Mode::kReadImmutable);
    check_schema(*database);
    return database;
  }
}

std::unique_ptr<RunReader> read(const std::string& path) {
  // Asked before the file is read: a run that ends in between has then written its state.
  const bool live = RunLock::held(path);
  auto database = opened(path);
  check_integrity(*database, kMostBytesChecked);
  const std::int64_t version = database->integer("PRAGMA user_version");
  if (version > 1) check_context(*database);
  RunInfo run = read_run(*database);
  if (run.state == "running" && !live) run.state = "incomplete";
  std::vector<ResultInfo> results = read_results(*database);
  std::vector<SessionInfo> sessions = read_sessions(*database);
  return std::make_unique<Reader>(std::move(database), std::move(run), std::move(results), std::move(sessions),
                                  version);
}

}  // namespace
}  // namespace run_file

Result<std::unique_ptr<RunReader>> RunReader::open(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return usage_error(path + ": the run file cannot be read (" + std::strerror(errno) + "); check the path");
  }
  if (S_ISREG(status.st_mode) && status.st_size == 0) return usage_error(run_file::empty_file(path));
  if (!S_ISREG(status.st_mode)) return usage_error(path + ": not a file; give a run file that `assay run` wrote");
  try {
    return run_file::read(path);
  } catch (const run_file::StorageFailure& failure) {
    Error error = failure.error;
    if (error.message.find(path) != 0) error.message = path + ": " + error.message;
    return tl::make_unexpected(std::move(error));
  } catch (const std::bad_alloc&) {
    return usage_error(path + ": not enough memory to read the run file");
  } catch (const std::exception& failure) {
    return internal_error(path + ": the run file cannot be read: " + failure.what());
  }
}

}  // namespace assay
