// JSON as text, written piece by piece: a site holds more records than a document tree could hold in memory.
// What comes out may stand in a script file and in a page: `<`, `>`, `&`, U+2028 and U+2029 are written as escapes, and
// text is well-formed UTF-8 whatever a model wrote.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "results/statistics/interval.h"

namespace assay::site {

/// Appends JSON to a text. Calls must nest as JSON does; commas are set by it. Not thread-safe.
class JsonText {
 public:
  JsonText& begin_object() { return open('{'); }
  JsonText& end_object() { return close('}'); }
  JsonText& begin_array() { return open('['); }
  JsonText& end_array() { return close(']'); }

  /// The next value's key, a word of ours or untrusted text.
  JsonText& key(std::string_view name);

  JsonText& text(std::string_view value);
  JsonText& integer(std::int64_t value);
  JsonText& boolean(bool value);
  JsonText& null();

  /// The shortest text that reads back as the same double; null for NaN and infinities.
  JsonText& number(double value);
  /// Rounded to `decimals` places: a record's milliseconds need no seventeen digits.
  JsonText& rounded(double value, int decimals);

  JsonText& number(const std::optional<double>& value) { return value ? number(*value) : null(); }
  JsonText& integer(const std::optional<std::int64_t>& value) { return value ? integer(*value) : null(); }
  /// [low, high].
  JsonText& interval(const std::optional<statistics::Interval>& interval);
  /// null for an empty text.
  JsonText& text_or_null(std::string_view value) { return value.empty() ? null() : text(value); }

  /// JSON that is already written, as the next value.
  JsonText& raw(std::string_view json);

  [[nodiscard]] const std::string& str() const { return out_; }
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  /// Begins anew, keeping the memory.
  void clear();

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  void separate();
  void quote(std::string_view value);

  std::string out_;
  bool separated_ = true;  ///< nothing stands before the next value that a comma must part it from
};

}  // namespace assay::site
