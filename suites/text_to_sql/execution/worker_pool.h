// A few processes that run SQL nobody trusts, and the calls into them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"
#include "suites/text_to_sql/execution/query_outcome.h"
#include "suites/text_to_sql/execution/scratch_database.h"
#include "suites/text_to_sql/prompt/schema.h"
#include "suites/worker/worker_process.h"

namespace assay::text_to_sql {

/// The hidden argument that makes the program a worker.
inline constexpr std::string_view kWorkerArgument = "--sql-worker-process";

/// The first message of a worker, before any request: that the program at the other end is one.
inline constexpr std::string_view kWorkerGreeting = "assay sql worker 1";

/// What a worker is asked to do; the first byte of a request.
enum class WorkerTask : std::uint8_t { kQuery = 1, kDescribe = 2, kBuild = 3, kReversedQuery = 4, kScratch = 5 };

struct WorkerPoolOptions {
  std::string program = "/proc/self/exe";     ///< calls sql_worker_entry() first in its main()
  std::size_t workers = 0;                    ///< at most so many processes; 0: one a core
  std::vector<std::string> environment = {};  ///< "NAME=value" of their whole environment: PostgreSQL's PG… and HOME
};

/// Worker processes, started when needed and used again while they behave. A worker that crashes, overruns its
/// wall-clock time or answers nonsense is killed and replaced; only the query it ran is lost, and says so.
/// All functions are thread-safe and block until the worker answers.
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolOptions options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs one query on a database: the path of an SQLite file, or a PostgreSQL URL.
  [[nodiscard]] QueryOutcome query(const std::string& database, std::string_view sql, const QueryLimits& limits);

  /// The same with rows that no ORDER BY orders coming the other way round (SQLite): a result that differs from
  /// query()'s depends on an order that nobody promises.
  [[nodiscard]] QueryOutcome query_reversed(const std::string& database, std::string_view sql,
                                            const QueryLimits& limits);

  /// Makes a table in a worker's memory, runs the statements on it one after the other and returns the outcome of the
  /// last one. They may read and change rows; what is refused or fails changes nothing. There must be one.
  [[nodiscard]] QueryOutcome run_on_scratch(const ScratchTable& table, const std::vector<std::string>& statements,
                                            const QueryLimits& limits);

  /// The tables of an SQLite file, with up to `sample_rows` rows of each.
  [[nodiscard]] Result<Schema> describe(const std::string& database, std::uint32_t sample_rows);

  /// The bytes of an SQLite file made of an SQL script. Errors name the statement.
  [[nodiscard]] Result<std::string> build(std::string_view script);

  /// Starts one worker now; the error says why queries cannot be run here.
  [[nodiscard]] Result<void> check();

 private:
  struct Reply {
    std::optional<std::string> message;
    std::string failure;  ///< why there is none
    bool is_crash = false;
    bool is_timeout = false;  ///< it ran until it was killed
  };

  QueryOutcome ask(std::uint8_t task, const std::string& database, std::string_view sql, const QueryLimits& limits);
  QueryOutcome outcome_of(std::string_view request, std::uint64_t wall_ms);
  Reply call(std::string_view request, int timeout_ms);
  Result<std::unique_ptr<worker::WorkerProcess>> acquire();
  void release(std::unique_ptr<worker::WorkerProcess> worker);

  WorkerPoolOptions options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<worker::WorkerProcess>> idle_;
  std::size_t running_ = 0;  ///< idle or at work
};

}  // namespace assay::text_to_sql
