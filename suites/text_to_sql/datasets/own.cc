// A user's own questions and database.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "suites/reading/csv_reader.h"
#include "suites/reading/json_object.h"
#include "suites/text_to_sql/datasets/dataset.h"
#include "suites/text_to_sql/execution/postgres_database.h"
#include "suites/text_to_sql/question.h"

namespace assay::text_to_sql {
namespace {

namespace fs = std::filesystem;

struct OwnRow {
  Question question;
  std::string where;
};

Result<std::vector<OwnRow>> read_csv_rows(const reading::DataFile& file) {
  Result<reading::CsvReader> reader = reading::CsvReader::open(file);
  if (!reader) return forward_error(reader);
  Result<const reading::CsvRow*> row = reader->next();
  if (!row) return forward_error(row);
  if (*row == nullptr) return usage_error(file.shown + " is empty");
  const std::vector<std::string> names = (*row)->fields;
  std::vector<OwnRow> rows;
  while (true) {
    row = reader->next(names.size());
    if (!row) return forward_error(row);
    if (*row == nullptr) return rows;
    OwnRow& own = rows.emplace_back();
    own.where = reader->where();
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& value = (*row)->fields[i];
      if (names[i] == "question") own.question.text = value;
      if (names[i] == "query" || names[i] == "sql") own.question.gold = value;
      if (names[i] == "category" || names[i] == "query_category") own.question.category = value;
      if (names[i] == "evidence" || names[i] == "instructions") own.question.evidence = value;
      if (names[i] == "db" || names[i] == "db_name") own.question.database = value;
    }
  }
}

Result<std::vector<OwnRow>> read_jsonl_rows(const reading::DataFile& file) {
  Result<reading::JsonlReader> reader = reading::JsonlReader::open(file);
  if (!reader) return forward_error(reader);
  std::vector<OwnRow> rows;
  while (true) {
    Result<std::optional<reading::JsonObject>> object = reader->next();
    if (!object) return forward_error(object);
    if (!*object) return rows;
    OwnRow& own = rows.emplace_back();
    own.where = (*object)->where();
    for (const auto& [key, into] : {std::pair{"question", &own.question.text},
                                    {"query", &own.question.gold},
                                    {"sql", &own.question.gold},
                                    {"category", &own.question.category},
                                    {"evidence", &own.question.evidence},
                                    {"db", &own.question.database}}) {
      if (!(*object)->has(key)) continue;
      Result<std::string> text = (*object)->text(key);
      if (!text) return forward_error(text);
      *into = *text;
    }
  }
}

}  // namespace

Result<std::string> own_database(const std::string& place, const std::string& name, DatabaseStore& store) {
  if (is_postgres(place)) return place;
  std::error_code error;
  if (!fs::is_directory(place, error)) {
    if (fs::path(place).extension() != ".sql") return store.copy_of(place);
    std::ifstream file(place, std::ios::binary);
    if (!file) return usage_error("cannot read " + place);
    const std::string script((std::istreambuf_iterator<char>(file)), {});
    return store.from_script(script, fs::path(place).stem().string());
  }
  if (name.empty()) return usage_error("db=" + place + " is a folder: each question must name its db");
  if (name.find('/') != std::string::npos) return usage_error("the db name '" + name + "' holds a '/'");
  for (const char* extension : {".sqlite", ".db", ".sql"}) {
    for (const std::string& path : {place + "/" + name + extension, place + "/" + name + "/" + name + extension}) {
      if (fs::exists(path, error)) return own_database(path, name, store);
    }
  }
  return usage_error("no database '" + name + "' in " + place);
}

namespace {

/// What a database is called where its questions do not name it: a file's stem, the last part of a URL's path.
std::string shown_name(const std::string& place) {
  return fs::path(is_postgres(place) ? place.substr(0, place.find('?')) : place).stem().string();
}

}  // namespace

Result<Dataset> read_own(const OwnFiles& files, DatabaseStore& store) {
  Result<reading::DataFile> file = reading::file_at(files.questions);
  if (!file) return forward_error(file);
  const bool is_csv = file->shown.ends_with(".csv") || file->shown.ends_with(".csv.gz");
  Result<std::vector<OwnRow>> rows = is_csv ? read_csv_rows(*file) : read_jsonl_rows(*file);
  if (!rows) return forward_error(rows);
  Dataset dataset;
  dataset.total = rows->size();
  std::map<std::string, std::string> databases;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    Question& question = (*rows)[i].question;
    if (question.text.empty() || question.gold.empty()) {
      return usage_error((*rows)[i].where + ": each row needs a question and a query");
    }
    if (!databases.contains(question.database)) {
      Result<std::string> found = own_database(files.database, question.database, store);
      if (!found) return usage_error((*rows)[i].where + ": " + found.error().message);
      databases[question.database] = *found;
    }
    question.files = {databases[question.database]};
    if (question.database.empty()) question.database = shown_name(files.database);
    Item& item = dataset.items.emplace_back();
    item.id = "text_to_sql/own/" + files.name + "/" + std::to_string(i);
    item.order = static_cast<std::int64_t>(i);
    if (!question.category.empty()) item.groups.push_back({"category", question.category});
    item.groups.push_back({"database", question.database});
    put_question(question, item);
  }
  return dataset;
}

}  // namespace assay::text_to_sql
