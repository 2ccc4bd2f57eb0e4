// A database connection and a prepared statement that close themselves. Errors are thrown as StorageFailure: they
// stay inside this room, whose public functions turn them into a Result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace assay::run_file {

/// What goes wrong with a run file; thrown inside the room only.
struct StorageFailure {
  Error error;
};

/// Throws a usage error; what in `message` is not printable becomes blank.
[[noreturn]] void fail(std::string message);

/// What is said of a file without a byte in it, which SQLite would take for a database without tables.
[[nodiscard]] std::string empty_file(const std::string& path);

/// One connection. Not thread-safe but where opened by readers (SQLite's serialized mode).
class Database {
 public:
  enum class Mode { kCreate, kWrite, kRead, kReadImmutable };

  Database(const std::string& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one or more statements that give nothing back.
  void execute(const std::string& sql);

  /// The first column of the first row of a query; 0 where there is none.
  std::int64_t integer(const std::string& sql);

  /// As integer(), for text.
  std::string text(const std::string& sql);

  /// Rows changed by the last statement.
  [[nodiscard]] std::int64_t changes() const;

  /// Whether closing moves the log into the main file; off while it is not known that the file is ours to write.
  void checkpoint_on_close(bool on);

  /// Throws what an SQLite result code means to a person; `code` is not SQLITE_OK.
  [[noreturn]] void raise(int code) const;

  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

/// Keeps a connection's own lock, which its every call takes and leaves: taken once around many calls they are cheaper.
class CallsTogether {
 public:
  explicit CallsTogether(const Database& database);
  ~CallsTogether();
  CallsTogether(const CallsTogether&) = delete;
  CallsTogether& operator=(const CallsTogether&) = delete;

 private:
  sqlite3* handle_;
};

/// One prepared statement. Bound text is not copied: it must live until the next reset().
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& null(int parameter);
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, const std::string& text) { return bind(parameter, std::string_view(text)); }
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind(int parameter, const std::optional<double>& value);
  Statement& bind(int parameter, const std::optional<std::int64_t>& value);
  Statement& bind(int parameter, const std::optional<std::string>& value);

  /// Goes to the next row; false after the last.
  bool step();

  /// Runs a statement without rows and makes it ready for the next time.
  void run();

  /// Makes the statement ready for the next time.
  void reset();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  /// The column's bytes; valid until the next step() or reset().
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::optional<double> optional_real(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;

 private:
  void check(int code) const;

  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace assay::run_file
