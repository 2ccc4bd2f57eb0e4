#include "results/site/gate_history.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "results/site/json_text.h"

namespace assay::site {
namespace {

using nlohmann::json;

GateNightSuite suite_of(const json& line) {
  GateNightSuite suite;
  suite.suite = line.at("suite").get<std::string>();
  suite.metric = line.at("metric").get<std::string>();
  suite.paired_items = line.at("paired_items").get<std::int64_t>();
  suite.baseline = line.at("baseline").at("value").get<double>();
  suite.candidate = line.at("candidate").at("value").get<double>();
  suite.difference = line.at("difference").get<double>();
  suite.verdict = line.at("verdict").get<std::string>();
  const json& interval = line.at("ci95");
  if (!interval.is_null()) suite.ci95 = {interval.at(0).get<double>(), interval.at(1).get<double>()};
  return suite;
}

GateNight night_of(const json& line) {
  GateNight night;
  night.time = line.at("time").get<std::string>();
  night.passed = line.at("passed").get<bool>();
  night.verdict = line.at("verdict").get<std::string>();
  night.margin = line.at("margin").get<double>();
  night.baseline_run = line.at("baseline").at("run").get<std::string>();
  night.baseline_name = line.at("baseline").at("model").get<std::string>();
  night.candidate_run = line.at("candidate").at("run").get<std::string>();
  night.candidate_name = line.at("candidate").at("model").get<std::string>();
  for (const json& suite : line.at("suites")) night.suites.push_back(suite_of(suite));
  return night;
}

}  // namespace

Result<std::vector<GateNight>> read_gate_history(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return usage_error(path + ": the history cannot be read (" + std::strerror(errno) + "); check the path");
  std::vector<GateNight> nights;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (file.eof()) break;
    if (text.empty()) continue;
    try {
      nights.push_back(night_of(json::parse(text)));
    } catch (const json::exception&) {
      return usage_error(path + ":" + std::to_string(number) +
                         ": no line that `assay gate --history` wrote; remove it or give another file");
    }
  }
  return nights;
}

std::string gate_history_json(const std::vector<GateNight>& nights) {
  JsonText out;
  out.begin_array();
  for (const GateNight& night : nights) {
    out.begin_object().key("time").text(night.time).key("passed").boolean(night.passed);
    out.key("verdict").text(night.verdict).key("margin").number(night.margin);
    out.key("baseline_run").text(night.baseline_run).key("baseline").text(night.baseline_name);
    out.key("candidate_run").text(night.candidate_run).key("candidate").text(night.candidate_name);
    out.key("suites").begin_array();
    for (const GateNightSuite& suite : night.suites) {
      out.begin_object().key("suite").text(suite.suite).key("metric").text(suite.metric);
      out.key("items").integer(suite.paired_items).key("baseline").number(suite.baseline);
      out.key("candidate").number(suite.candidate).key("difference").number(suite.difference).key("ci95");
      if (suite.ci95) {
        out.begin_array().number(suite.ci95->low).number(suite.ci95->high).end_array();
      } else {
        out.null();
      }
      out.key("verdict").text(suite.verdict).end_object();
    }
    out.end_array().end_object();
  }
  return out.end_array().str();
}

}  // namespace assay::site
