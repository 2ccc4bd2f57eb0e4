#include "suites/scoring/json_schema.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "harness/core/text.h"
#include "suites/reading/bounded_json.h"

namespace assay::scoring {
namespace {

using Json = nlohmann::json;

const std::vector<std::string>& checked_keywords() {
  static const std::vector<std::string> words{"type",
                                              "enum",
                                              "const",
                                              "properties",
                                              "required",
                                              "additionalProperties",
                                              "minProperties",
                                              "items",
                                              "minItems",
                                              "maxItems",
                                              "uniqueItems",
                                              "minimum",
                                              "maximum",
                                              "maxProperties",
                                              "minLength",
                                              "maxLength",
                                              "pattern",
                                              "allOf",
                                              "anyOf",
                                              "oneOf",
                                              "not",
                                              "$ref",
                                              "multipleOf",
                                              "exclusiveMinimum",
                                              "exclusiveMaximum",
                                              "$defs",
                                              "definitions"};
  return words;
}

bool is_annotation(const std::string& word) {
  static const std::vector<std::string> words{"$schema", "$id",      "$comment", "title",     "description",
                                              "default", "examples", "readOnly", "writeOnly", "deprecated"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

const std::vector<std::string>& type_names() {
  static const std::vector<std::string> names{"null", "boolean", "object", "array", "number", "string", "integer"};
  return names;
}

bool is_whole(const Json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::isfinite(value.get<double>()) &&
         std::floor(value.get<double>()) == value.get<double>();
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  return is_whole(value);
}

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

std::string shortened(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) text = repaired_utf8(text.substr(0, kLongest)) + "…";
  return text;
}

}  // namespace

struct JsonSchema::State {
  Json root;
  std::map<std::string, std::unique_ptr<RE2>> patterns;

  // Reads one schema and those inside; empty: it is fine.
  std::string check(const Json& schema, const std::string& at, int depth) {
    if (depth > reading::kMaxJsonDepth) return at + ": nests too deep";
    if (schema.is_boolean()) return "";
    if (!schema.is_object()) return at + ": a schema is an object, true or false";
    for (const auto& [key, value] : schema.items()) {
      if (is_annotation(key)) continue;
      const std::string here = at + "/" + key;
      if (std::string wrong = check_keyword(key, value, here, depth); !wrong.empty()) return wrong;
    }
    return "";
  }

  std::string check_keyword(const std::string& key, const Json& value, const std::string& here, int depth) {
    const auto& words = checked_keywords();
    if (std::find(words.begin(), words.end(), key) == words.end()) {
      return here + ": the keyword '" + key + "' is not supported" + did_you_mean(key, words);
    }
    if (key == "properties" || key == "$defs" || key == "definitions") {
      if (!value.is_object()) return here + ": expected an object of schemas";
      for (const auto& [name, inner] : value.items()) {
        if (std::string wrong = check(inner, here + "/" + name, depth + 1); !wrong.empty()) return wrong;
      }
      return "";
    }
    if (key == "allOf" || key == "anyOf" || key == "oneOf") {
      if (!value.is_array() || value.empty()) return here + ": expected a list of schemas";
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (std::string wrong = check(value[i], here + "/" + std::to_string(i), depth + 1); !wrong.empty())
          return wrong;
      }
      return "";
    }
    if (key == "items" || key == "additionalProperties" || key == "not") return check(value, here, depth + 1);
    if (key == "type") {
      const std::vector<Json> types = value.is_array() ? value.get<std::vector<Json>>() : std::vector<Json>{value};
      for (const Json& type : types) {
        const auto& names = type_names();
        if (!type.is_string() || std::find(names.begin(), names.end(), type.get<std::string>()) == names.end()) {
          return here + ": " + shortened(type) + " is no type" +
                 (type.is_string() ? did_you_mean(type.get<std::string>(), names) : "");
        }
      }
      return "";
    }
    if (key == "enum") return value.is_array() ? "" : here + ": expected a list";
    if (key == "const") return "";
    if (key == "required") {
      const bool good =
          value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); });
      return good ? "" : here + ": expected a list of names";
    }
    if (key == "uniqueItems") return value.is_boolean() ? "" : here + ": expected true or false";
    if (key == "pattern") {
      if (!value.is_string()) return here + ": expected a regular expression";
      auto pattern = std::make_unique<RE2>(value.get<std::string>(), quiet());
      if (!pattern->ok()) return here + ": " + pattern->error();
      patterns.emplace(value.get<std::string>(), std::move(pattern));
      return "";
    }
    if (key == "$ref") {
      if (!value.is_string() || target(value.get<std::string>()) == nullptr) {
        return here + ": " + shortened(value) + " is no place in this schema (#/$defs/name)";
      }
      return "";
    }
    const bool is_count = key.starts_with("min") && key != "minimum";
    const bool is_most = key.starts_with("max") && key != "maximum";
    if (is_count || is_most) return is_whole(value) && value >= 0 ? "" : here + ": expected a whole number from 0";
    if (!value.is_number() || (key == "multipleOf" && value <= 0)) return here + ": expected a number";
    return "";
  }

  [[nodiscard]] const Json* target(const std::string& reference) const {
    if (reference == "#") return &root;
    if (!reference.starts_with("#/")) return nullptr;
    try {
      const Json::json_pointer pointer(reference.substr(1));
      return root.contains(pointer) ? &root.at(pointer) : nullptr;
    } catch (const Json::exception&) {
      return nullptr;
    }
  }

  // Why a value does not fit; empty: it does.
  [[nodiscard]] std::string judge(const Json& schema, const Json& value, const std::string& at, int depth) const {
    const std::string place = at.empty() ? "the value" : at;
    if (depth > 2 * reading::kMaxJsonDepth) return place + ": the schema refers to itself without end";
    if (schema.is_boolean()) return schema.get<bool>() ? "" : place + ": nothing may be here";
    for (const auto& [key, wanted] : schema.items()) {
      std::string wrong = judge_keyword(schema, key, wanted, value, at, depth);
      if (!wrong.empty()) return wrong.starts_with("/") || wrong.starts_with("the ") ? wrong : place + ": " + wrong;
    }
    return "";
  }

  [[nodiscard]] std::string judge_keyword(const Json& schema, const std::string& key, const Json& wanted,
                                          const Json& value, const std::string& at, int depth) const {
    const auto number = [&] { return wanted.get<double>(); };
    if (key == "type") {
      const std::vector<Json> types = wanted.is_array() ? wanted.get<std::vector<Json>>() : std::vector<Json>{wanted};
      const bool good = std::any_of(types.begin(), types.end(),
                                    [&](const Json& type) { return has_type(value, type.get<std::string>()); });
      return good ? "" : shortened(value) + " is not of type " + shortened(wanted);
    }
    if (key == "enum") {
      return std::find(wanted.begin(), wanted.end(), value) != wanted.end()
                 ? ""
                 : shortened(value) + " is none of " + shortened(wanted);
    }
    if (key == "const") return value == wanted ? "" : shortened(value) + " is not " + shortened(wanted);
    if (key == "$ref") return judge(*target(wanted.get<std::string>()), value, at, depth + 1);
    if (key == "allOf") {
      for (const Json& one : wanted) {
        if (std::string wrong = judge(one, value, at, depth + 1); !wrong.empty()) return wrong;
      }
      return "";
    }
    if (key == "anyOf" || key == "oneOf") {
      const auto fits = std::count_if(wanted.begin(), wanted.end(),
                                      [&](const Json& one) { return judge(one, value, at, depth + 1).empty(); });
      if (key == "anyOf") return fits > 0 ? "" : shortened(value) + " fits none of anyOf";
      return fits == 1 ? "" : shortened(value) + " fits " + std::to_string(fits) + " of oneOf";
    }
    if (key == "not")
      return judge(wanted, value, at, depth + 1).empty() ? shortened(value) + " is what it must not be" : "";
    if (value.is_object()) {
      if (key == "properties") {
        for (const auto& [name, inner] : wanted.items()) {
          const auto member = value.find(name);
          if (member == value.end()) continue;
          if (std::string wrong = judge(inner, *member, at + "/" + name, depth + 1); !wrong.empty()) return wrong;
        }
      } else if (key == "required") {
        for (const Json& name : wanted) {
          if (!value.contains(name.get<std::string>())) return "'" + name.get<std::string>() + "' is missing";
        }
      } else if (key == "additionalProperties") {
        const auto known = schema.find("properties");
        for (const auto& [name, member] : value.items()) {
          if (known != schema.end() && known->contains(name)) continue;
          if (wanted == false) return "'" + on_one_line(name) + "' is not allowed";
          if (std::string wrong = judge(wanted, member, at + "/" + name, depth + 1); !wrong.empty()) return wrong;
        }
      } else if (key == "minProperties" && static_cast<double>(value.size()) < number()) {
        return "has fewer than " + shortened(wanted) + " members";
      } else if (key == "maxProperties" && static_cast<double>(value.size()) > number()) {
        return "has more than " + shortened(wanted) + " members";
      }
      return "";
    }
    if (value.is_array()) {
      if (key == "items") {
        for (std::size_t i = 0; i < value.size(); ++i) {
          if (std::string wrong = judge(wanted, value[i], at + "/" + std::to_string(i), depth + 1); !wrong.empty())
            return wrong;
        }
      } else if (key == "minItems" && static_cast<double>(value.size()) < number()) {
        return "has fewer than " + shortened(wanted) + " items";
      } else if (key == "maxItems" && static_cast<double>(value.size()) > number()) {
        return "has more than " + shortened(wanted) + " items";
      } else if (key == "uniqueItems" && wanted == true) {
        Json sorted = value;
        std::sort(sorted.begin(), sorted.end());
        if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return "has an item twice";
      }
      return "";
    }
    if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      const auto length = static_cast<double>(code_point_count(text));
      if (key == "minLength" && length < number()) return shortened(value) + " is shorter than " + shortened(wanted);
      if (key == "maxLength" && length > number()) return shortened(value) + " is longer than " + shortened(wanted);
      if (key == "pattern" && !RE2::PartialMatch(text, *patterns.at(wanted.get<std::string>()))) {
        return shortened(value) + " does not match " + shortened(wanted);
      }
      return "";
    }
    if (value.is_number()) {
      if (key == "minimum" && value < wanted) return shortened(value) + " is below " + shortened(wanted);
      if (key == "maximum" && value > wanted) return shortened(value) + " is above " + shortened(wanted);
      if (key == "exclusiveMinimum" && value <= wanted) return shortened(value) + " is not above " + shortened(wanted);
      if (key == "exclusiveMaximum" && value >= wanted) return shortened(value) + " is not below " + shortened(wanted);
      if (key == "multipleOf" && !is_multiple(value, wanted))
        return shortened(value) + " is no multiple of " + shortened(wanted);
    }
    return "";
  }

  [[nodiscard]] static bool is_multiple(const Json& value, const Json& of) {
    if (value.is_number_unsigned() && of.is_number_unsigned()) {
      return value.get<std::uint64_t>() % of.get<std::uint64_t>() == 0;
    }
    // A negative number's magnitude: that of the least one does not fit its own type.
    if (value.is_number_integer() && !value.is_number_unsigned() && of.is_number_unsigned()) {
      return (0 - static_cast<std::uint64_t>(value.get<std::int64_t>())) % of.get<std::uint64_t>() == 0;
    }
    const double quotient = value.get<double>() / of.get<double>();
    return std::isfinite(quotient) && std::floor(quotient) == quotient;
  }
};

JsonSchema::JsonSchema(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema& JsonSchema::operator=(JsonSchema&&) noexcept = default;
JsonSchema::~JsonSchema() = default;

Result<JsonSchema> JsonSchema::parse(std::string_view text, const std::string& where) {
  auto state = std::make_unique<State>();
  state->root = reading::parse_bounded_json(text);
  if (state->root.is_discarded()) return usage_error(where + ": the JSON schema is no JSON");
  if (std::string wrong = state->check(state->root, "#", 0); !wrong.empty()) {
    return usage_error(where + ": JSON schema " + on_one_line(wrong));
  }
  return JsonSchema(std::move(state));
}

std::string JsonSchema::violation(std::string_view json) const {
  const Json value = reading::parse_bounded_json(json);
  if (value.is_discarded()) return "no JSON";
  return on_one_line(state_->judge(state_->root, value, "", 0));
}

}  // namespace assay::scoring
