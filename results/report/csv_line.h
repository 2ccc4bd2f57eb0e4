// One line of a CSV file (RFC 4180).
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "harness/core/text.h"
#include "results/report/text.h"

namespace assay::report {

/// Writes one line, field by field; it ends when this object does. A field that a spreadsheet would take for a formula
/// begins with an apostrophe. `out` outlives it.
class CsvLine {
 public:
  explicit CsvLine(std::ostream& out) : out_(out) {}
  ~CsvLine() { out_ << "\r\n"; }
  CsvLine(const CsvLine&) = delete;
  CsvLine& operator=(const CsvLine&) = delete;

  CsvLine& text(const std::string& value) {
    std::string field = repaired_utf8(value);
    if (!field.empty() && std::string_view("=+-@\t\r").find(field.front()) != std::string_view::npos) {
      field.insert(0, 1, '\'');
    }
    if (field.find_first_of(",\"\r\n") != std::string::npos || field.front() == '\'') {
      std::string quoted = "\"";
      for (const char c : field) {
        if (c == '"') quoted += '"';
        quoted += c;
      }
      field = quoted + "\"";
    }
    return raw(field);
  }
  CsvLine& number(std::int64_t value) { return raw(std::to_string(value)); }
  CsvLine& number(double value) { return raw(report::exact_text(value)); }
  template <class T>
  CsvLine& number(const std::optional<T>& value) {
    return value ? number(*value) : raw("");
  }

 private:
  CsvLine& raw(const std::string& field) {
    if (!first_) out_ << ',';
    first_ = false;
    out_ << field;
    return *this;
  }

  std::ostream& out_;
  bool first_ = true;
};

}  // namespace assay::report
