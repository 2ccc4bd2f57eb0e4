#include "suites/text_to_sql/execution/worker_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "harness/core/text.h"
#include "suites/text_to_sql/execution/wire.h"

namespace assay::text_to_sql {

class WorkerPool::Worker {
 public:
  static Result<std::unique_ptr<Worker>> start(const std::string& program, std::vector<std::string> environment) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      return internal_error(std::string("cannot make a socket for an SQL worker: ") + std::strerror(errno));
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int standard : {0, 1, 2}) {
      posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", standard == 0 ? O_RDONLY : O_WRONLY, 0);
    }
    posix_spawn_file_actions_adddup2(&actions, ends[1], kWorkerSocket);
    if (ends[1] == kWorkerSocket) fcntl(ends[1], F_SETFD, 0);  // dup2 onto itself would leave it to be closed
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // a process group of its own: an interrupt at the terminal is assay's to handle
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes, &all);
    std::string name = "assay-sql-worker";
    std::string argument(kWorkerArgument);
    std::array<char*, 3> argv = {name.data(), argument.data(), nullptr};
    std::vector<char*> variables;
    for (std::string& variable : environment) variables.push_back(variable.data());
    variables.push_back(nullptr);
    pid_t process = -1;
    const int error = posix_spawn(&process, program.c_str(), &actions, &attributes, argv.data(), variables.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (error != 0) {
      close(ends[0]);
      return internal_error("cannot start an SQL worker (" + program + "): " + std::strerror(error));
    }
    std::unique_ptr<Worker> worker(new Worker(process, ends[0]));
    std::string greeting;
    if (receive_message(ends[0], 30'000, greeting) != ReceiveStatus::kMessage || greeting != kWorkerGreeting) {
      return internal_error(program + " does not answer as an SQL worker: it must call sql_worker_entry() first");
    }
    return worker;
  }

  ~Worker() {
    close(socket_);
    kill(process_, SIGKILL);
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] int socket() const { return socket_; }

  /// How a process that no longer answers ended. The process is gone afterwards.
  [[nodiscard]] std::string end() {
    if (info().si_code == CLD_EXITED) return "the worker exited with " + std::to_string(info().si_status);
    const char* name = strsignal(info().si_status);
    return "the worker was ended by signal " + std::to_string(info().si_status) + " (" + (name ? name : "?") + ")";
  }
  /// The kernel ended it for the processor time that it used. Only after its socket has closed.
  [[nodiscard]] bool used_up_cpu() { return info().si_code != CLD_EXITED && info().si_status == SIGXCPU; }

 private:
  Worker(pid_t process, int socket) : process_(process), socket_(socket) {}

  /// How it ended; leaves it to be reaped by the destructor. One that closed its socket and lives on is killed.
  const siginfo_t& info() {
    constexpr int kLooks = 100;
    for (int look = 0; info_.si_pid == 0 && look <= kLooks; ++look) {
      if (look == kLooks) kill(process_, SIGKILL);
      const int options = WEXITED | WNOWAIT | (look == kLooks ? 0 : WNOHANG);
      if (waitid(P_PID, static_cast<id_t>(process_), &info_, options) != 0) break;
      if (info_.si_pid == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return info_;
  }

  pid_t process_;
  int socket_;
  siginfo_t info_{};
};

WorkerPool::WorkerPool(WorkerPoolOptions options) : options_(std::move(options)) {
  if (options_.workers == 0) options_.workers = std::max(1U, std::thread::hardware_concurrency());
}

WorkerPool::~WorkerPool() = default;

Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::acquire() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    freed_.wait(lock, [this] { return !idle_.empty() || running_ < options_.workers; });
    if (!idle_.empty()) {
      std::unique_ptr<Worker> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
    ++running_;
  }
  Result<std::unique_ptr<Worker>> started = Worker::start(options_.program, options_.environment);
  if (!started) release(nullptr);
  return started;
}

void WorkerPool::release(std::unique_ptr<Worker> worker) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (worker) {
      idle_.push_back(std::move(worker));
    } else {
      --running_;
    }
  }
  freed_.notify_one();
}

WorkerPool::Reply WorkerPool::call(std::string_view request, int timeout_ms) {
  Reply reply;
  Result<std::unique_ptr<Worker>> worker = acquire();
  if (!worker) {
    reply.failure = worker.error().message;
    return reply;
  }
  std::string message;
  const bool sent = send_message((*worker)->socket(), request);
  const ReceiveStatus received =
      sent ? receive_message((*worker)->socket(), timeout_ms, message) : ReceiveStatus::kClosed;
  if (received == ReceiveStatus::kMessage) {
    reply.message = std::move(message);
    release(std::move(*worker));
    return reply;
  }
  reply.is_crash = true;
  reply.is_timeout = received == ReceiveStatus::kTimeout || (sent && (*worker)->used_up_cpu());
  if (received == ReceiveStatus::kTimeout) {
    reply.failure = "killed after " + std::to_string(timeout_ms) + " ms without an answer";
  } else {
    reply.failure = reply.is_timeout ? "killed: one step of the query used up its CPU time" : (*worker)->end();
  }
  worker->reset();
  release(nullptr);
  return reply;
}

namespace {

/// Reads a table out of an answer; false where it is not one.
bool read_table(WireReader& in, ResultTable& table) {
  const std::uint32_t columns = in.u32();
  if (columns > in.left()) return false;
  for (std::uint32_t c = 0; c < columns; ++c) {
    const std::string_view name = in.text();
    table.columns.push_back(invalid_utf8_at(name) == std::string_view::npos ? std::string(name) : repaired_utf8(name));
  }
  const std::uint64_t rows = in.u64();
  if (in.failed() || (columns != 0 && rows > in.left() / columns) || (columns == 0 && rows != 0)) return false;
  // text and blobs are no longer than what is left of the message
  std::shared_ptr<char[]> bytes(new char[in.left()]);
  std::size_t used = 0;
  table.cells.reserve(rows * columns);
  for (std::uint64_t i = 0; i < rows * columns; ++i) {
    switch (static_cast<CellKind>(in.u8())) {
      case CellKind::kNull:
        table.cells.push_back(Cell::null());
        break;
      case CellKind::kInteger:
        table.cells.push_back(Cell::integer(static_cast<std::int64_t>(in.u64())));
        break;
      case CellKind::kReal: {
        const std::uint64_t bits = in.u64();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        table.cells.push_back(Cell::real(value));
        break;
      }
      case CellKind::kText: {
        const std::string_view text = in.text();
        std::memcpy(bytes.get() + used, text.data(), text.size());
        std::size_t size = text.size();
        if (invalid_utf8_at(text) != std::string_view::npos) {
          size = drop_invalid_utf8(bytes.get() + used, size);
          table.repaired_text = true;
        }
        table.cells.push_back(Cell::text({bytes.get() + used, size}));
        used += size;
        break;
      }
      case CellKind::kBlob: {
        const std::string_view blob = in.text();
        if (!blob.empty()) std::memcpy(bytes.get() + used, blob.data(), blob.size());
        table.cells.push_back(Cell::blob({bytes.get() + used, blob.size()}));
        used += blob.size();
        break;
      }
      default:
        return false;
    }
    if (in.failed()) return false;
  }
  table.row_count = rows;
  table.bytes = std::move(bytes);
  table.bytes_size = used;
  return true;
}

}  // namespace

QueryOutcome WorkerPool::query(const std::string& database, std::string_view sql, const QueryLimits& limits) {
  return ask(static_cast<std::uint8_t>(WorkerTask::kQuery), database, sql, limits);
}

QueryOutcome WorkerPool::query_reversed(const std::string& database, std::string_view sql, const QueryLimits& limits) {
  return ask(static_cast<std::uint8_t>(WorkerTask::kReversedQuery), database, sql, limits);
}

QueryOutcome WorkerPool::ask(std::uint8_t task, const std::string& database, std::string_view sql,
                             const QueryLimits& limits) {
  WireWriter request;
  request.u8(task);
  request.text(database);
  request.u32(limits.timeout_ms);
  request.u64(limits.max_rows);
  request.u64(limits.max_bytes);
  request.text(sql);
  return outcome_of(request.bytes(), static_cast<std::uint64_t>(limits.timeout_ms) * kWallFactor + kWallGraceMs);
}

QueryOutcome WorkerPool::run_on_scratch(const ScratchTable& table, const std::vector<std::string>& statements,
                                        const QueryLimits& limits) {
  WireWriter request;
  request.u8(static_cast<std::uint8_t>(WorkerTask::kScratch));
  request.text(table.name);
  write_scratch_request(table, statements, limits, request);
  if (request.size() > kMaxMessageBytes) return {QueryStatus::kTooLarge, "the table is too large", {}};
  return outcome_of(request.bytes(),
                    static_cast<std::uint64_t>(limits.timeout_ms) * kWallFactor * statements.size() + kWallGraceMs);
}

QueryOutcome WorkerPool::outcome_of(std::string_view request, std::uint64_t wall_ms) {
  const Reply reply = call(request, static_cast<int>(std::min<std::uint64_t>(wall_ms, INT32_MAX)));
  QueryOutcome outcome;
  if (!reply.message) {
    outcome.status = reply.is_crash ? QueryStatus::kCrash : QueryStatus::kUnavailable;
    if (reply.is_timeout) outcome.status = QueryStatus::kTimeout;
    outcome.message = reply.failure;
    return outcome;
  }
  WireReader in(*reply.message);
  const std::uint8_t status = in.u8();
  const std::string_view message = in.text();
  outcome.message = repaired_utf8(message);
  std::replace(outcome.message.begin(), outcome.message.end(), '\n', ' ');
  if (in.failed() || status > static_cast<std::uint8_t>(QueryStatus::kUnavailable)) {
    outcome.status = QueryStatus::kCrash;
    outcome.message = "the worker's answer cannot be read";
    return outcome;
  }
  outcome.status = static_cast<QueryStatus>(status);
  if (outcome.status == QueryStatus::kRows && !read_table(in, outcome.table)) {
    outcome = {QueryStatus::kCrash, "the worker's answer cannot be read", {}};
  }
  return outcome;
}

Result<Schema> WorkerPool::describe(const std::string& database, std::uint32_t sample_rows) {
  WireWriter request;
  request.u8(static_cast<std::uint8_t>(WorkerTask::kDescribe));
  request.text(database);
  request.u32(sample_rows);
  const Reply reply = call(request.bytes(), 60'000);
  if (!reply.message) return usage_error("database " + database + ": " + reply.failure);
  WireReader in(*reply.message);
  const auto status = static_cast<QueryStatus>(in.u8());
  const std::string message = repaired_utf8(in.text());
  if (status != QueryStatus::kRows) return usage_error(message);
  Schema schema;
  const auto text = [&in] { return repaired_utf8(in.text()); };
  for (std::uint32_t tables = in.u32(); tables > 0 && !in.failed(); --tables) {
    SchemaTable& table = schema.tables.emplace_back();
    table.name = text();
    table.sql = text();
    for (std::uint32_t columns = in.u32(); columns > 0 && !in.failed(); --columns) {
      SchemaColumn& column = table.columns.emplace_back();
      column.name = text();
      column.type = text();
      column.not_null = text() == "1";
      in.text();  // the default
      column.key_position = std::atoi(text().c_str());
    }
    std::string last_key;
    for (std::uint32_t keys = in.u32(); keys > 0 && !in.failed(); --keys) {
      const std::string id = text();
      const std::string target_table = text();
      const std::string from = text();
      const std::string to = text();
      if (table.foreign_keys.empty() || id != last_key) table.foreign_keys.push_back({{}, target_table, {}});
      last_key = id;
      ForeignKey& key = table.foreign_keys.back();
      key.columns.insert(key.columns.begin(), from);
      if (!to.empty()) key.targets.insert(key.targets.begin(), to);
    }
    for (std::uint32_t rows = in.u32(); rows > 0 && !in.failed(); --rows) {
      std::vector<std::string>& row = table.sample_rows.emplace_back();
      for (std::uint32_t values = in.u32(); values > 0 && !in.failed(); --values) row.push_back(text());
    }
  }
  if (in.failed()) return internal_error("the description of " + database + " cannot be read");
  return schema;
}

Result<std::string> WorkerPool::build(std::string_view script) {
  WireWriter request;
  request.u8(static_cast<std::uint8_t>(WorkerTask::kBuild));
  request.text(script);
  const Reply reply = call(request.bytes(), 300'000);
  if (!reply.message) return usage_error("cannot build a database: " + reply.failure);
  WireReader in(*reply.message);
  const auto status = static_cast<QueryStatus>(in.u8());
  const std::string_view text = in.text();
  if (in.failed()) return internal_error("the worker's answer cannot be read");
  if (status != QueryStatus::kRows) return usage_error(repaired_utf8(text));
  return std::string(text);
}

Result<void> WorkerPool::check() {
  Result<std::unique_ptr<Worker>> worker = acquire();
  if (!worker) return forward_error(worker);
  release(std::move(*worker));
  return {};
}

}  // namespace assay::text_to_sql
