#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "harness/core/text.h"
#include "results/run_file/checksum.h"
#include "results/run_file/config_difference.h"
#include "results/run_file/context.h"
#include "results/run_file/encoding.h"
#include "results/run_file/lock.h"
#include "results/run_file/log_sync.h"
#include "results/run_file/question_writer.h"
#include "results/run_file/run_file.h"
#include "results/run_file/schema.h"
#include "results/run_file/sqlite.h"

namespace assay {
namespace run_file {
namespace {

constexpr std::int64_t kMostBytesChecked = 64 << 20;  ///< quick_check reads about 1 GB/s

/// What a column becomes where a failed record is replaced; the others are taken over from the new one.
struct Replaced {
  const char* column;
  const char* value;
};
constexpr Replaced kAddedUp[] = {
    {"key", "key"},
    {"attempts", "attempts + excluded.attempts"},
    {"usd", "CASE WHEN usd IS NULL THEN excluded.usd ELSE usd + coalesce(excluded.usd, 0) END"},
};

std::string insert_record() {
  const std::string columns = columns_of(Table::kRecords);
  std::string parameters;
  std::string set;
  std::string values;  // of a replaced record, for its checksum
  int parameter = 0;
  for (std::size_t begin = 0; begin < columns.size();) {
    const std::size_t end = std::min(columns.find(", ", begin), columns.size());
    const std::string column = columns.substr(begin, end - begin);
    std::string value = "excluded." + column;
    for (const Replaced& replaced : kAddedUp) {
      if (column == replaced.column) value = replaced.value;
    }
    const char* comma = begin == 0 ? "" : ", ";
    parameters += comma + ("?" + std::to_string(++parameter));
    set += comma + column + " = " + value;
    values += comma + value;
    begin = end + 2;
  }
  return "INSERT INTO records (" + columns + ", checksum) VALUES (" + parameters + ", row_checksum(" + parameters +
         ")) ON CONFLICT (key) DO UPDATE SET " + set + ", checksum = row_checksum(" + values +
         ") WHERE failure IS NOT NULL";
}

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Forces a file's, or a directory's entries', bytes to the disk. Best effort: some file systems cannot sync
/// directories, and a failing disk shows itself at the next commit.
void sync_path(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

class Writer final : public RunWriter {
 public:
  /// `database` is a run file whose session has been started.
  Writer(RunLock lock, std::unique_ptr<Database> database, std::vector<std::int64_t> sets, std::vector<int> samples,
         std::int64_t session, bool fresh, Durability durability)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        samples_(std::move(samples)),
        session_(session),
        insert_(std::make_unique<Statement>(*database_, insert_record())),
        begin_(std::make_unique<Statement>(*database_, "BEGIN IMMEDIATE")),
        commit_(std::make_unique<Statement>(*database_, "COMMIT")),
        questions_(std::make_unique<QuestionWriter>(*database_, std::move(sets), fresh)) {
    if (durability == Durability::kGrouped) sync_ = std::make_unique<LogSync>(database_->path() + "-wal");
  }

  Result<void> for_each_answered(const std::function<void(const SampleKey&)>& seen) override {
    return guarded([&] {
      Statement row(*database_, "SELECT key FROM records WHERE failure IS NULL ORDER BY key");
      while (row.step()) {
        const std::int64_t key = row.integer(0);
        seen({key >> 48, (key >> 16) & (kMaxItems - 1), static_cast<int>(key & (kMaxSamples - 1))});
      }
    });
  }

  Result<double> spent_usd() override {
    double usd = 0;
    auto done = guarded([&] {
      // Reused answers were paid for by the run they came from.
      Statement row(*database_, "SELECT total(usd) FROM records WHERE reused = 0");
      if (row.step()) usd = row.real(0);
    });
    if (!done) return forward_error(done);
    return usd;
  }

  Result<void> append(const Record& record) override {
    return guarded([&] { insert(record); });
  }

  Result<void> commit() override {
    return guarded([&] {
      if (open_) {
        commit_->run();
        open_ = false;
        if (sync_) sync_->committed();
      }
      if (sync_ && sync_->error() != 0) {
        fail(database_->path() + ": forcing the run file to the disk failed (" + std::strerror(sync_->error()) +
             "); check the disk, then run the same command again to go on");
      }
    });
  }

  Result<void> finish(const std::string& state) override {
    auto committed = commit();
    if (!committed) return committed;
    return guarded([&] {
      database_->execute("BEGIN IMMEDIATE");
      finish_session(*database_, session_, state);
      database_->execute("COMMIT");
      sync_.reset();
      insert_.reset();
      begin_.reset();
      commit_.reset();
      questions_.reset();
      finished_ = true;
      // A finished run is one file that can be read anywhere, also from a read-only directory. Beside a reader this
      // cannot be done; then the log stays, and is as good.
      try {
        database_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
        database_->execute("PRAGMA busy_timeout = 0");
        database_->execute("PRAGMA journal_mode = DELETE");
      } catch (const StorageFailure&) {
        database_->execute("PRAGMA wal_checkpoint(PASSIVE)");
      }
      database_.reset();
    });
  }

 private:
  /// Runs `work`; after its first failure the writer only repeats what went wrong.
  template <class Work>
  Result<void> guarded(Work work) {
    if (broken_) return tl::make_unexpected(*broken_);
    if (finished_) return internal_error("the run file was written to after its end");
    try {
      work();
      return {};
    } catch (const StorageFailure& failure) {
      broken_ = failure.error;
    } catch (const std::exception& failure) {
      broken_ = Error{ErrorKind::kInternal, std::string("the run file cannot be written: ") + failure.what()};
    }
    return tl::make_unexpected(*broken_);
  }

  void insert(const Record& record);

  RunLock lock_;
  std::unique_ptr<Database> database_;
  std::vector<int> samples_;
  std::int64_t session_;
  std::unique_ptr<Statement> insert_;
  std::unique_ptr<Statement> begin_;
  std::unique_ptr<Statement> commit_;
  std::unique_ptr<QuestionWriter> questions_;
  std::unique_ptr<LogSync> sync_;
  bool open_ = false;
  bool finished_ = false;
  std::optional<Error> broken_;
  std::string values_;
  std::string continuations_;
  std::string alternatives_;
  std::string request_;
  std::string why_;
};

void Writer::insert(const Record& record) {
  const auto internal = [&](const std::string& what) {
    throw StorageFailure{Error{ErrorKind::kInternal, record.item.id + ": " + what}};
  };
  if (record.result < 0 || record.result >= static_cast<std::int64_t>(samples_.size())) {
    internal("a record of a result that the run does not have");
  }
  const int sample = record.request.sample;
  if (record.item.order < 0 || record.item.order >= kMaxItems || sample < 0 || sample >= kMaxSamples) {
    internal("a record whose item or sample number is out of range");
  }
  const Completion& completion = record.completion;
  if (completion.failure.has_value() == record.score.has_value()) {
    internal("a record must be either scored or failed");
  }
  if (!open_) {
    begin_->run();
    open_ = true;
  }
  const bool as_stored = questions_->store(record);
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  Statement& row = *insert_;
  row.bind(1, record_key(record.result, record.item.order, sample))
      .bind(2, session_)
      .bind(3, static_cast<std::int64_t>(now.count()));
  if (record.score) {
    encode_values(record.score->values, values_);
    row.null(4).bind(5, record.score->value).bind_blob(6, values_);
  } else {
    row.bind(4, failure_name(completion.failure->kind)).null(5).null(6);
  }
  encode_continuations(completion.continuations, continuations_);
  encode_alternatives(completion.top_logprobs, alternatives_);
  const auto* generate = std::get_if<GenerateRequest>(&record.request.body);
  const Usage& usage = completion.usage;
  const Timings& timings = completion.timings;
  row.bind(7, std::int64_t{completion.attempts})
      .bind(8, std::int64_t{completion.reused})
      .bind(9, record.usd)
      .bind(10, usage.prompt)
      .bind(11, usage.completion)
      .bind(12, usage.reasoning)
      .bind(13, usage.cached)
      .bind(14, usage.cache_write)
      .bind(15, usage.evaluated)
      .bind(16, timings.queue_ms)
      .bind(17, timings.first_token_ms)
      .bind(18, timings.total_ms)
      .bind(19, timings.compute_ms)
      .bind(20, finish_reason_name(completion.finish))
      .bind(21, static_cast<std::int64_t>(generate != nullptr ? generate->seed : 0))
      .bind(22, completion.billed_usd);
  if (completion.failure) {
    row.bind(23, static_cast<std::int64_t>(completion.failure->action))
        .bind(24, std::string_view(completion.failure->message));
  } else {
    row.null(23).null(24);
  }
  // one column for both: the first line says why, what follows is the detail
  why_.clear();
  if (record.score) why_ = on_one_line(record.score->why);
  if (record.score && !record.score->detail.empty()) why_.append("\n").append(record.score->detail);
  row.bind(25, record.score ? std::string_view(record.score->extracted) : std::string_view())
      .bind(26, std::string_view(why_))
      .bind(27, std::string_view(completion.note))
      .bind(28, std::string_view(completion.served_model))
      .bind_blob(29, continuations_)
      .bind_blob(30, alternatives_)
      .bind(31, std::string_view(completion.text))
      .bind(32, std::string_view(completion.reasoning))
      .bind(33, std::string_view(completion.sent));
  if (as_stored) {
    row.null(34).null(35);
  } else {
    encode_request(record.request, request_);
    row.bind_blob(34, request_).bind(35, request_text(record.request));
  }
  row.run();
  if (database_->changes() == 0) internal("this sample has an answer already");
}

/// What a write connection needs for its whole life.
void configure(Database& database, Durability durability) {
  if (database.text("PRAGMA journal_mode = WAL") != "wal") {
    fail(database.path() + ": the file system cannot hold a write-ahead log; put the run file on a local disk");
  }
  database.execute(durability == Durability::kEveryCommit ? "PRAGMA synchronous = FULL"
                                                          : "PRAGMA synchronous = NORMAL");
  // 16 MiB of log between checkpoints: few enough syncs not to be felt, and the log does not grow beyond it.
  database.execute("PRAGMA wal_autocheckpoint = 4096");
  database.execute("PRAGMA journal_size_limit = 67108864");
  database.execute("PRAGMA cache_size = -4096");
}

std::vector<int> samples_of(const std::vector<ResultInfo>& results) {
  std::vector<int> samples;
  for (const ResultInfo& result : results) samples.push_back(result.samples);
  return samples;
}

/// Writes schema and context under another name, then gives the file its own: there is no moment at which the path
/// holds half a run file.
void write_new(const std::string& path, const RunInfo& run, const std::vector<ResultInfo>& results) {
  const std::string draft = path + ".new";
  unlink(draft.c_str());  // of a killed process; the lock is ours
  try {
    {
      Database database(draft, Database::Mode::kCreate);
      database.execute("PRAGMA journal_mode = MEMORY");
      database.execute("BEGIN IMMEDIATE");
      migrate(database);
      write_run(database, run);
      write_results(database, results);
      database.execute("COMMIT");
    }
    // link() refuses an existing file, which rename() would silently replace.
    if (link(draft.c_str(), path.c_str()) != 0) {
      if (errno == EEXIST) fail(path + ": the file exists; choose another name, or resume it if it is a run file");
      if (rename(draft.c_str(), path.c_str()) != 0) {
        fail(path + ": the run file cannot be made (" + std::strerror(errno) + ")");
      }
    }
    unlink(draft.c_str());
  } catch (...) {
    unlink(draft.c_str());
    throw;
  }
  sync_path(directory_of(path));
}

template <class Make>
Result<std::unique_ptr<RunWriter>> made(Make make) {
  try {
    return make();
  } catch (const StorageFailure& failure) {
    return tl::make_unexpected(failure.error);
  } catch (const std::exception& failure) {
    return internal_error(std::string("the run file cannot be opened: ") + failure.what());
  }
}

std::unique_ptr<RunWriter> created(const std::string& path, const RunInfo& run, const std::vector<ResultInfo>& results,
                                   Durability durability, RunLock lock) {
  write_new(path, run, results);
  auto database = std::make_unique<Database>(path, Database::Mode::kWrite);
  configure(*database, durability);
  database->execute("BEGIN IMMEDIATE");
  const std::int64_t session = start_session(*database, run);
  database->execute("COMMIT");
  return std::make_unique<Writer>(std::move(lock), std::move(database), question_sets(results), samples_of(results),
                                  session, true, durability);
}

/// Takes over a larger --limit.
void grow_items(Database& database, const std::vector<ResultInfo>& results) {
  Statement grow(database, "UPDATE results SET items = ? WHERE id = ? AND items < ?1");
  for (std::size_t i = 0; i < results.size(); ++i) {
    grow.bind(1, results[i].items).bind(2, static_cast<std::int64_t>(i)).run();
  }
}

std::unique_ptr<RunWriter> resumed(const std::string& path, const RunInfo& run, const std::vector<ResultInfo>& results,
                                   Durability durability, RunLock lock) {
  auto database = std::make_unique<Database>(path, Database::Mode::kWrite);
  database->checkpoint_on_close(false);
  check_schema(*database);
  check_integrity(*database, kMostBytesChecked);
  database->execute("BEGIN IMMEDIATE");  // rolled back where anything below fails
  migrate(*database);
  check_context(*database);
  check_rows(*database);
  const RunInfo stored = read_run(*database);
  const std::vector<ResultInfo> stored_results = read_results(*database);
  std::vector<std::string> differences = config_differences(stored.config_json, run.config_json);
  for (std::string& line : result_differences(stored_results, results)) {
    if (std::find(differences.begin(), differences.end(), line) == differences.end()) {
      differences.push_back(std::move(line));
    }
  }
  if (!differences.empty()) {
    fail(path + ": this run was begun differently: " + joined(differences) +
         "; run it as it was, or choose another file with --run");
  }
  grow_items(*database, results);
  const std::int64_t session = start_session(*database, run);
  database->execute("COMMIT");
  database->checkpoint_on_close(true);
  configure(*database, durability);
  // The log must exist before it can be synced; a change of journal mode above may have removed it.
  database->execute("UPDATE run SET state = state");
  return std::make_unique<Writer>(std::move(lock), std::move(database), question_sets(stored_results),
                                  samples_of(stored_results), session, false, durability);
}

}  // namespace
}  // namespace run_file

Result<std::unique_ptr<RunWriter>> RunWriter::create(const std::string& path, const RunInfo& run,
                                                     const std::vector<ResultInfo>& results, Durability durability) {
  if (run_file::exists(path)) {
    return usage_error(path + ": the file exists; choose another name, or resume it if it is a run file");
  }
  if (static_cast<std::int64_t>(results.size()) > run_file::kMaxResults) {
    return usage_error("a run may have at most " + std::to_string(run_file::kMaxResults) + " models × suites");
  }
  auto lock = run_file::RunLock::take(path);
  if (!lock) return forward_error(lock);
  return run_file::made([&] { return run_file::created(path, run, results, durability, std::move(*lock)); });
}

Result<std::unique_ptr<RunWriter>> RunWriter::resume(const std::string& path, const RunInfo& run,
                                                     const std::vector<ResultInfo>& results, Durability durability) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return usage_error(path + ": no such run file; check the path");
  if (S_ISREG(status.st_mode) && status.st_size == 0) return usage_error(run_file::empty_file(path));
  if (status.st_nlink > 1) {
    return usage_error(path + ": has another name too (a hard link), under which it may be changed meanwhile; copy it");
  }
  auto lock = run_file::RunLock::take(path);
  if (!lock) return forward_error(lock);
  return run_file::made([&] { return run_file::resumed(path, run, results, durability, std::move(*lock)); });
}

}  // namespace assay
