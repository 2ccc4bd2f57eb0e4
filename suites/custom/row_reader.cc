#include "suites/custom/row_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "harness/core/excerpt.h"
#include "harness/core/text.h"
#include "suites/reading/bounded_json.h"
#include "suites/reading/csv_reader.h"
#include "suites/reading/json_object.h"
#include "suites/reading/python_text.h"

namespace assay::custom {
namespace {

using Json = nlohmann::json;

std::string dumped(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

class CsvRows : public RowReader {
 public:
  CsvRows(reading::CsvReader reader, std::vector<std::string> names)
      : reader_(std::move(reader)), names_(std::move(names)) {}

  Result<std::optional<Row>> next() override {
    auto fields = reader_.next(names_.size());
    if (!fields) return forward_error(fields);
    if (*fields == nullptr) return std::optional<Row>();
    Json object = Json::object();
    for (std::size_t i = 0; i < names_.size(); ++i) object[names_[i]] = (*fields)->fields[i];
    return std::optional<Row>(Row{index_++, reader_.where(), dumped(object)});
  }

 private:
  reading::CsvReader reader_;
  std::vector<std::string> names_;
  std::int64_t index_ = 0;
};

class JsonlRows : public RowReader {
 public:
  explicit JsonlRows(reading::JsonlReader reader) : reader_(std::move(reader)) {}

  Result<std::optional<Row>> next() override {
    auto object = reader_.next();
    if (!object) return forward_error(object);
    if (!*object) return std::optional<Row>();
    return std::optional<Row>(Row{index_++, (*object)->where(), (*object)->whole()});
  }

 private:
  reading::JsonlReader reader_;
  std::int64_t index_ = 0;
};

class ArrayRows : public RowReader {
 public:
  explicit ArrayRows(std::vector<reading::JsonObject> objects) : objects_(std::move(objects)) {}

  Result<std::optional<Row>> next() override {
    if (index_ == objects_.size()) return std::optional<Row>();
    const reading::JsonObject& object = objects_[index_];
    return std::optional<Row>(Row{static_cast<std::int64_t>(index_++), object.where(), object.whole()});
  }

 private:
  std::vector<reading::JsonObject> objects_;
  std::size_t index_ = 0;
};

// What stands between a file's fields: commas, unless its header has none, and semicolons or tabs instead, as
// spreadsheets write where the comma is a decimal point.
char delimiter_of(const std::vector<std::string>& header) {
  if (header.size() > 1) return ',';
  for (const char delimiter : {';', '\t'}) {
    if (header.front().find(delimiter) != std::string::npos) return delimiter;
  }
  return ',';
}

// A name as messages show it.
std::string shown_name(const std::string& name) {
  constexpr std::size_t kLongest = 100;
  return on_one_line(excerpt(name, kLongest));
}

// "a, b, c, … (100000 in all)": a file may have more names, and longer ones, than anybody reads.
std::string first_names(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  constexpr std::size_t kMostBytes = 500;
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string next = (i == 0 ? "" : ", ") + shown_name(names[i]);
    if (i == kMost || text.size() + next.size() > kMostBytes) {
      return text + ", … (" + std::to_string(names.size()) + " in all)";
    }
    text += next;
  }
  return text;
}

// The suggestion for a field that is not there. Comparing two names costs the product of their lengths: long ones are
// no slips, names of quite another length are not what was meant, and of the others the first thousand will do.
std::string suggested_field(const std::string& name, const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 1000;
  constexpr std::size_t kLongest = 100;
  if (name.size() > kLongest) return "";
  std::vector<std::string> near;
  for (const std::string& one : names) {
    if (near.size() == kMost) break;
    const std::size_t differs = std::max(one.size(), name.size()) - std::min(one.size(), name.size());
    if (differs <= std::max<std::size_t>(1, name.size() / 3)) near.push_back(one);
  }
  return did_you_mean(name, near);
}

Result<std::unique_ptr<RowReader>> open_csv(const reading::DataFile& file) {
  auto reader = reading::CsvReader::open(file);
  if (!reader) return forward_error(reader);
  auto header = reader->next();
  if (!header) return forward_error(header);
  if (*header == nullptr) return usage_error(file.shown + ": has no header");
  if (const char delimiter = delimiter_of((*header)->fields); delimiter != ',') {
    reader = reading::CsvReader::open(file, delimiter);
    if (!reader) return forward_error(reader);
    header = reader->next();
    if (!header) return forward_error(header);
  }
  std::vector<std::string> names = (*header)->fields;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = reading::python_strip(names[i]);
    if (names[i].empty())
      return usage_error(reader->where() + ": column " + std::to_string(i + 1) +
                         " has no name; the first row is the header");
    if (!seen.insert(names[i]).second) {
      return usage_error(reader->where() + ": two columns are called '" + shown_name(names[i]) + "'");
    }
  }
  return std::unique_ptr<RowReader>(new CsvRows(std::move(*reader), std::move(names)));
}

Json parsed(const Row& row) { return reading::parse_bounded_json(row.json); }

Result<Json> member(const Row& row, const std::string& name, const std::string& where) {
  Json object = parsed(row);
  const auto found = object.find(name);
  if (found != object.end()) return std::move(*found);
  return usage_error(where + ": " + row.where + " has no field '" + shown_name(name) + "'" +
                     field_hint(row, name, "; it has "));
}

bool is_plain(const Json& value) { return value.is_string() || value.is_number() || value.is_boolean(); }

std::string plain_text(const Json& value) { return value.is_string() ? value.get<std::string>() : dumped(value); }

}  // namespace

Result<std::unique_ptr<RowReader>> RowReader::open(const reading::DataFile& file) {
  if (file.name.ends_with(".csv")) return open_csv(file);
  if (file.name.ends_with(".json")) {
    auto objects = reading::read_json_array(file);
    if (!objects) return forward_error(objects);
    return std::unique_ptr<RowReader>(new ArrayRows(std::move(*objects)));
  }
  auto reader = reading::JsonlReader::open(file);
  if (!reader) return forward_error(reader);
  return std::unique_ptr<RowReader>(new JsonlRows(std::move(*reader)));
}

std::vector<std::string> field_names(const Row& row) {
  std::vector<std::string> names;
  const Json object = parsed(row);
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

std::string field_hint(const Row& row, const std::string& wanted, const char* between) {
  const std::vector<std::string> names = field_names(row);
  return suggested_field(wanted, names) + between + first_names(names);
}

std::vector<TextSpan> places_of_values(const Row& row, std::string_view text) {
  constexpr int kMostValues = 1000;
  const Json object = parsed(row);
  std::vector<const Json*> waiting{&object};
  std::vector<TextSpan> places;
  for (int left = kMostValues; left > 0 && !waiting.empty();) {
    const Json& value = *waiting.back();
    waiting.pop_back();
    if (value.is_structured()) {
      for (const Json& one : value) waiting.push_back(&one);
    } else if (value.is_string()) {
      --left;
      const std::string_view words = reading::python_strip(value.get_ref<const std::string&>());
      const std::size_t at = words.empty() ? std::string_view::npos : text.find(words);
      if (at != std::string_view::npos) places.push_back({at, at + words.size()});
    }
  }
  return places;
}

Result<std::string> field_text(const Row& row, const std::string& name, const std::string& where) {
  auto value = member(row, name, where);
  if (!value) return forward_error(value);
  if (is_plain(*value)) return plain_text(*value);
  return usage_error(where + ": " + row.where + ": '" + on_one_line(name) + "' is no single value");
}

Result<std::vector<std::string>> list_texts(const std::string& json, const std::string& where) {
  const Json list = reading::parse_bounded_json(json);
  if (!list.is_array()) return usage_error(where + ": is no list");
  std::vector<std::string> texts;
  for (const Json& one : list) {
    if (!is_plain(one)) return usage_error(where + ": the list holds something that is no single value");
    texts.push_back(plain_text(one));
  }
  return texts;
}

Result<std::vector<std::string>> field_texts(const Row& row, const std::string& name, const std::string& separator,
                                             const std::string& where) {
  auto value = member(row, name, where);
  if (!value) return forward_error(value);
  std::vector<std::string> texts;
  if (value->is_string() && separator.empty()) {
    Json list = reading::parse_bounded_json(value->get_ref<const std::string&>());
    if (list.is_array()) *value = std::move(list);
  }
  if (value->is_array()) {
    for (const Json& one : *value) {
      if (!is_plain(one))
        return usage_error(where + ": " + row.where + ": '" + on_one_line(name) +
                           "' holds something that is no single value");
      texts.push_back(plain_text(one));
    }
    return texts;
  }
  if (!is_plain(*value))
    return usage_error(where + ": " + row.where + ": '" + on_one_line(name) + "' is no list of texts");
  const std::string text = plain_text(*value);
  if (separator.empty()) return std::vector<std::string>{text};
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    texts.emplace_back(
        reading::python_strip(std::string_view(text).substr(begin, end == std::string::npos ? end : end - begin)));
    if (end == std::string::npos) return texts;
    begin = end + separator.size();
  }
}

}  // namespace assay::custom
