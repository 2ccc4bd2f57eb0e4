// The rows of a suite's data: a CSV file with a header, JSON Lines, or a JSON array; one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/request.h"
#include "harness/core/result.h"
#include "suites/reading/data_file.h"

namespace assay::custom {

/// One row. Values of a CSV file are texts; those of JSON are what they are.
struct Row {
  std::int64_t index = 0;  ///< from 0
  std::string where;       ///< "questions.csv:3", for messages
  std::string json;        ///< all fields, as one JSON object
};

/// Memory does not grow with a CSV or JSON Lines file; a JSON array is held whole. Not thread-safe.
class RowReader {
 public:
  virtual ~RowReader() = default;

  /// By the file's name. Errors: as DataFile::open(); a header with a name that is empty or given twice.
  [[nodiscard]] static Result<std::unique_ptr<RowReader>> open(const reading::DataFile& file);

  /// The next row, or nothing after the last. Errors name file and line.
  virtual Result<std::optional<Row>> next() = 0;
};

/// The names of a row's fields, in no particular order.
[[nodiscard]] std::vector<std::string> field_names(const Row& row);

/// What an error says of a field that is not there: " (did you mean 'x'?)", `between`, and the names that there are; of
/// many the first.
[[nodiscard]] std::string field_hint(const Row& row, const std::string& wanted, const char* between);

/// Where the texts of a row's fields, without blanks at their ends, stand in a text that was made of them: the first
/// place of each, of the first thousand; also of texts in lists and objects. May overlap.
[[nodiscard]] std::vector<TextSpan> places_of_values(const Row& row, std::string_view text);

/// A field as text: a text as it is, a number or truth value as JSON writes it. Errors: there is no such field
/// (suggests the nearest), or it is null, a list or an object; `where` starts the message.
[[nodiscard]] Result<std::string> field_text(const Row& row, const std::string& name, const std::string& where);

/// The texts of a JSON list of texts and numbers; `where` starts the message.
[[nodiscard]] Result<std::vector<std::string>> list_texts(const std::string& json, const std::string& where);

/// A field that is a list of texts (numbers as JSON writes them), or a text with `separator` between its parts. A text
/// that is a JSON list is read as one.
[[nodiscard]] Result<std::vector<std::string>> field_texts(const Row& row, const std::string& name,
                                                           const std::string& separator, const std::string& where);

}  // namespace assay::custom
