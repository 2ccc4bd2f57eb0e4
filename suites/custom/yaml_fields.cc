#include "suites/custom/yaml_fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "harness/core/excerpt.h"
#include "harness/core/text.h"

namespace assay::custom {
namespace {

std::string decimal(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// What is shown of a word that the file has where another was expected; it may be as long as the file.
std::string as_found(const std::string& word) {
  constexpr std::size_t kLongest = 200;
  return on_one_line(excerpt(word, kLongest));
}

}  // namespace

std::string beside(const std::string& folder, const std::string& path) {
  return path.starts_with("/") || folder.empty() ? path : folder + "/" + path;
}

Result<YamlFields> YamlFields::of(const YamlNode& node, const std::string& path, const std::string& name) {
  YamlFields fields(node, path);
  if (node.kind == YamlNode::Kind::kMap) return fields;
  return usage_error(fields.place(node) + ": " + name + ": expected keys (key: value), not " + node.kind_name());
}

const YamlEntry* YamlFields::find(const std::string& key) const {
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key.text == key) return &entry;
  }
  return nullptr;
}

std::string YamlFields::place(const YamlNode& node) const {
  return *path_ + ":" + std::to_string(std::max(node.line, 1)) + ":" + std::to_string(std::max(node.column, 1));
}

std::string YamlFields::where(const std::string& key) const {
  const YamlEntry* entry = find(key);
  if (entry == nullptr) return place(*node_) + ": " + key;
  return place(entry->value.line > 0 ? entry->value : entry->key) + ": " + key;
}

const YamlNode* YamlFields::take(const std::string& key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  const YamlEntry* entry = find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

Result<std::optional<Placed>> YamlFields::text(const std::string& key) {
  const YamlNode* value = take(key);
  if (value == nullptr) return std::optional<Placed>();
  if (value->kind != YamlNode::Kind::kScalar || !value->tag.empty()) {
    return usage_error(where(key) + ": expected a single value, not " +
                       (value->tag.empty() ? value->kind_name() : "one with the tag " + value->tag));
  }
  return std::optional<Placed>(Placed{value->text, where(key)});
}

Result<std::vector<Placed>> YamlFields::texts(const std::string& key) {
  const YamlNode* value = take(key);
  std::vector<Placed> out;
  if (value == nullptr) return out;
  if (value->kind != YamlNode::Kind::kList) {
    auto one = text(key);
    if (!one) return forward_error(one);
    out.push_back(std::move(**one));
    return out;
  }
  for (const YamlNode& item : value->items) {
    if (item.kind != YamlNode::Kind::kScalar) {
      return usage_error(place(item) + ": " + key + ": expected a single value, not " + item.kind_name());
    }
    out.push_back({item.text, place(item) + ": " + key});
  }
  return out;
}

Result<std::optional<bool>> YamlFields::truth(const std::string& key) {
  auto value = text(key);
  if (!value) return forward_error(value);
  if (!*value) return std::optional<bool>();
  if ((*value)->text == "true") return std::optional<bool>(true);
  if ((*value)->text == "false") return std::optional<bool>(false);
  return usage_error((*value)->where + ": '" + as_found((*value)->text) + "' is not true or false");
}

Result<std::optional<std::int64_t>> YamlFields::integer(const std::string& key, std::int64_t least, std::int64_t most) {
  auto value = text(key);
  if (!value) return forward_error(value);
  if (!*value) return std::optional<std::int64_t>();
  const std::string& digits = (*value)->text;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < least || number > most) {
    return usage_error((*value)->where + ": '" + as_found(digits) + "' is not a whole number from " +
                       std::to_string(least) + " to " + std::to_string(most));
  }
  return std::optional<std::int64_t>(number);
}

Result<std::optional<double>> YamlFields::number(const std::string& key, double least, double most) {
  auto value = text(key);
  if (!value) return forward_error(value);
  if (!*value) return std::optional<double>();
  const std::string& digits = (*value)->text;
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(number) || number < least ||
      number > most) {
    return usage_error((*value)->where + ": '" + as_found(digits) + "' is not a number from " + decimal(least) +
                       " to " + decimal(most));
  }
  return std::optional<double>(number);
}

Result<std::optional<std::string>> YamlFields::word(const std::string& key, const std::vector<std::string>& allowed) {
  auto value = text(key);
  if (!value) return forward_error(value);
  if (!*value) return std::optional<std::string>();
  if (std::find(allowed.begin(), allowed.end(), (*value)->text) != allowed.end()) {
    return std::optional<std::string>((*value)->text);
  }
  return usage_error((*value)->where + ": '" + as_found((*value)->text) + "' is none of " + listed(allowed) +
                     did_you_mean((*value)->text, allowed));
}

std::vector<std::string> YamlFields::names() const {
  constexpr std::size_t kMost = 1000;
  constexpr std::size_t kLongest = 100;
  std::vector<std::string> names;
  for (const YamlEntry& entry : node_->entries) {
    if (names.size() == kMost) break;
    if (entry.key.text.size() <= kLongest) names.push_back(entry.key.text);
  }
  return names;
}

Result<void> YamlFields::finish() const {
  for (const YamlEntry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key.text) != known_.end()) continue;
    return usage_error(place(entry.key) + ": unknown key '" + as_found(entry.key.text) + "'" +
                       did_you_mean(entry.key.text, known_) + "; there are " + listed(known_));
  }
  return {};
}

}  // namespace assay::custom
