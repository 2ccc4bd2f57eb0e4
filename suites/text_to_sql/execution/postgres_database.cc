#include "suites/text_to_sql/execution/postgres_database.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/clock.h"
#include "harness/core/late_library.h"

namespace assay::text_to_sql {
namespace {

/// The functions of libpq that we use, without their prefix `PQ`.
struct PqLibrary {
  decltype(&::PQcancel) cancel = nullptr;
  decltype(&::PQclear) clear = nullptr;
  decltype(&::PQconnectdbParams) connectdbParams = nullptr;
  decltype(&::PQconsumeInput) consumeInput = nullptr;
  decltype(&::PQdescribePrepared) describePrepared = nullptr;
  decltype(&::PQerrorMessage) errorMessage = nullptr;
  decltype(&::PQescapeIdentifier) escapeIdentifier = nullptr;
  decltype(&::PQexec) exec = nullptr;
  decltype(&::PQexecParams) execParams = nullptr;
  decltype(&::PQfinish) finish = nullptr;
  decltype(&::PQfname) fname = nullptr;
  decltype(&::PQfreeCancel) freeCancel = nullptr;
  decltype(&::PQfreemem) freemem = nullptr;
  decltype(&::PQftype) ftype = nullptr;
  decltype(&::PQgetCancel) getCancel = nullptr;
  decltype(&::PQgetResult) getResult = nullptr;
  decltype(&::PQgetisnull) getisnull = nullptr;
  decltype(&::PQgetlength) getlength = nullptr;
  decltype(&::PQgetvalue) getvalue = nullptr;
  decltype(&::PQisBusy) isBusy = nullptr;
  decltype(&::PQnfields) nfields = nullptr;
  decltype(&::PQnparams) nparams = nullptr;
  decltype(&::PQntuples) ntuples = nullptr;
  decltype(&::PQresultErrorField) resultErrorField = nullptr;
  decltype(&::PQresultErrorMessage) resultErrorMessage = nullptr;
  decltype(&::PQresultStatus) resultStatus = nullptr;
  decltype(&::PQsendPrepare) sendPrepare = nullptr;
  decltype(&::PQsendQueryPrepared) sendQueryPrepared = nullptr;
  decltype(&::PQsetSingleRowMode) setSingleRowMode = nullptr;
  decltype(&::PQsocket) socket = nullptr;
  decltype(&::PQstatus) status = nullptr;
  decltype(&::PQunescapeBytea) unescapeBytea = nullptr;
  decltype(&::PQuser) user = nullptr;
};

PqLibrary load() {
  const LateLibrary library(ASSAY_PQ_LIBRARY);
  PqLibrary pq;
  library.find("PQcancel", pq.cancel);
  library.find("PQclear", pq.clear);
  library.find("PQconnectdbParams", pq.connectdbParams);
  library.find("PQconsumeInput", pq.consumeInput);
  library.find("PQdescribePrepared", pq.describePrepared);
  library.find("PQerrorMessage", pq.errorMessage);
  library.find("PQescapeIdentifier", pq.escapeIdentifier);
  library.find("PQexec", pq.exec);
  library.find("PQexecParams", pq.execParams);
  library.find("PQfinish", pq.finish);
  library.find("PQfname", pq.fname);
  library.find("PQfreeCancel", pq.freeCancel);
  library.find("PQfreemem", pq.freemem);
  library.find("PQftype", pq.ftype);
  library.find("PQgetCancel", pq.getCancel);
  library.find("PQgetResult", pq.getResult);
  library.find("PQgetisnull", pq.getisnull);
  library.find("PQgetlength", pq.getlength);
  library.find("PQgetvalue", pq.getvalue);
  library.find("PQisBusy", pq.isBusy);
  library.find("PQnfields", pq.nfields);
  library.find("PQnparams", pq.nparams);
  library.find("PQntuples", pq.ntuples);
  library.find("PQresultErrorField", pq.resultErrorField);
  library.find("PQresultErrorMessage", pq.resultErrorMessage);
  library.find("PQresultStatus", pq.resultStatus);
  library.find("PQsendPrepare", pq.sendPrepare);
  library.find("PQsendQueryPrepared", pq.sendQueryPrepared);
  library.find("PQsetSingleRowMode", pq.setSingleRowMode);
  library.find("PQsocket", pq.socket);
  library.find("PQstatus", pq.status);
  library.find("PQunescapeBytea", pq.unescapeBytea);
  library.find("PQuser", pq.user);
  return pq;
}

// Loaded at the first call: most runs ask no PostgreSQL database.
const PqLibrary& pq() {
  static const PqLibrary library = load();
  return library;
}

struct Finish {
  void operator()(PGconn* connection) const { pq().finish(connection); }
};
struct Clear {
  void operator()(PGresult* result) const { pq().clear(result); }
};
struct FreeCancel {
  void operator()(PGcancel* cancel) const { pq().freeCancel(cancel); }
};
struct FreeMemory {
  void operator()(void* memory) const { pq().freemem(memory); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
using Answer = std::unique_ptr<PGresult, Clear>;

constexpr int kCleanUpMs = 5'000;  // for ROLLBACK and for the end of a cancelled query

// Object identifiers of types (pg_type.dat), stable since PostgreSQL 7.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr std::array<Oid, 4> kIntegers = {20, 21, 23, 26};  // int8, int2, int4, oid
constexpr std::array<Oid, 2> kFloats = {700, 701};
constexpr Oid kNumeric = 1700;

template <std::size_t N>
bool is_one_of(Oid type, const std::array<Oid, N>& types) {
  for (const Oid one : types) {
    if (one == type) return true;
  }
  return false;
}

std::string one_line(const char* text) {
  std::string line(text == nullptr ? "" : text);
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  return line;
}

/// What a role that only reads must not be able to do; each row of an answer says one thing.
constexpr const char* kRightsBeyondReading = R"sql(
SELECT 'is a superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL SELECT 'may create databases' FROM pg_roles WHERE rolname = current_user AND rolcreatedb
UNION ALL SELECT 'may create roles' FROM pg_roles WHERE rolname = current_user AND rolcreaterole
UNION ALL SELECT 'may replicate' FROM pg_roles WHERE rolname = current_user AND rolreplication
UNION ALL SELECT 'passes row security by' FROM pg_roles WHERE rolname = current_user AND rolbypassrls
UNION ALL SELECT 'is a member of ' || r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
  JOIN pg_roles me ON me.oid = m.member WHERE me.rolname = current_user
UNION ALL SELECT 'may create schemas' WHERE has_database_privilege(current_database(), 'CREATE')
UNION ALL SELECT 'may make temporary tables' WHERE has_database_privilege(current_database(), 'TEMP')
UNION ALL SELECT 'may create in schema ' || nspname FROM pg_namespace
  WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_(toast_)?temp_'
UNION ALL SELECT 'may change table ' || oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (has_table_privilege(oid, 'INSERT') OR has_table_privilege(oid, 'UPDATE') OR has_table_privilege(oid, 'DELETE')
       OR has_table_privilege(oid, 'TRUNCATE') OR has_table_privilege(oid, 'TRIGGER'))
  AND oid <> 'pg_catalog.pg_settings'::regclass
UNION ALL SELECT 'may change column ' || attrelid::regclass::text || '.' || attname FROM pg_attribute
  JOIN pg_class c ON c.oid = attrelid WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'f')
  AND (has_column_privilege(attrelid, attnum, 'INSERT') OR has_column_privilege(attrelid, attnum, 'UPDATE'))
UNION ALL SELECT 'may advance sequence ' || oid::regclass::text FROM pg_class WHERE relkind = 'S'
  AND (has_sequence_privilege(oid, 'USAGE') OR has_sequence_privilege(oid, 'UPDATE'))
UNION ALL SELECT 'may call ' || oid::regprocedure::text FROM pg_proc
  WHERE has_function_privilege(oid, 'EXECUTE') AND (prosecdef OR (pronamespace = 'pg_catalog'::regnamespace
  AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lo_open', 'lowrite', 'lo_unlink', 'lo_truncate',
                  'lo_truncate64', 'lo_import', 'lo_export', 'pg_terminate_backend', 'pg_cancel_backend',
                  'pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'pg_stat_file', 'pg_reload_conf')))
LIMIT 4)sql";

class PostgresDatabase final : public QueriedDatabase {
 public:
  explicit PostgresDatabase(std::string url) : url_(std::move(url)) {}

  /// Connects where there is no connection. The error says why not.
  Result<void> connect() {
    if (connection_ != nullptr && pq().status(connection_.get()) == CONNECTION_OK) return {};
    // defaults that help a server whose client is gone; no query is held by them
    constexpr const char* kOptions =
        "-c client_connection_check_interval=1s -c idle_in_transaction_session_timeout=60s";
    for (const char* options : {kOptions, ""}) {  // the first of them is younger than PostgreSQL 13
      const std::array<const char*, 6> keys = {"dbname",          "options",          "connect_timeout",
                                               "client_encoding", "application_name", nullptr};
      const std::array<const char*, 6> values = {url_.c_str(), options, "10", "UTF8", "assay", nullptr};
      connection_.reset(pq().connectdbParams(keys.data(), values.data(), 1));
      if (pq().status(connection_.get()) == CONNECTION_OK) break;
    }
    if (pq().status(connection_.get()) != CONNECTION_OK) {
      const std::string why = one_line(pq().errorMessage(connection_.get()));
      connection_.reset();
      return usage_error("no connection to PostgreSQL: " + why);
    }
    const Answer rights(pq().exec(connection_.get(), kRightsBeyondReading));
    if (pq().resultStatus(rights.get()) != PGRES_TUPLES_OK) {
      const std::string why = one_line(pq().resultErrorMessage(rights.get()));
      connection_.reset();
      return usage_error("the role's rights cannot be read: " + why);
    }
    if (const int count = pq().ntuples(rights.get()); count > 0) {
      std::string found;
      for (int row = 0; row < count && row < 3; ++row) {
        found += (row == 0 ? "" : ", ") + std::string(pq().getvalue(rights.get(), row, 0));
      }
      if (count > 3) found += ", …";
      const std::string role = pq().user(connection_.get());
      connection_.reset();
      return usage_error("the PostgreSQL role " + role + " can do more than read (" + found +
                         "): make one that cannot with scripts/postgres-role");
    }
    return {};
  }

  void query(std::string_view sql, const QueryLimits& limits, WireWriter& out) override {
    if (refuse_text(sql, out)) return;
    if (Result<void> connected = connect(); !connected) {
      return write_status(out, QueryStatus::kUnavailable, connected.error().message);
    }
    start_ = MonotonicClock::now();
    limit_ms_ = limits.timeout_ms;
    if (!command("BEGIN READ ONLY")) {
      connection_.reset();
      return write_status(out, QueryStatus::kUnavailable, "the connection to PostgreSQL is lost");
    }
    run(std::string(sql), limits, out);
    clean_up();
  }

  void query_reversed(std::string_view sql, const QueryLimits& limits, WireWriter& out) override {
    query(sql, limits, out);
  }

  void describe(std::uint32_t sample_rows, WireWriter& out) override {
    if (Result<void> connected = connect(); !connected) {
      return write_status(out, QueryStatus::kUnavailable, connected.error().message);
    }
    write_status(out, QueryStatus::kRows, "");
    const Answer tables = select(
        "SELECT oid::text, relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND "
        "pg_table_is_visible(oid) AND relnamespace NOT IN ('pg_catalog'::regnamespace, "
        "'information_schema'::regnamespace) AND has_table_privilege(oid, 'SELECT') ORDER BY oid",
        nullptr);
    out.u32(static_cast<std::uint32_t>(pq().ntuples(tables.get())));
    for (int t = 0; t < pq().ntuples(tables.get()); ++t) {
      const char* id = pq().getvalue(tables.get(), t, 0);
      const std::string name = pq().getvalue(tables.get(), t, 1);
      out.text(name);
      out.text("");
      // name, type, not null, default, position in the primary key
      write_rows(select("SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::int::text, '', "
                        "coalesce(array_position(k.conkey, a.attnum), 0)::text FROM pg_attribute a LEFT JOIN "
                        "pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p' "
                        "WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
                        id),
                 out);
      // id, table, from, to: the last column of a key first, as the pool expects it
      write_rows(select("SELECT k.oid::text, t.relname, f.attname, r.attname FROM pg_constraint k CROSS JOIN LATERAL "
                        "unnest(k.conkey, k.confkey) WITH ORDINALITY AS c(here, there, place) "
                        "JOIN pg_class t ON t.oid = k.confrelid "
                        "JOIN pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = c.here "
                        "JOIN pg_attribute r ON r.attrelid = k.confrelid AND r.attnum = c.there "
                        "WHERE k.contype = 'f' AND k.conrelid = $1::oid ORDER BY k.oid, c.place DESC",
                        id),
                 out);
      Answer rows;
      if (sample_rows > 0) {
        const std::unique_ptr<char, FreeMemory> quoted(
            pq().escapeIdentifier(connection_.get(), name.data(), name.size()));
        rows = select(("SELECT * FROM " + std::string(quoted.get()) + " LIMIT " + std::to_string(sample_rows)).c_str(),
                      nullptr);
      }
      write_samples(rows, out);
    }
  }

 private:
  [[nodiscard]] int left_ms() const {
    return static_cast<int>(limit_ms_) - static_cast<int>(milliseconds_since(start_));
  }

  /// One of our own statements; false where it fails.
  bool command(const char* sql) {
    const Answer answer(pq().exec(connection_.get(), sql));
    return pq().resultStatus(answer.get()) == PGRES_COMMAND_OK;
  }

  Answer select(const char* sql, const char* parameter) {
    const std::array<const char*, 1> values = {parameter};
    return Answer(pq().execParams(connection_.get(), sql, parameter == nullptr ? 0 : 1, nullptr, values.data(), nullptr,
                                  nullptr, 0));
  }

  static void write_rows(const Answer& answer, WireWriter& out) {
    const int rows = pq().ntuples(answer.get());
    out.u32(static_cast<std::uint32_t>(rows));
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < pq().nfields(answer.get()); ++c) out.text(pq().getvalue(answer.get(), r, c));
    }
  }

  static void write_samples(const Answer& answer, WireWriter& out) {
    const int rows = answer == nullptr ? 0 : pq().ntuples(answer.get());
    out.u32(static_cast<std::uint32_t>(rows));
    for (int r = 0; r < rows; ++r) {
      out.u32(static_cast<std::uint32_t>(pq().nfields(answer.get())));
      for (int c = 0; c < pq().nfields(answer.get()); ++c) {
        const bool is_null = pq().getisnull(answer.get(), r, c) != 0;
        out.text(is_null ? "NULL" : std::string_view(pq().getvalue(answer.get(), r, c)).substr(0, 100));
      }
    }
  }

  /// Waits for the next result of what was sent; nothing there: the deadline passed. A null answer: no more results.
  std::optional<Answer> next_answer(int wait_until_ms) {
    while (pq().isBusy(connection_.get()) != 0) {
      const int left = wait_until_ms - static_cast<int>(milliseconds_since(start_));
      if (left <= 0) return std::nullopt;
      pollfd waiting{pq().socket(connection_.get()), POLLIN, 0};
      const int ready = poll(&waiting, 1, left);
      if (ready == 0) return std::nullopt;
      if (ready > 0 && pq().consumeInput(connection_.get()) == 0) break;  // PQgetResult says what is wrong
    }
    return Answer(pq().getResult(connection_.get()));
  }

  /// Asks the server to stop and reads what it still sends; drops the connection where it goes on.
  void cancel() {
    const std::unique_ptr<PGcancel, FreeCancel> handle(pq().getCancel(connection_.get()));
    std::array<char, 256> why{};
    if (handle != nullptr) pq().cancel(handle.get(), why.data(), static_cast<int>(why.size()));
    const int until = static_cast<int>(milliseconds_since(start_)) + kCleanUpMs;
    while (true) {
      const std::optional<Answer> answer = next_answer(until);
      if (!answer) return connection_.reset();
      if (*answer == nullptr) return;
      const ExecStatusType status = pq().resultStatus(answer->get());
      if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) return connection_.reset();
    }
  }

  /// Reads the rest of the results of a step that is over.
  bool drain() {
    while (true) {
      const std::optional<Answer> answer = next_answer(static_cast<int>(milliseconds_since(start_)) + kCleanUpMs);
      if (!answer) return false;
      if (*answer == nullptr) return true;
    }
  }

  void time_out(WireWriter& out) {
    cancel();
    write_status(out, QueryStatus::kTimeout, "cancelled after " + std::to_string(limit_ms_) + " ms");
  }

  void fail(const Answer& answer, WireWriter& out) {
    const char* code = pq().resultErrorField(answer.get(), PG_DIAG_SQLSTATE);
    const std::string_view state = code == nullptr ? "" : code;
    const char* primary = pq().resultErrorField(answer.get(), PG_DIAG_MESSAGE_PRIMARY);
    const std::string message = one_line(primary == nullptr ? pq().resultErrorMessage(answer.get()) : primary);
    QueryStatus status = QueryStatus::kError;
    if (state == "42501" || state == "25006") status = QueryStatus::kRefused;  // no right; read-only transaction
    if (state == "57014") status = QueryStatus::kTimeout;
    if (state.starts_with("53")) status = QueryStatus::kMemory;  // memory, disk, temp_file_limit
    if (state == "42601" && message.find("multiple commands") != std::string::npos) {
      return write_status(out, QueryStatus::kRefused, "several statements");
    }
    // either the query ended its own session, or a value was too large for this process
    if (pq().status(connection_.get()) != CONNECTION_OK) status = QueryStatus::kCrash;
    write_status(out, status, message);
  }

  void run(const std::string& sql, const QueryLimits& limits, WireWriter& out) {
    PGconn* connection = connection_.get();
    // parsed and described before it runs: what returns no columns is no query, and is never started
    if (pq().sendPrepare(connection, "", sql.c_str(), 0, nullptr) == 0) {
      return write_status(out, QueryStatus::kCrash, one_line(pq().errorMessage(connection)));
    }
    std::optional<Answer> answer = next_answer(static_cast<int>(limit_ms_));
    if (!answer) return time_out(out);
    if (pq().resultStatus(answer->get()) != PGRES_COMMAND_OK) return fail(*answer, out);
    if (!drain()) return connection_.reset();
    const Answer shape(pq().describePrepared(connection, ""));
    if (pq().resultStatus(shape.get()) != PGRES_COMMAND_OK) return fail(shape, out);
    const int columns = pq().nfields(shape.get());
    if (columns == 0) return write_status(out, QueryStatus::kRefused, first_word(sql) + " is not a query");
    if (pq().nparams(shape.get()) > 0) return write_status(out, QueryStatus::kError, "the query has parameters");
    if (pq().sendQueryPrepared(connection, "", 0, nullptr, nullptr, nullptr, 0) == 0 ||
        pq().setSingleRowMode(connection) == 0) {
      return write_status(out, QueryStatus::kCrash, one_line(pq().errorMessage(connection)));
    }
    write_status(out, QueryStatus::kRows, "");
    out.u32(static_cast<std::uint32_t>(columns));
    for (int c = 0; c < columns; ++c) out.text(pq().fname(shape.get(), c));
    const std::size_t count_at = out.size();
    out.u64(0);
    std::uint64_t rows = 0;
    while (true) {
      answer = next_answer(static_cast<int>(limit_ms_));
      if (!answer) return time_out(out);
      if (*answer == nullptr) break;
      const ExecStatusType status = pq().resultStatus(answer->get());
      if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) continue;
      if (status != PGRES_SINGLE_TUPLE) return fail(*answer, out);
      if (++rows > limits.max_rows) {
        cancel();
        return write_status(out, QueryStatus::kTooLarge, "more than " + std::to_string(limits.max_rows) + " rows");
      }
      for (int c = 0; c < columns; ++c) write_cell(*answer, c, out);
      if (out.size() > limits.max_bytes) {
        cancel();
        return write_status(out, QueryStatus::kTooLarge,
                            "more than " + std::to_string(limits.max_bytes) + " bytes of result");
      }
      if (left_ms() <= 0) return time_out(out);
    }
    std::memcpy(out.bytes().data() + count_at, &rows, sizeof rows);
  }

  static std::string first_word(const std::string& sql) {
    std::string word;
    for (const char c : sql) {
      const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (is_letter) word += c;
      if (!is_letter && !word.empty()) break;
    }
    return word.empty() ? "this" : word.substr(0, 30);
  }

  static void write_cell(const Answer& answer, int column, WireWriter& out) {
    if (pq().getisnull(answer.get(), 0, column) != 0) return out.u8(static_cast<std::uint8_t>(CellKind::kNull));
    const char* bytes = pq().getvalue(answer.get(), 0, column);
    const std::string_view text(bytes, static_cast<std::size_t>(pq().getlength(answer.get(), 0, column)));
    const Oid type = pq().ftype(answer.get(), column);
    const auto put_integer = [&out](std::int64_t value) {
      out.u8(static_cast<std::uint8_t>(CellKind::kInteger));
      out.u64(static_cast<std::uint64_t>(value));
    };
    if (type == kBool) return put_integer(text == "t" ? 1 : 0);
    if (is_one_of(type, kIntegers) || type == kNumeric) {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error == std::errc() && end == text.data() + text.size()) return put_integer(value);
    }
    if (is_one_of(type, kFloats) || type == kNumeric) {
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      // NaN equals nothing, itself included: it stays a word
      if (error == std::errc() && end == text.data() + text.size() && value == value) {
        out.u8(static_cast<std::uint8_t>(CellKind::kReal));
        return out.raw(&value, sizeof value);
      }
    }
    if (type == kBytea) {
      std::size_t size = 0;
      const std::unique_ptr<unsigned char, FreeMemory> raw(
          pq().unescapeBytea(reinterpret_cast<const unsigned char*>(bytes), &size));
      out.u8(static_cast<std::uint8_t>(CellKind::kBlob));
      return out.text({reinterpret_cast<const char*>(raw.get()), raw == nullptr ? 0 : size});
    }
    out.u8(static_cast<std::uint8_t>(CellKind::kText));
    out.text(text);
  }

  /// Nothing of a query stays: its transaction, settings, locks, listening. Else the connection is given up.
  void clean_up() {
    if (connection_ == nullptr) return;
    start_ = MonotonicClock::now();
    if (pq().status(connection_.get()) != CONNECTION_OK || !drain() || !command("ROLLBACK") ||
        !command("DISCARD ALL")) {
      connection_.reset();
    }
  }

  std::string url_;
  Connection connection_;
  MonotonicClock::time_point start_{};
  std::uint32_t limit_ms_ = 0;
};

}  // namespace

Result<std::unique_ptr<QueriedDatabase>> open_postgres(const std::string& url) {
  if (Result<void> loaded = try_library(pq); !loaded) return forward_error(loaded);
  auto database = std::make_unique<PostgresDatabase>(url);
  if (Result<void> connected = database->connect(); !connected) return forward_error(connected);
  return std::unique_ptr<QueriedDatabase>(std::move(database));
}

}  // namespace assay::text_to_sql
