#include "suites/text_to_sql/execution/named_printf.h"

#include <sqlite3.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "suites/text_to_sql/execution/sqlite_handle.h"

namespace assay::text_to_sql {
namespace {

constexpr int kFormatSince = 3'038'000;  // the SQLite that brought the name format()

/// SQLite's own printf(), which the replaced name hides, on an empty database of its own.
class Printer {
 public:
  explicit Printer(int most_bytes) : most_bytes_(most_bytes) {}

  /// "SELECT printf(?, …)" with `count` parameters; null where SQLite cannot prepare it.
  sqlite3_stmt* statement(int count) {
    if (handle_ == nullptr) {
      sqlite3* raw = nullptr;
      const int opened = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
      handle_.reset(raw);
      if (opened != SQLITE_OK) return nullptr;
      sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, most_bytes_);
    }
    SqliteStatement& known = statements_[count];
    if (known == nullptr) {
      std::string parameters;
      for (int i = 0; i < count; ++i) parameters += i == 0 ? "?" : ",?";
      sqlite3_stmt* raw = nullptr;
      sqlite3_prepare_v2(handle_.get(), ("SELECT printf(" + parameters + ")").c_str(), -1, &raw, nullptr);
      known.reset(raw);
    }
    return known.get();
  }

 private:
  int most_bytes_;
  SqliteHandle handle_;
  std::map<int, SqliteStatement> statements_;  ///< by number of parameters; gone before the connection is
};

void print(sqlite3_context* context, int count, sqlite3_value** values) {
  if (count == 0) return sqlite3_result_null(context);
  sqlite3_stmt* statement = static_cast<Printer*>(sqlite3_user_data(context))->statement(count);
  if (statement == nullptr) return sqlite3_result_error_nomem(context);
  for (int i = 0; i < count; ++i) sqlite3_bind_value(statement, i + 1, values[i]);
  const int stepped = sqlite3_step(statement);
  if (stepped != SQLITE_ROW) {
    sqlite3_result_error_code(context, stepped == SQLITE_DONE ? SQLITE_ERROR : stepped);
  } else if (sqlite3_column_type(statement, 0) == SQLITE_NULL && sqlite3_value_bytes(values[0]) > 0) {
    sqlite3_result_error_toobig(context);
  } else {
    sqlite3_result_value(context, sqlite3_column_value(statement, 0));
  }
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

}  // namespace

int name_printf_overflow(sqlite3* database) {
  const int most_bytes = sqlite3_limit(database, SQLITE_LIMIT_LENGTH, -1);
  for (const char* name : {"printf", "format"}) {
    if (std::string_view(name) == "format" && sqlite3_libversion_number() < kFormatSince) continue;
    auto printer = std::make_unique<Printer>(most_bytes);
    const int made = sqlite3_create_function_v2(
        database, name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, printer.release(), &print, nullptr,
        nullptr, [](void* owned) { delete static_cast<Printer*>(owned); });
    if (made != SQLITE_OK) return made;
  }
  return SQLITE_OK;
}

}  // namespace assay::text_to_sql
