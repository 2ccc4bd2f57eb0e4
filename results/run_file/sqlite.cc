#include "results/run_file/sqlite.h"

#include <sqlite3.h>

#include <cstring>

#include "harness/core/text.h"
#include "results/run_file/checksum.h"

namespace assay::run_file {
namespace {

/// A path as an SQLite URI: everything that a URI would read as its own is escaped.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      constexpr char kHex[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += kHex[byte >> 4U];
      uri += kHex[byte & 15U];
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

void fail(std::string message) {
  // SQLite quotes names from the file, and a damaged one may hold anything: the message stays one line.
  for (char& c : message) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  throw StorageFailure{Error{ErrorKind::kUsage, repaired_utf8(message)}};
}

std::string empty_file(const std::string& path) {
  return path + ": the file is empty, not an assay run file; remove it, or name another";
}

Database::Database(const std::string& path, Mode mode) : path_(path) {
  int flags = SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case Mode::kCreate:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
      break;
    case Mode::kWrite:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
      break;
    case Mode::kRead:
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX;
      break;
    case Mode::kReadImmutable:
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_URI;
      break;
  }
  const std::string name = mode == Mode::kReadImmutable ? immutable_uri(path) : path;
  const int code = sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr);
  if (code != SQLITE_OK) {
    try {
      raise(code);
    } catch (...) {
      sqlite3_close(handle_);
      throw;
    }
  }
  // A run file may come from anywhere: its schema must not make us run anything, nor its pages lie about sizes.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_busy_timeout(handle_, 5000);
  sqlite3_exec(handle_, "PRAGMA cell_size_check=ON", nullptr, nullptr, nullptr);
  add_checksum_function(*this);
}

Database::~Database() { sqlite3_close(handle_); }

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) raise(code);
}

std::int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.text(0) : std::string();
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }

void Database::checkpoint_on_close(bool on) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
}

void Database::raise(int code) const {
  const std::string detail = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  const int system_error = handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
  const std::string system = system_error != 0 ? std::string(": ") + std::strerror(system_error) : std::string();
  switch (code & 0xff) {
    case SQLITE_FULL:
      fail(path_ + ": the disk is full; free some space and run the same command again to go on");
    case SQLITE_NOTADB:
      fail(path_ + ": not an assay run file (not an SQLite database); give a file that `assay run` wrote");
    case SQLITE_CORRUPT:
      fail(path_ + ": the run file is corrupted (" + detail + "); restore a copy of it or start a new run");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      fail(path_ + ": the run file cannot be written (" + detail + "); check its permissions and its directory's");
    case SQLITE_CANTOPEN:
      fail(path_ + ": the run file cannot be opened" + (system.empty() ? " (" + detail + ")" : system) +
           "; check the path and its permissions");
    case SQLITE_IOERR:
      fail(path_ + ": reading or writing the run file failed" + (system.empty() ? " (" + detail + ")" : system) +
           "; check the disk, then run the same command again to go on");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      fail(path_ + ": another process has locked the run file (" + detail + "); wait until it is done");
    case SQLITE_NOMEM:
      fail(path_ + ": not enough memory to read the run file");
    case SQLITE_ERROR:
      // Our statements are right for our schema: where SQLite finds no such table or column, the schema is not.
      fail(path_ + ": the run file does not have the tables it should (" + detail + "); restore a copy of it");
    default:
      fail(path_ + ": the run file cannot be used (" + detail + ")");
  }
}

CallsTogether::CallsTogether(const Database& database) : handle_(database.handle()) {
  sqlite3_mutex_enter(sqlite3_db_mutex(handle_));
}

CallsTogether::~CallsTogether() { sqlite3_mutex_leave(sqlite3_db_mutex(handle_)); }

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  check(sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &handle_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.raise(code);
}

Statement& Statement::null(int parameter) {
  check(sqlite3_bind_null(handle_, parameter));
  return *this;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(handle_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  check(sqlite3_bind_double(handle_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // An empty view may have a null pointer, which SQLite would read as NULL.
  check(sqlite3_bind_text64(handle_, parameter, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(handle_, parameter, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind(int parameter, const std::optional<double>& value) {
  return value ? bind(parameter, *value) : null(parameter);
}

Statement& Statement::bind(int parameter, const std::optional<std::int64_t>& value) {
  return value ? bind(parameter, *value) : null(parameter);
}

Statement& Statement::bind(int parameter, const std::optional<std::string>& value) {
  return value ? bind(parameter, std::string_view(*value)) : null(parameter);
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(handle_);
  database_.raise(code);
}

void Statement::run() {
  step();
  reset();
}

void Statement::reset() { check(sqlite3_reset(handle_)); }

bool Statement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  if (data == nullptr || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::string Statement::text(int column) const { return std::string(bytes(column)); }

std::optional<double> Statement::optional_real(int column) const {
  if (is_null(column)) return std::nullopt;
  return real(column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

}  // namespace assay::run_file
