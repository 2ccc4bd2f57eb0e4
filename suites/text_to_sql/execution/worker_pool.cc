#include "suites/text_to_sql/execution/worker_pool.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "harness/core/text.h"
#include "suites/worker/wire.h"

namespace assay::text_to_sql {

using worker::receive_message;
using worker::ReceiveStatus;
using worker::send_message;
using worker::WireReader;
using worker::WireWriter;

WorkerPool::WorkerPool(WorkerPoolOptions options) : options_(std::move(options)) {
  if (options_.workers == 0) options_.workers = std::max(1U, std::thread::hardware_concurrency());
}

WorkerPool::~WorkerPool() = default;

Result<std::unique_ptr<worker::WorkerProcess>> WorkerPool::acquire() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    freed_.wait(lock, [this] { return !idle_.empty() || running_ < options_.workers; });
    if (!idle_.empty()) {
      std::unique_ptr<worker::WorkerProcess> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
    ++running_;
  }
  Result<std::unique_ptr<worker::WorkerProcess>> started =
      worker::WorkerProcess::start({.program = options_.program,
                                    .argument = std::string(kWorkerArgument),
                                    .greeting = std::string(kWorkerGreeting),
                                    .name = "an SQL worker",
                                    .entry = "sql_worker_entry()",
                                    .environment = options_.environment});
  if (!started) release(nullptr);
  return started;
}

void WorkerPool::release(std::unique_ptr<worker::WorkerProcess> worker) {
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
  Result<std::unique_ptr<worker::WorkerProcess>> worker = acquire();
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
  if (request.size() > worker::kMaxMessageBytes) return {QueryStatus::kTooLarge, "the table is too large", {}};
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
  Result<std::unique_ptr<worker::WorkerProcess>> worker = acquire();
  if (!worker) return forward_error(worker);
  release(std::move(*worker));
  return {};
}

}  // namespace assay::text_to_sql
