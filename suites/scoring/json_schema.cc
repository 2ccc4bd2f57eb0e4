#include "suites/scoring/json_schema.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "harness/core/excerpt.h"
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

std::string cut(const std::string& text) {
  constexpr std::size_t kLongest = 60;
  return excerpt(text, kLongest);
}

std::string shortened(const Json& value) { return cut(value.dump(-1, ' ', false, Json::error_handler_t::replace)); }

// A place in a value or a schema: a step from the one around it. It becomes a text only when a message needs it; a text
// made at every step would cost as much as the longest key, again and again.
struct Place {
  const Place* around = nullptr;
  std::string_view key;
  std::size_t index = 0;  // of a list's item, which has no key
  bool is_item = false;

  [[nodiscard]] std::string text() const {
    std::vector<const Place*> steps;
    for (const Place* step = this; step->around != nullptr; step = step->around) steps.push_back(step);
    std::string text;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      text += "/" + ((*step)->is_item ? std::to_string((*step)->index) : cut(std::string((*step)->key)));
    }
    return text;
  }
};

Place member_of(const Place& around, std::string_view key) { return {&around, key, 0, false}; }
Place item_of(const Place& around, std::size_t index) { return {&around, {}, index, true}; }

bool is_multiple(const Json& value, const Json& of) {
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

// A text's bytes that cost about what a step does, where they are searched for a pattern.
constexpr std::size_t kBytesOfStep = 16;

// The size of a value, as far as comparing with it can cost: its parts and the length of its texts.
std::size_t weight_of(const Json& value) {
  if (value.is_string()) return 1 + value.get_ref<const std::string&>().size() / kBytesOfStep;
  std::size_t weight = 1;
  if (value.is_structured()) {
    for (const auto& [key, inner] : value.items()) weight += key.size() / kBytesOfStep + weight_of(inner);
  }
  return weight;
}

}  // namespace

struct JsonSchema::State {
  class Validation;

  Json root;
  // What a keyword needs, by where its value is in `root`: made once, so that a step does not pay for its length.
  std::unordered_map<const Json*, std::unique_ptr<RE2>> patterns;
  std::unordered_map<const Json*, const Json*> targets;  // of $ref
  std::unordered_map<const Json*, std::size_t> weights;  // of enum and const
  std::unordered_set<const Json*> schemas;               // all that were checked

  // Reads the whole schema; empty: it is fine.
  std::string check_all() {
    const Place top;
    if (std::string wrong = check(root, top, 0); !wrong.empty()) return wrong;
    for (const auto& [reference, target] : targets) {
      // a place inside an enum, say: nobody has looked whether it is a schema
      if (!schemas.contains(target)) return "#: $ref " + shortened(*reference) + " is no schema (#/$defs/name)";
    }
    return "";
  }

  // Reads one schema and those inside; empty: it is fine.
  std::string check(const Json& schema, const Place& at, int depth) {
    if (depth > reading::kMaxJsonDepth) return shown(at) + ": nests too deep";
    schemas.insert(&schema);
    if (schema.is_boolean()) return "";
    if (!schema.is_object()) return shown(at) + ": a schema is an object, true or false";
    for (const auto& [key, value] : schema.items()) {
      if (is_annotation(key)) continue;
      if (std::string wrong = check_keyword(key, value, member_of(at, key), depth); !wrong.empty()) return wrong;
    }
    return "";
  }

  std::string check_keyword(const std::string& key, const Json& value, const Place& here, int depth) {
    const auto& words = checked_keywords();
    if (std::find(words.begin(), words.end(), key) == words.end()) {
      return shown(here) + ": the keyword '" + cut(key) + "' is not supported" + did_you_mean(key, words);
    }
    if (key == "properties" || key == "$defs" || key == "definitions") {
      if (!value.is_object()) return shown(here) + ": expected an object of schemas";
      for (const auto& [name, inner] : value.items()) {
        if (std::string wrong = check(inner, member_of(here, name), depth + 1); !wrong.empty()) return wrong;
      }
      return "";
    }
    if (key == "allOf" || key == "anyOf" || key == "oneOf") {
      if (!value.is_array() || value.empty()) return shown(here) + ": expected a list of schemas";
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (std::string wrong = check(value[i], item_of(here, i), depth + 1); !wrong.empty()) return wrong;
      }
      return "";
    }
    if (key == "items" || key == "additionalProperties" || key == "not") return check(value, here, depth + 1);
    if (key == "type") {
      const std::vector<Json> types = value.is_array() ? value.get<std::vector<Json>>() : std::vector<Json>{value};
      for (const Json& type : types) {
        const auto& names = type_names();
        if (!type.is_string() || std::find(names.begin(), names.end(), type.get<std::string>()) == names.end()) {
          return shown(here) + ": " + shortened(type) + " is no type" +
                 (type.is_string() ? did_you_mean(type.get<std::string>(), names) : "");
        }
      }
      return "";
    }
    if (key == "enum" || key == "const") {
      if (key == "enum" && !value.is_array()) return shown(here) + ": expected a list";
      weights.emplace(&value, weight_of(value));
      return "";
    }
    if (key == "required") {
      const bool good =
          value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); });
      return good ? "" : shown(here) + ": expected a list of names";
    }
    if (key == "uniqueItems") return value.is_boolean() ? "" : shown(here) + ": expected true or false";
    if (key == "pattern") {
      if (!value.is_string()) return shown(here) + ": expected a regular expression";
      auto pattern = std::make_unique<RE2>(value.get<std::string>(), quiet());
      if (!pattern->ok()) return shown(here) + ": " + pattern->error();
      patterns.emplace(&value, std::move(pattern));
      return "";
    }
    if (key == "$ref") {
      const Json* place = value.is_string() ? target(value.get<std::string>()) : nullptr;
      if (place == nullptr) {
        return shown(here) + ": " + shortened(value) + " is no place in this schema (#/$defs/name)";
      }
      targets.emplace(&value, place);
      return "";
    }
    const bool is_count = key.starts_with("min") && key != "minimum";
    const bool is_most = key.starts_with("max") && key != "maximum";
    if (is_count || is_most)
      return is_whole(value) && value >= 0 ? "" : shown(here) + ": expected a whole number from 0";
    if (!value.is_number() || (key == "multipleOf" && value <= 0)) return shown(here) + ": expected a number";
    return "";
  }

  static std::string shown(const Place& at) { return "#" + at.text(); }

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
};

// One value against the schema. A schema that refers to itself from several branches asks twice as much with each level
// of the answer, which a model writes: so the steps are counted. What only tries whether a branch fits makes no
// messages, since a message quotes the value.
class JsonSchema::State::Validation {
 public:
  explicit Validation(const State& schema) : schema_(schema) {}

  // Why the value does not fit; empty: it does.
  std::string violation(const Json& value) {
    const bool good = fits(schema_.root, value, Place{}, 0);
    if (given_up_) {
      return std::string(JsonSchema::kGivenUp) + " after " + with_commas(JsonSchema::kMostSteps) + " steps";
    }
    return good ? "" : wrong_;
  }

 private:
  static std::string with_commas(std::size_t number) {
    std::string text = std::to_string(number);
    constexpr std::size_t kGroup = 3;
    for (std::size_t at = text.size(); at > kGroup; at -= kGroup) text.insert(at - kGroup, ",");
    return text;
  }

  // Whether there are steps left after these.
  bool spend(std::size_t steps) {
    steps_ += steps;
    given_up_ = given_up_ || steps_ > JsonSchema::kMostSteps;
    return !given_up_;
  }

  // False, with the message kept where one is wanted.
  template <class Message>
  bool refuse(const Place& place, Message message) {
    if (trying_ > 0) return false;
    const std::string where = place.text();
    wrong_ = (where.empty() ? "the value" : where) + ": " + message();
    return false;
  }

  // Whether a branch fits, when nobody wants to know why it does not.
  bool would_fit(const Json& schema, const Json& value, const Place& place, int depth) {
    ++trying_;
    const bool good = fits(schema, value, place, depth);
    --trying_;
    return good;
  }

  bool fits(const Json& schema, const Json& value, const Place& place, int depth) {
    if (!spend(1)) return false;
    if (depth > 2 * reading::kMaxJsonDepth) {
      return refuse(place, [] { return "the schema refers to itself without end"; });
    }
    if (schema.is_boolean()) {
      return schema.get<bool>() || refuse(place, [] { return "nothing may be here"; });
    }
    for (const auto& [key, wanted] : schema.items()) {
      if (!keeps(schema, key, wanted, value, place, depth)) return false;
    }
    return true;
  }

  bool keeps(const Json& schema, const std::string& key, const Json& wanted, const Json& value, const Place& place,
             int depth) {
    const auto unfit = [&](const std::string& between) {
      return refuse(place, [&] { return shortened(value) + between + shortened(wanted); });
    };
    if (key == "type") {
      if (wanted.is_string()) return has_type(value, wanted.get_ref<const std::string&>()) || unfit(" is not of type ");
      if (!spend(wanted.size() / kPartsOfStep)) return false;
      const bool good = std::any_of(wanted.begin(), wanted.end(), [&](const Json& type) {
        return has_type(value, type.get_ref<const std::string&>());
      });
      return good || unfit(" is not of type ");
    }
    if (key == "enum") {
      if (!spend(schema_.weights.at(&wanted) / kPartsOfStep)) return false;
      return std::find(wanted.begin(), wanted.end(), value) != wanted.end() || unfit(" is none of ");
    }
    if (key == "const") {
      if (!spend(schema_.weights.at(&wanted) / kPartsOfStep)) return false;
      return value == wanted || unfit(" is not ");
    }
    if (key == "$ref") return fits(*schema_.targets.at(&wanted), value, place, depth + 1);
    if (key == "allOf") {
      return std::all_of(wanted.begin(), wanted.end(),
                         [&](const Json& one) { return fits(one, value, place, depth + 1); });
    }
    if (key == "anyOf" || key == "oneOf") return keeps_branches(key, wanted, value, place, depth);
    if (key == "not") {
      if (!would_fit(wanted, value, place, depth + 1)) return !given_up_;
      return refuse(place, [&] { return shortened(value) + " is what it must not be"; });
    }
    if (value.is_object()) return keeps_members(schema, key, wanted, value, place, depth);
    if (value.is_array()) return keeps_items(key, wanted, value, place, depth);
    if (value.is_string()) return keeps_text(key, wanted, value, place);
    if (value.is_number()) {
      if (key == "minimum" && value < wanted) return unfit(" is below ");
      if (key == "maximum" && value > wanted) return unfit(" is above ");
      if (key == "exclusiveMinimum" && value <= wanted) return unfit(" is not above ");
      if (key == "exclusiveMaximum" && value >= wanted) return unfit(" is not below ");
      if (key == "multipleOf" && !is_multiple(value, wanted)) return unfit(" is no multiple of ");
    }
    return true;
  }

  bool keeps_branches(const std::string& key, const Json& wanted, const Json& value, const Place& place, int depth) {
    std::size_t fitting = 0;
    for (const Json& one : wanted) {
      if (would_fit(one, value, place, depth + 1)) ++fitting;
      if (given_up_) return false;
      if (key == "anyOf" && fitting > 0) return true;
    }
    if (key == "anyOf") {
      return refuse(place, [&] { return shortened(value) + " fits none of anyOf"; });
    }
    return fitting == 1 ||
           refuse(place, [&] { return shortened(value) + " fits " + std::to_string(fitting) + " of oneOf"; });
  }

  bool keeps_members(const Json& schema, const std::string& key, const Json& wanted, const Json& value,
                     const Place& place, int depth) {
    if (key == "properties") {
      if (!spend(wanted.size() / kPartsOfStep)) return false;
      for (const auto& [name, inner] : wanted.items()) {
        const auto member = value.find(name);
        if (member == value.end()) continue;
        if (!fits(inner, *member, member_of(place, name), depth + 1)) return false;
      }
    } else if (key == "required") {
      if (!spend(wanted.size() / kPartsOfStep)) return false;
      for (const Json& name : wanted) {
        const auto& text = name.get_ref<const std::string&>();
        if (!value.contains(text)) return refuse(place, [&] { return "'" + text + "' is missing"; });
      }
    } else if (key == "additionalProperties") {
      if (!spend(value.size() / kPartsOfStep)) return false;
      const auto known = schema.find("properties");
      for (const auto& [name, member] : value.items()) {
        if (known != schema.end() && known->contains(name)) continue;
        if (wanted == false) {
          return refuse(place, [&, &unknown = name] { return "'" + on_one_line(unknown) + "' is not allowed"; });
        }
        if (!fits(wanted, member, member_of(place, name), depth + 1)) return false;
      }
    } else if (key == "minProperties" && static_cast<double>(value.size()) < wanted.get<double>()) {
      return refuse(place, [&] { return "has fewer than " + shortened(wanted) + " members"; });
    } else if (key == "maxProperties" && static_cast<double>(value.size()) > wanted.get<double>()) {
      return refuse(place, [&] { return "has more than " + shortened(wanted) + " members"; });
    }
    return true;
  }

  bool keeps_items(const std::string& key, const Json& wanted, const Json& value, const Place& place, int depth) {
    if (key == "items") {
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (!fits(wanted, value[i], item_of(place, i), depth + 1)) return false;
      }
    } else if (key == "minItems" && static_cast<double>(value.size()) < wanted.get<double>()) {
      return refuse(place, [&] { return "has fewer than " + shortened(wanted) + " items"; });
    } else if (key == "maxItems" && static_cast<double>(value.size()) > wanted.get<double>()) {
      return refuse(place, [&] { return "has more than " + shortened(wanted) + " items"; });
    } else if (key == "uniqueItems" && wanted == true) {
      if (!spend(weight_of(value))) return false;
      Json sorted = value;
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
        return refuse(place, [] { return "has an item twice"; });
      }
    }
    return true;
  }

  bool keeps_text(const std::string& key, const Json& wanted, const Json& value, const Place& place) {
    if (key != "minLength" && key != "maxLength" && key != "pattern") return true;
    const auto& text = value.get_ref<const std::string&>();
    if (!spend(text.size() / kBytesOfStep)) return false;
    const auto unfit = [&](const std::string& between) {
      return refuse(place, [&] { return shortened(value) + between + shortened(wanted); });
    };
    if (key == "pattern") return RE2::PartialMatch(text, *schema_.patterns.at(&wanted)) || unfit(" does not match ");
    const auto length = static_cast<double>(code_point_count(text));
    if (key == "minLength" && length < wanted.get<double>()) return unfit(" is shorter than ");
    if (key == "maxLength" && length > wanted.get<double>()) return unfit(" is longer than ");
    return true;
  }

  // Looking at so many parts of a list costs about what a step does.
  static constexpr std::size_t kPartsOfStep = 16;

  const State& schema_;
  std::size_t steps_ = 0;
  bool given_up_ = false;
  int trying_ = 0;  // branches being tried, one in another
  std::string wrong_;
};

JsonSchema::JsonSchema(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema& JsonSchema::operator=(JsonSchema&&) noexcept = default;
JsonSchema::~JsonSchema() = default;

Result<JsonSchema> JsonSchema::parse(std::string_view text, const std::string& where) {
  auto state = std::make_unique<State>();
  state->root = reading::parse_bounded_json(text);
  if (state->root.is_discarded()) return usage_error(where + ": the JSON schema is no JSON");
  if (std::string wrong = state->check_all(); !wrong.empty()) {
    return usage_error(where + ": JSON schema " + on_one_line(wrong));
  }
  return JsonSchema(std::move(state));
}

std::string JsonSchema::violation(std::string_view json) const {
  const Json value = reading::parse_bounded_json(json);
  if (value.is_discarded()) return "no JSON";
  return on_one_line(State::Validation(*state_).violation(value));
}

}  // namespace assay::scoring
