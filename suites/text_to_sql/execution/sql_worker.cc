#include "suites/text_to_sql/execution/sql_worker.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "suites/text_to_sql/execution/queried_database.h"
#include "suites/text_to_sql/execution/scratch_database.h"
#include "suites/text_to_sql/execution/script_database.h"
#include "suites/text_to_sql/execution/worker_pool.h"
#include "suites/worker/wire.h"

namespace assay {
namespace text_to_sql {

using worker::receive_message;
using worker::ReceiveStatus;
using worker::send_message;
using worker::WireReader;

namespace {

constexpr std::int64_t kHeapBytes = 512LL << 20U;   // SQLite's own: pages, sorting, values
constexpr rlim_t kAddressSpaceBytes = 2ULL << 30U;  // the process as a whole
constexpr std::size_t kMaxOpenDatabases = 24;

void limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

/// Takes the right to write, create, remove and execute files away for good, where the kernel can.
void forbid_file_changes() {
#ifdef SYS_landlock_create_ruleset
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                            LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                            LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                            LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  const auto ruleset = static_cast<int>(syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0));
  if (ruleset < 0) return;
  syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(ruleset);
#endif
}

void harden() {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, 64);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they reserve address space without end
  limit(RLIMIT_AS, kAddressSpaceBytes);
#endif
  forbid_file_changes();
  sqlite3_soft_heap_limit64(kHeapBytes / 2);
  sqlite3_hard_heap_limit64(kHeapBytes);
}

/// A runaway that the progress handler does not see (one endless step) is ended by the kernel. The limit counts
/// the process's whole life, so it moves along.
void allow_cpu_seconds(std::uint32_t seconds) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  rlimit both{};
  getrlimit(RLIMIT_CPU, &both);
  both.rlim_cur = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + seconds + 2;
  if (both.rlim_max != RLIM_INFINITY && both.rlim_cur > both.rlim_max) both.rlim_cur = both.rlim_max;
  setrlimit(RLIMIT_CPU, &both);
}

/// Connections by path, the one used last in front.
class OpenDatabases {
 public:
  Result<QueriedDatabase*> at(const std::string& path) {
    for (auto entry = open_.begin(); entry != open_.end(); ++entry) {
      if (entry->first != path) continue;
      open_.splice(open_.begin(), open_, entry);
      return open_.front().second.get();
    }
    Result<std::unique_ptr<QueriedDatabase>> opened = open_database(path);
    if (!opened) return forward_error(opened);
    if (open_.size() >= kMaxOpenDatabases) open_.pop_back();
    open_.emplace_front(path, std::move(*opened));
    return open_.front().second.get();
  }

 private:
  std::list<std::pair<std::string, std::unique_ptr<QueriedDatabase>>> open_;
};

void answer(OpenDatabases& databases, WireReader& request, WireWriter& out) {
  const auto task = static_cast<WorkerTask>(request.u8());
  const std::string_view subject = request.text();
  if (task == WorkerTask::kBuild) {
    allow_cpu_seconds(120);
    return build_from_script(subject, out);
  }
  if (task == WorkerTask::kScratch) {
    allow_cpu_seconds(120);
    return run_on_scratch(subject, request, out);
  }
  Result<QueriedDatabase*> database = databases.at(std::string(subject));
  if (!database) {
    out.u8(static_cast<std::uint8_t>(QueryStatus::kUnavailable));
    out.text(database.error().message);
    return;
  }
  if (task == WorkerTask::kDescribe) {
    allow_cpu_seconds(20);
    return (*database)->describe(request.u32(), out);
  }
  QueryLimits limits;
  limits.timeout_ms = request.u32();
  limits.max_rows = request.u64();
  limits.max_bytes = request.u64();
  const std::string_view sql = request.text();
  allow_cpu_seconds(limits.timeout_ms / 1000 + 2);
  if (task == WorkerTask::kReversedQuery) return (*database)->query_reversed(sql, limits, out);
  (*database)->query(sql, limits, out);
}

int serve(int socket) {
  harden();
  if (!send_message(socket, kWorkerGreeting)) return 1;
  OpenDatabases databases;
  std::string message;
  while (receive_message(socket, -1, message) == ReceiveStatus::kMessage) {
    WireReader request(message);
    WireWriter out;
    answer(databases, request, out);
    if (!send_message(socket, out.bytes())) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace text_to_sql

int sql_worker_entry(int argc, char** argv) {
  if (argc != 2 || std::string_view(argv[1]) != text_to_sql::kWorkerArgument) return -1;
  try {
    return text_to_sql::serve(worker::kWorkerSocket);
  } catch (...) {  // std::bad_alloc under the memory limit: the pool sees the socket close
    return 1;
  }
}

}  // namespace assay
