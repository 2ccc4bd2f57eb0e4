// JSON data files as typed rows: one object a line, or one array of objects.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.h"
#include "suites/reading/data_file.h"
#include "suites/reading/line_reader.h"

namespace assay::reading {

/// One JSON object of a data file, read by key and type; the way from JSON to a suite's own struct. Every error is one
/// line that names file, line (or element), key, and what it is instead.
class JsonObject {
 public:
  /// Parses one object. `where` is "file:line" for messages. Errors: not JSON, not an object.
  /// Half of a UTF-16 pair that stands alone, as an escape, is read as U+FFFD.
  [[nodiscard]] static Result<JsonObject> parse(std::string_view text, std::string where);

  JsonObject(JsonObject&&) noexcept;
  JsonObject& operator=(JsonObject&&) noexcept;
  ~JsonObject();

  /// Whether the key is there with a value other than null.
  [[nodiscard]] bool has(const std::string& key) const;

  /// The value of a key that must be there with that type.
  [[nodiscard]] Result<std::string> text(const std::string& key) const;
  [[nodiscard]] Result<std::int64_t> integer(const std::string& key) const;
  [[nodiscard]] Result<double> number(const std::string& key) const;
  [[nodiscard]] Result<bool> boolean(const std::string& key) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(const std::string& key) const;

  /// An object, or an array of objects, inside this one; their `where` is this one's with the key added.
  [[nodiscard]] Result<JsonObject> object(const std::string& key) const;
  [[nodiscard]] Result<std::vector<JsonObject>> objects(const std::string& key) const;

  /// The keys in the file's order, each once; of an element of read_json_array() in alphabetical order.
  [[nodiscard]] std::vector<std::string> keys() const;

  /// An integer, or a text that is one ("3"): some mirrors of a data set write labels so.
  [[nodiscard]] Result<std::int64_t> integer_or_digits(const std::string& key) const;

  /// The value as JSON, for what a suite hands through unread: as it stands in the file, with its order of keys and all
  /// digits of its numbers; of an element of read_json_array() as compact JSON, with its keys sorted.
  [[nodiscard]] Result<std::string> json(const std::string& key) const;

  /// The object itself as JSON, as json() gives a value.
  [[nodiscard]] std::string whole() const;

  /// "file:line" of the object, for messages.
  [[nodiscard]] const std::string& where() const;

 private:
  struct State;
  friend class JsonArrayReader;
  explicit JsonObject(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads JSON Lines: one object a line, blank lines passed over. Memory does not grow with the file. Not thread-safe.
class JsonlReader {
 public:
  /// Errors: as DataFile::open().
  [[nodiscard]] static Result<JsonlReader> open(const DataFile& file);

  /// The next object, or nothing after the last. Errors: as LineReader::next() and JsonObject::parse().
  Result<std::optional<JsonObject>> next();

  /// The line of the object that next() gave last, from 1.
  [[nodiscard]] std::int64_t line() const { return lines_.line(); }

 private:
  explicit JsonlReader(LineReader lines) : lines_(std::move(lines)) {}
  LineReader lines_;
};

/// All objects of a file that is one JSON array of objects. Holds the whole file: for files that are small by nature.
/// `where` of the i-th (from 0) is "file[i]".
[[nodiscard]] Result<std::vector<JsonObject>> read_json_array(const DataFile& file);

/// As read_json_array(), where the order of keys says something: json() and keys() are as the file has them.
[[nodiscard]] Result<std::vector<JsonObject>> read_json_array_in_order(const DataFile& file);

}  // namespace assay::reading
