#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "results/run_file/checksum.h"
#include "results/run_file/config_difference.h"
#include "results/run_file/context.h"
#include "results/run_file/lock.h"
#include "results/run_file/log_sync.h"
#include "results/run_file/new_file.h"
#include "results/run_file/record_writer.h"
#include "results/run_file/run_file.h"
#include "results/run_file/schema.h"
#include "results/run_file/sqlite.h"

namespace assay {
namespace run_file {
namespace {

constexpr std::int64_t kMostBytesCheckedToWrite = 64 << 20;  ///< quick_check reads about 1 GB/s

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

class Writer final : public RunWriter {
 public:
  /// `database` is a run file whose session has been started.
  Writer(RunLock lock, std::unique_ptr<Database> database, std::vector<std::int64_t> sets, std::int64_t session,
         bool fresh, Durability durability)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        session_(session),
        begin_(std::make_unique<Statement>(*database_, "BEGIN IMMEDIATE")),
        commit_(std::make_unique<Statement>(*database_, "COMMIT")),
        records_(std::make_unique<RecordWriter>(*database_, std::move(sets), fresh)) {
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
      Statement row(*database_,
                    "SELECT (SELECT total(usd) FROM records WHERE reused = 0) + "
                    "(SELECT total(usd) FROM judge_answers)");
      if (row.step()) usd = row.real(0);
    });
    if (!done) return forward_error(done);
    return usd;
  }

  Result<void> append(const Record& record) override {
    return guarded([&] {
      if (!open_) {
        begin_->run();
        open_ = true;
      }
      const auto now =
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
      records_->insert(record, session_, static_cast<std::int64_t>(now.count()));
    });
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
      begin_.reset();
      commit_.reset();
      records_.reset();
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

  RunLock lock_;
  std::unique_ptr<Database> database_;
  std::int64_t session_;
  std::unique_ptr<Statement> begin_;
  std::unique_ptr<Statement> commit_;
  std::unique_ptr<RecordWriter> records_;
  std::unique_ptr<LogSync> sync_;
  bool open_ = false;
  bool finished_ = false;
  std::optional<Error> broken_;
};

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

void write_new(const std::string& path, const RunInfo& run, const std::vector<ResultInfo>& results) {
  make_file(path, [&](Database& database) {
    database.execute("BEGIN IMMEDIATE");
    migrate(database);
    write_run(database, run);
    write_results(database, results);
    database.execute("COMMIT");
  });
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
  return std::make_unique<Writer>(std::move(lock), std::move(database), question_sets(results), session, true,
                                  durability);
}

/// Takes over a larger --limit.
void grow_items(Database& database, const std::vector<ResultInfo>& results) {
  Statement grow(database, "UPDATE results SET items = ? WHERE id = ? AND items < ?1");
  for (std::size_t i = 0; i < results.size(); ++i) {
    grow.bind(1, results[i].items).bind(2, static_cast<std::int64_t>(i)).run();
  }
}

/// A merge of some shards that the whole run goes on with is a part no more: its items are now all that were chosen.
void drop_part_mark(Database& database, RunInfo run) {
  const auto is_mark = [](const auto& entry) { return entry.first == kMergedShards; };
  if (std::erase_if(run.host, is_mark) > 0) write_host(database, run);
}

std::unique_ptr<RunWriter> resumed(const std::string& path, const RunInfo& run, const std::vector<ResultInfo>& results,
                                   Durability durability, RunLock lock) {
  auto database = std::make_unique<Database>(path, Database::Mode::kWrite);
  database->checkpoint_on_close(false);
  check_schema(*database);
  check_integrity(*database, kMostBytesCheckedToWrite);
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
  drop_part_mark(*database, stored);
  const std::int64_t session = start_session(*database, run);
  database->execute("COMMIT");
  database->checkpoint_on_close(true);
  configure(*database, durability);
  // The log must exist before it can be synced; a change of journal mode above may have removed it.
  database->execute("UPDATE run SET state = state");
  return std::make_unique<Writer>(std::move(lock), std::move(database), question_sets(stored_results), session, false,
                                  durability);
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
  if (!S_ISREG(status.st_mode)) return usage_error(path + ": is not a file; choose another name for the run file");
  if (status.st_size == 0) return usage_error(run_file::empty_file(path));
  if (status.st_nlink > 1) {
    return usage_error(path + ": has another name too (a hard link), under which it may be changed meanwhile; copy it");
  }
  auto lock = run_file::RunLock::take(path);
  if (!lock) return forward_error(lock);
  return run_file::made([&] { return run_file::resumed(path, run, results, durability, std::move(*lock)); });
}

}  // namespace assay
