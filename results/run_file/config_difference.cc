#include "results/run_file/config_difference.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace assay::run_file {
namespace {

using Json = nlohmann::json;

std::string shown(const Json* value) {
  if (value == nullptr) return "absent";
  std::string text = value->dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr std::size_t kLongest = 80;
  if (text.size() > kLongest) {
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text = text.substr(0, end) + "…";
  }
  return text;
}

/// The key whose values name the elements of both arrays, or "" where none does.
std::string naming_key(const Json& first, const Json& second) {
  for (const char* key : {"name", "suite", "ref"}) {
    const auto names_all = [key](const Json& array) {
      std::set<std::string> names;
      return std::all_of(array.begin(), array.end(), [&](const Json& element) {
        return element.is_object() && element.contains(key) && element[key].is_string() && element[key] != "" &&
               names.insert(element[key].get<std::string>()).second;
      });
    };
    if (names_all(first) && names_all(second)) return key;
  }
  return "";
}

Json by_name(const Json& array, const std::string& key) {
  Json object = Json::object();
  for (const Json& element : array) object[element[key].get<std::string>()] = element;
  return object;
}

std::vector<Json> names_of(const Json& array, const std::string& key) {
  std::vector<Json> names;
  for (const Json& element : array) names.push_back(element[key]);
  return names;
}

/// Collects differences, one line each.
class Differences {
 public:
  explicit Differences(const Sides& sides) : sides_(sides) {}

  void compare(const std::string& path, const Json* first, const Json* second) {
    if (first != nullptr && second != nullptr) {
      if (*first == *second) return;
      if (first->is_object() && second->is_object()) return compare_objects(path, *first, *second);
      if (first->is_array() && second->is_array()) return compare_arrays(path, *first, *second);
    }
    add(path.empty() ? "configuration" : path, shown(first), shown(second));
  }

  void compare(const std::string& path, const std::string& first, const std::string& second) {
    if (first != second) add(path, first.empty() ? "none" : first, second.empty() ? "none" : second);
  }

  using Pairs = std::vector<std::pair<std::string, std::string>>;
  void compare(const std::string& path, const Pairs& first, const Pairs& second) {
    const auto object = [](const Pairs& pairs) {
      Json json = Json::object();
      for (const auto& [key, value] : pairs) json[key] = value;
      return json;
    };
    compare_objects(path, object(first), object(second));
  }

  void add(const std::string& path, const std::string& first, const std::string& second, const std::string& note = "") {
    lines_.push_back(path + ": " + sides_.first + " " + first + ", " + sides_.second + " " + second + note);
  }

  [[nodiscard]] std::vector<std::string> lines() const { return lines_; }

 private:
  void compare_objects(const std::string& path, const Json& first, const Json& second) {
    std::set<std::string> keys;
    for (const auto& element : first.items()) keys.insert(element.key());
    for (const auto& element : second.items()) keys.insert(element.key());
    for (const std::string& key : keys) {
      // A protocol or a number of shots that nobody named is the suite's own: result_differences() compares those.
      const auto unnamed = [&](const Json& side) { return side.contains(key) && side[key].is_null(); };
      if ((key == "protocol" || key == "shots") && (unnamed(first) || unnamed(second))) continue;
      compare(path.empty() ? key : path + "." + key, first.contains(key) ? &first[key] : nullptr,
              second.contains(key) ? &second[key] : nullptr);
    }
  }

  void compare_arrays(const std::string& path, const Json& first, const Json& second) {
    const std::string key = naming_key(first, second);
    if (!key.empty() && !first.empty() && !second.empty()) {
      const std::size_t before = lines_.size();
      compare_objects(path, by_name(first, key), by_name(second, key));
      if (lines_.size() == before && names_of(first, key) != names_of(second, key)) {
        lines_.push_back(path + ": " + sides_.first + " in another order");
      }
      return;
    }
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
      compare(path + "[" + std::to_string(i) + "]", i < first.size() ? &first[i] : nullptr,
              i < second.size() ? &second[i] : nullptr);
    }
  }

  Sides sides_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> config_differences(const std::string& first, const std::string& second, const Sides& sides) {
  if (first == second) return {};
  const Json first_json = Json::parse(first, nullptr, false);
  const Json second_json = Json::parse(second, nullptr, false);
  for (const auto& [json, side] : {std::pair(&first_json, sides.first), std::pair(&second_json, sides.second)}) {
    if (json->is_discarded()) return {std::string("the configuration ") + side + " is not JSON"};
  }
  Differences differences(sides);
  differences.compare("", &first_json, &second_json);
  return differences.lines();
}

std::vector<std::string> result_differences(const std::vector<ResultInfo>& first, const std::vector<ResultInfo>& second,
                                            const Sides& sides) {
  Differences out(sides);
  if (first.size() != second.size()) {
    out.add("models × suites", std::to_string(first.size()), std::to_string(second.size()));
    return out.lines();
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    const ResultInfo& was = first[i];
    const ResultInfo& is = second[i];
    const std::string model = "models." + was.model.name;
    out.compare("models[" + std::to_string(i) + "]", was.model.name, is.model.name);
    out.compare(model + ".sha256", was.model.sha256.value_or(""), is.model.sha256.value_or(""));
    out.compare(model, was.model.settings, is.model.settings);
    const std::string suite = "suites." + was.suite;
    out.compare("suites[" + std::to_string(i) + "]", was.suite, is.suite);
    out.compare(suite + ".version", was.suite_version, is.suite_version);
    out.compare(suite + ".data_sha256", was.data_sha256, is.data_sha256);
    out.compare(suite + ".starter", std::string(was.starter ? "true" : "false"),
                std::string(is.starter ? "true" : "false"));
    out.compare(suite + ".protocol", was.protocol, is.protocol);
    out.compare(suite + ".shots", std::to_string(was.shots), std::to_string(is.shots));
    out.compare(suite + ".samples", std::to_string(was.samples), std::to_string(is.samples));
    out.compare(suite, was.options, is.options);
    if (is.items < was.items) {
      out.add(suite + ".items", std::to_string(was.items), std::to_string(is.items), " (a --limit may only grow)");
    }
  }
  // One model under several suites, or one suite under several models, says the same thing more than once.
  std::vector<std::string> distinct;
  for (std::string& line : out.lines()) {
    if (std::find(distinct.begin(), distinct.end(), line) == distinct.end()) distinct.push_back(std::move(line));
  }
  return distinct;
}

std::string price_difference(const std::optional<Price>& first_price, const std::optional<Price>& second_price,
                             const Sides& sides) {
  const auto said = [&sides](const std::string& first, const std::string& second) {
    return std::string(sides.first) + " " + first + ", " + sides.second + " " + second;
  };
  if (first_price.has_value() != second_price.has_value())
    return first_price ? said("one", "none") : said("none", "one");
  if (!first_price) return "";
  using Field = std::optional<double> Price::*;
  constexpr std::array<std::pair<const char*, Field>, 7> kFields{
      {{"input_per_mtok", &Price::input_per_mtok},
       {"output_per_mtok", &Price::output_per_mtok},
       {"cached_input_per_mtok", &Price::cached_input_per_mtok},
       {"cache_write_per_mtok", &Price::cache_write_per_mtok},
       {"reasoning_per_mtok", &Price::reasoning_per_mtok},
       {"batch_factor", &Price::batch_factor},
       {"usd_per_hour", &Price::usd_per_hour}}};
  for (const auto& [name, field] : kFields) {
    const std::optional<double>& first = (*first_price).*field;
    const std::optional<double>& second = (*second_price).*field;
    if (first == second) continue;
    const auto amount = [](const std::optional<double>& value) { return value ? Json(*value).dump() : "none"; };
    return std::string(name) + " " + said(amount(first), amount(second));
  }
  return "";
}

std::string joined(const std::vector<std::string>& differences) {
  constexpr std::size_t kMost = 5;
  std::string line;
  for (std::size_t i = 0; i < std::min(differences.size(), kMost); ++i) {
    line += (i == 0 ? "" : "; ") + differences[i];
  }
  if (differences.size() > kMost) line += "; and " + std::to_string(differences.size() - kMost) + " more";
  return line;
}

}  // namespace assay::run_file
