#include "suites/dbbench/task.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "harness/core/text.h"
#include "suites/reading/python_text.h"

namespace assay::dbbench {
namespace {

using Json = nlohmann::json;

// What is wrong with a table; empty: nothing.
std::string table_problem(const Json& table) {
  const auto name = table.find("table_name");
  if (name == table.end() || !name->is_string() || name->get<std::string>().empty()) return "has no \"table_name\"";
  const auto info = table.find("table_info");
  if (info == table.end() || !info->is_object()) return "has no \"table_info\"";
  const auto columns = info->find("columns");
  const auto rows = info->find("rows");
  if (columns == info->end() || !columns->is_array() || columns->empty()) return "has no \"columns\"";
  if (rows == info->end() || !rows->is_array()) return "has no \"rows\"";
  std::set<std::string> names;
  for (const Json& column : *columns) {
    const auto column_name = column.is_object() ? column.find("name") : column.end();
    if (!column.is_object() || column_name == column.end() || !column_name->is_string()) {
      return "has a column without a \"name\"";
    }
    if (!names.insert(reading::python_lower(column_name->get<std::string>())).second) {
      return "has two columns called '" + on_one_line(column_name->get<std::string>()) + "'";
    }
  }
  for (const Json& row : *rows) {
    if (!row.is_array() || row.size() != columns->size()) return "has a row that is not as long as its columns";
    for (const Json& value : row) {
      if (value.is_structured()) return "has a value that is neither text nor number";
    }
  }
  return "";
}

// "[('03b2…',)]" as the file has it, or the digits alone.
std::string md5_digits(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) digits += c;
  }
  return digits;
}

Result<std::vector<std::string>> labels_of(const reading::JsonObject& row) {
  Result<std::string> text = row.json("label");
  if (!text) return forward_error(text);
  const Json list = Json::parse(*text, nullptr, false);
  if (!list.is_array() || list.empty()) return usage_error(row.where() + ": \"label\" is not a list of answers");
  std::vector<std::string> labels;
  for (const Json& label : list) {
    if (label.is_structured()) return usage_error(row.where() + ": \"label\" holds what is neither text nor number");
    labels.push_back(label.is_string() ? label.get<std::string>() : label.is_null() ? "None" : label.dump());
  }
  return labels;
}

}  // namespace

Result<Task> parse_task(const reading::JsonObject& row) {
  Task task;
  Result<std::string> description = row.text("description");
  if (!description) return forward_error(description);
  if (reading::python_strip(*description).empty()) {
    return usage_error(row.where() + ": the description is empty; fetch the file again");
  }
  Result<std::string> added = row.text("add_description");
  if (!added) return forward_error(added);
  task.question = *description + "\n" + *added;
  Result<std::vector<std::string>> types = row.texts("type");
  if (!types) return forward_error(types);
  if (types->empty()) return usage_error(row.where() + ": \"type\" is empty");
  task.type = types->front();
  Result<std::vector<std::string>> labels = labels_of(row);
  if (!labels) return forward_error(labels);
  task.labels = std::move(*labels);
  if (task.is_change()) {
    Result<std::string> md5 = row.text("answer_md5");
    if (!md5) return forward_error(md5);
    task.md5 = md5_digits(*md5);
    if (task.md5.size() != 32) return usage_error(row.where() + ": \"answer_md5\" is no MD5 of 32 digits");
  }
  Result<std::string> table = row.json("table");
  if (!table) return forward_error(table);
  const Json parsed = Json::parse(*table, nullptr, false);
  if (!parsed.is_object()) return usage_error(row.where() + ": \"table\" is not an object; one table is expected");
  if (const std::string problem = table_problem(parsed); !problem.empty()) {
    return usage_error(row.where() + ": \"table\" " + problem);
  }
  task.table_json = std::move(*table);
  return task;
}

text_to_sql::ScratchTable table_of(const std::string& table_json) {
  const Json json = Json::parse(table_json);
  text_to_sql::ScratchTable table;
  table.name = json["table_name"].get<std::string>();
  for (const Json& column : json["table_info"]["columns"]) table.columns.push_back(column["name"].get<std::string>());
  for (const Json& row : json["table_info"]["rows"]) {
    auto& values = table.rows.emplace_back();
    for (const Json& value : row) {
      if (value.is_null()) {
        values.push_back({"", true});
      } else {
        values.push_back({value.is_string() ? value.get<std::string>() : value.dump(), false});
      }
    }
  }
  return table;
}

std::vector<std::string> fields_of(Task task) {
  std::vector<std::string> fields{std::move(task.type), std::move(task.md5), std::move(task.table_json)};
  for (std::string& label : task.labels) fields.push_back(std::move(label));
  return fields;
}

Task task_of(const Item& item) {
  constexpr std::size_t kBefore = 3;
  Task task;
  task.question = item.question;
  task.type = item.fields.at(0);
  task.md5 = item.fields.at(1);
  task.table_json = item.fields.at(2);
  task.labels.assign(item.fields.begin() + kBefore, item.fields.end());
  return task;
}

}  // namespace assay::dbbench
