#include "suites/custom/item_extra.h"

#include <nlohmann/json.hpp>

namespace assay::custom {
namespace {

using Json = nlohmann::json;

Json to_json(const std::vector<TextSpan>& spans) {
  Json json = Json::array();
  for (const TextSpan& span : spans) json.push_back({span.begin, span.end});
  return json;
}

std::vector<TextSpan> to_spans(const Json& json) {
  std::vector<TextSpan> spans;
  for (const Json& span : json) spans.push_back({span.at(0), span.at(1)});
  return spans;
}

}  // namespace

std::vector<TextSpan> moved(std::vector<TextSpan> spans, std::size_t by) {
  for (TextSpan& span : spans) span = {span.begin + by, span.end + by};
  return spans;
}

std::string to_text(const Extra& extra) {
  Json json{{"system", extra.system},
            {"targets", extra.expected.targets},
            {"pattern", extra.expected.pattern},
            {"tests", extra.expected.tests},
            {"database", extra.expected.database},
            {"row", extra.row_json},
            {"source_words", extra.expected.source_words}};
  json["examples"] = Json::array();
  for (const Example& example : extra.examples) {
    json["examples"].push_back(Json::array({example.prompt, example.answer, example.choices}));
  }
  json["retrieved"] = extra.retrieved;
  json["own"] = to_json(extra.own);
  json["passages"] = to_json(extra.passages);
  json["retrieval"] = extra.retrieval;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Extra from_text(const std::string& text) {
  const Json json = Json::parse(text);
  Extra extra;
  extra.system = json.at("system");
  extra.expected = {json.at("targets"), json.at("pattern"), json.at("tests"), json.at("database"),
                    json.at("source_words")};
  extra.row_json = json.at("row");
  for (const Json& example : json.at("examples")) {
    extra.examples.push_back({example.at(0), example.at(1), example.at(2)});
  }
  extra.retrieved = json.at("retrieved");
  extra.own = to_spans(json.at("own"));
  extra.passages = to_spans(json.at("passages"));
  extra.retrieval = json.at("retrieval").get<std::vector<double>>();
  return extra;
}

}  // namespace assay::custom
