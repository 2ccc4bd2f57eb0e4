#include "suites/reading/samples.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "suites/reading/json_object.h"

namespace assay::reading {

Result<SampleReader> SampleReader::open(const std::string& path) {
  Result<DataFile> file = file_at(path);
  if (!file) return forward_error(file);
  Result<LineReader> lines = LineReader::open(*file);
  if (!lines) return forward_error(lines);
  return SampleReader(std::move(*lines));
}

Result<std::optional<Sample>> SampleReader::next() {
  for (;;) {
    Result<std::optional<std::string_view>> line = lines_.next();
    if (!line) return forward_error(line);
    if (!*line) return std::optional<Sample>();
    if ((*line)->find_first_not_of(" \t") == std::string_view::npos) continue;
    Sample sample;
    sample.line = std::string(**line);
    sample.where = lines_.where();
    Result<JsonObject> object = JsonObject::parse(sample.line, sample.where);
    if (!object) return forward_error(object);
    Result<std::string> id = object->text(!object->has("task_id") && object->has("item") ? "item" : "task_id");
    if (!id) return forward_error(id);
    sample.task_id = std::move(*id);
    sample.whole_program = !object->has("completion") && object->has("solution");
    Result<std::string> text = object->text(sample.whole_program ? "solution" : "completion");
    if (!text) return forward_error(text);
    sample.completion = std::move(*text);
    return std::optional<Sample>(std::move(sample));
  }
}

std::string result_text(Verdict verdict, const std::string& why) {
  if (verdict == Verdict::kPassed) return "passed";
  if (verdict == Verdict::kUnknown) return "not judged: " + why;
  return why.starts_with("timeout") ? "timed out" : "failed: " + why;
}

std::string result_line(const std::string& line, Verdict verdict, const std::string& why) {
  auto row = nlohmann::ordered_json::parse(line, nullptr, false);
  if (!row.is_object()) row = nlohmann::ordered_json::object();
  row["result"] = result_text(verdict, why);
  row["passed"] =
      verdict == Verdict::kUnknown ? nlohmann::ordered_json() : nlohmann::ordered_json(verdict == Verdict::kPassed);
  return row.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace assay::reading
