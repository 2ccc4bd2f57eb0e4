#include "suites/scoring/json_answer.h"

#include <nlohmann/json.hpp>

#include "harness/core/excerpt.h"
#include "harness/core/text.h"
#include "suites/reading/bounded_json.h"
#include "suites/scoring/fenced_block.h"

namespace assay::scoring {
namespace {

using Json = nlohmann::json;

bool is_json_container(std::string_view text) {
  const Json value = reading::parse_bounded_json(text);
  return value.is_object() || value.is_array();
}

// The end of the value that begins at `at`, by its brackets; npos where they do not close.
std::size_t bracket_end(std::string_view text, std::size_t at) {
  int depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::string shown(const Json& value) {
  constexpr std::size_t kLongest = 60;
  return excerpt(value.dump(-1, ' ', false, Json::error_handler_t::replace), kLongest);
}

}  // namespace

std::optional<std::string> json_in(std::string_view text) {
  if (is_json_container(text)) return std::string(text);
  std::optional<std::string> found;
  for (const FencedBlock& block : fenced_blocks(text)) {
    if (is_json_container(block.text)) found = block.text;
  }
  if (found) return found;
  // Text before the value may hold brackets of its own; a bound, because each try reads to its end.
  constexpr int kTries = 20;
  std::size_t at = text.find_first_of("{[");
  for (int i = 0; i < kTries && at != std::string_view::npos; ++i) {
    const std::size_t end = bracket_end(text, at);
    if (end != std::string_view::npos && is_json_container(text.substr(at, end - at))) {
      return std::string(text.substr(at, end - at));
    }
    at = text.find_first_of("{[", at + 1);
  }
  return std::nullopt;
}

Result<JsonPath> JsonPath::parse(std::string_view text, const std::string& where) {
  const auto refuse = [&](const std::string& why) {
    return usage_error(where + ": '" + on_one_line(std::string(text)) + "' is no JSON path that is supported (" + why +
                       "); as in $.order.items[0].price");
  };
  JsonPath path;
  path.text_ = std::string(text);
  std::string_view rest = text;
  if (rest.starts_with("$")) {
    rest.remove_prefix(1);
  } else if (!rest.empty() && rest.front() != '[') {
    path.text_ = "$." + path.text_;
  }
  bool first = true;
  while (!rest.empty()) {
    if (rest.front() == '[') {
      const std::size_t close = rest.find(']');
      if (close == std::string_view::npos || close < 2) return refuse("a '[' is not closed");
      std::string_view inside = rest.substr(1, close - 1);
      rest.remove_prefix(close + 1);
      const bool quoted =
          inside.size() >= 2 && (inside.front() == '\'' || inside.front() == '"') && inside.back() == inside.front();
      if (quoted) {
        path.steps_.push_back({std::string(inside.substr(1, inside.size() - 2)), 0, false});
      } else if (inside.size() <= 9 && inside.find_first_not_of("0123456789") == std::string_view::npos) {
        path.steps_.push_back({"", static_cast<std::size_t>(std::stoul(std::string(inside))), true});
      } else {
        return refuse("'" + std::string(inside) + "' is neither a number nor a quoted name");
      }
      first = false;
      continue;
    }
    if (rest.front() == '.') {
      rest.remove_prefix(1);
    } else if (!first || text.starts_with("$")) {
      return refuse("a '.' is missing");
    }
    first = false;
    const std::string_view name = rest.substr(0, rest.find_first_of(".["));
    if (name.empty() || name.find_first_of("*?@$()") != std::string_view::npos)
      return refuse("a name is missing or has a wildcard");
    path.steps_.push_back({std::string(name), 0, false});
    rest.remove_prefix(name.size());
  }
  return path;
}

namespace {

template <class Steps>
const Json* follow(const Json& root, const Steps& steps) {
  const Json* value = &root;
  for (const auto& step : steps) {
    if (step.is_index) {
      if (!value->is_array() || step.index >= value->size()) return nullptr;
      value = &(*value)[step.index];
    } else {
      if (!value->is_object()) return nullptr;
      const auto member = value->find(step.key);
      if (member == value->end()) return nullptr;
      value = &*member;
    }
  }
  return value;
}

}  // namespace

std::optional<std::string> JsonPath::find(std::string_view json) const {
  const Json root = reading::parse_bounded_json(json);
  if (root.is_discarded()) return std::nullopt;
  const Json* value = follow(root, steps_);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  return value->dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<FieldMatch> match_fields(std::string_view wanted, std::string_view answer,
                                       const std::vector<JsonPath>& fields) {
  const Json gold = reading::parse_bounded_json(wanted);
  if (!gold.is_object()) return std::nullopt;
  const Json given = reading::parse_bounded_json(answer);
  FieldMatch match;
  const auto compare = [&](const std::string& name, const Json& right, const Json* got) {
    ++match.wanted;
    if (got != nullptr && *got == right) {
      ++match.equal;
    } else if (match.first_difference.empty()) {
      match.first_difference = name + ": " + (got != nullptr ? shown(*got) : std::string("missing")) + " where " +
                               shown(right) + " is wanted";
    }
  };
  if (fields.empty()) {
    for (const auto& [name, right] : gold.items()) {
      const bool there = given.is_object() && given.contains(name);
      compare(name, right, there ? &given.at(name) : nullptr);
    }
    return match;
  }
  for (const JsonPath& field : fields) {
    const Json* right = follow(gold, field.steps_);
    if (right == nullptr) return std::nullopt;
    compare(field.text(), *right, given.is_discarded() ? nullptr : follow(given, field.steps_));
  }
  return match;
}

}  // namespace assay::scoring
