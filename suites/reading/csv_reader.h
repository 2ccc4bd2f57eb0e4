// Rows of a CSV file (RFC 4180), one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.h"
#include "suites/reading/data_file.h"

namespace assay::reading {

/// One row. Fields are text as the file has it: nothing is trimmed, and nothing becomes a number or a null.
struct CsvRow {
  std::vector<std::string> fields;
  bool text_after_quote = false;  ///< a field goes on behind its closing quote: mostly a quote that was not doubled
  std::int64_t line = 0;          ///< where the row starts, from 1; quoted fields may span lines
};

/// Reads a CSV file row by row; memory does not grow with the file. Quoted fields may hold commas, doubled quotes and
/// line ends, which are kept as they are; rows end with LF, CRLF or CR, mixed at will. Blank lines and a byte order
/// mark are passed over. Where RFC 4180 is silent it reads as Python's csv module does, because the reference
/// implementations do: a quote inside an unquoted field is a character, and so is what follows a closing quote. Only
/// a quoted field that never closes is an error, where Python would swallow the rest of the file. Not thread-safe.
class CsvReader {
 public:
  /// The longest row that is read.
  static constexpr std::size_t kMaxRow = std::size_t{64} << 20;

  /// Fields end at `delimiter`; a tab reads .tsv files whose fields may be quoted. Errors: as DataFile::open().
  [[nodiscard]] static Result<CsvReader> open(const DataFile& file, char delimiter = ',');

  /// The next row, or null after the last; valid until the next call. Errors name file and line: an empty file, an
  /// unclosed quote, NUL bytes, not UTF-8, a row that is too long, gzip cut off or damaged.
  Result<const CsvRow*> next();

  /// As next(), for files whose rows all have `count` fields; another number is an error too.
  Result<const CsvRow*> next(std::size_t count);

  /// "file:line" of the row that next() gave last, for messages.
  [[nodiscard]] std::string where() const { return shown_ + ":" + std::to_string(row_.line); }

 private:
  CsvReader(std::string shown, std::unique_ptr<ByteStream> stream, char delimiter);
  [[nodiscard]] bool ends_field(char c) const { return c == delimiter_ || c == '\n' || c == '\r'; }
  int peek();
  void read_row();
  void read_unquoted(std::string& field);
  void read_quoted(std::string& field);
  std::string& start_field();

  std::string shown_;
  char delimiter_;
  std::unique_ptr<ByteStream> stream_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;  // the next byte of [0, end_)
  std::size_t end_ = 0;
  std::int64_t line_ = 1;  // of the next byte
  std::size_t row_bytes_ = 0;
  bool any_bytes_ = false;
  bool at_end_ = false;
  std::optional<Error> error_;
  CsvRow row_;
  std::size_t used_ = 0;                  // fields of row_ that are of this row
  std::vector<std::int64_t> field_line_;  // where each of them starts
};

}  // namespace assay::reading
