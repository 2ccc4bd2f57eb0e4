#include "suites/text_to_sql/datasets/column_descriptions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/ascii.h"
#include "suites/reading/csv_reader.h"

namespace assay::text_to_sql {
namespace {

/// One line; a data set's own line ends would end the SQL comment it goes into.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

void describe(SchemaTable& table, std::string_view column_name, std::string text) {
  for (SchemaColumn& column : table.columns) {
    if (ascii_lower(column.name) == ascii_lower(column_name)) column.description = one_line(std::move(text));
  }
}

}  // namespace

void add_defog_descriptions(const reading::DataFile& file, Schema& schema) {
  Result<std::unique_ptr<reading::ByteStream>> stream = file.open();
  if (!stream) return;
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    Result<std::size_t> got = (*stream)->read(buffer.data(), buffer.size());
    if (!got || *got == 0) break;
    text.append(buffer.data(), *got);
  }
  try {
    const nlohmann::json tables = nlohmann::json::parse(text).at("table_metadata");
    for (const auto& [name, columns] : tables.items()) {
      // PostgreSQL's schema names do not occur in SQLite
      const std::string plain = ascii_lower(name.substr(name.rfind('.') + 1));
      for (SchemaTable& table : schema.tables) {
        if (ascii_lower(table.name) != plain) continue;
        for (const nlohmann::json& column : columns) {
          describe(table, column.at("column_name").get<std::string>(), column.at("column_description"));
        }
      }
    }
  } catch (const nlohmann::json::exception&) {
    return;
  }
}

void add_bird_descriptions(const reading::DataFile& file, SchemaTable& table) {
  Result<reading::CsvReader> reader = reading::CsvReader::open(file);
  if (!reader) return;
  while (true) {
    Result<const reading::CsvRow*> row = reader->next();
    if (!row || *row == nullptr) return;
    // original_column_name, column_name, column_description, data_format, value_description
    const std::vector<std::string>& fields = (*row)->fields;
    if (fields.size() < 3) continue;
    std::string text = fields[2].empty() ? fields[1] : fields[2];
    if (fields.size() >= 5 && !fields[4].empty()) text += "; " + fields[4];
    describe(table, fields[0], text);
  }
}

}  // namespace assay::text_to_sql
