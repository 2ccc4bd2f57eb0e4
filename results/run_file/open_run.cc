#include "results/run_file/open_run.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "results/run_file/checksum.h"
#include "results/run_file/context.h"
#include "results/run_file/lock.h"
#include "results/run_file/schema.h"

namespace assay::run_file {
namespace {

constexpr std::int64_t kMostBytesCheckedToRead = 16 << 20;  ///< a compare of two large runs must stay below a second

void check_is_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    fail(path + ": the run file cannot be read (" + std::strerror(errno) + "); check the path");
  }
  if (!S_ISREG(status.st_mode)) fail(path + ": not a file; give a run file that `assay run` wrote");
  if (status.st_size == 0) fail(empty_file(path));
}

}  // namespace

std::unique_ptr<Database> open_database(const std::string& path) {
  check_is_file(path);
  try {
    auto database = std::make_unique<Database>(path, Database::Mode::kRead);
    check_schema(*database);
    return database;
  } catch (const StorageFailure&) {
    // A finished log-mode file in a directory that cannot be written needs `immutable`: without it SQLite wants to make
    // its shared-memory file there.
    struct stat log {};
    const bool log_holds_records = stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0;
    if (log_holds_records || RunLock::held(path)) throw;
    auto database = std::make_unique<Database>(path, Database::Mode::kReadImmutable);
    check_schema(*database);
    return database;
  }
}

OpenRun read_context(std::unique_ptr<Database> database, bool live) {
  OpenRun open;
  check_integrity(*database, kMostBytesCheckedToRead);
  open.version = database->integer("PRAGMA user_version");
  if (open.version > 1) check_context(*database);
  open.run = read_run(*database);
  if (open.run.state == "running" && !live) open.run.state = "incomplete";
  open.results = read_results(*database);
  open.sessions = read_sessions(*database);
  open.database = std::move(database);
  return open;
}

Error reading_failure(const std::string& path) {
  try {
    throw;
  } catch (const StorageFailure& failure) {
    Error error = failure.error;
    if (error.message.find(path) != 0) error.message = path + ": " + error.message;
    return error;
  } catch (const std::bad_alloc&) {
    return Error{ErrorKind::kUsage, path + ": not enough memory to read the run file"};
  } catch (const std::exception& failure) {
    return Error{ErrorKind::kInternal, path + ": the run file cannot be read: " + failure.what()};
  }
}

}  // namespace assay::run_file
