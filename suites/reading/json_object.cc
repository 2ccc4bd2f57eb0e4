#include "suites/reading/json_object.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "suites/reading/bounded_json.h"
#include "suites/reading/text_check.h"

namespace assay::reading {
namespace {

using Json = nlohmann::json;

// The code unit of an escape \uXXXX at `at`; absent where there is none.
std::optional<unsigned> escaped_unit(std::string_view text, std::size_t at) {
  constexpr std::size_t kLength = 6;
  if (text.size() - at < kLength || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* const end = text.data() + at + kLength;
  const auto [stopped, error] = std::from_chars(text.data() + at + 2, end, unit, 16);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return unit;
}

// Halves of UTF-16 pairs that stand alone, as programs write them that cut a text between the two, made U+FFFD.
std::string without_lone_surrogates(std::string_view text) {
  constexpr std::size_t kLength = 6;
  const auto is_high = [](unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; };
  const auto is_low = [](unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto unit = escaped_unit(text, at);
    std::size_t length = unit ? kLength : text[at] == '\\' ? 2 : 1;
    if (unit && is_high(*unit)) {
      const auto next = escaped_unit(text, at + kLength);
      if (next && is_low(*next)) length += kLength;
    }
    const bool alone = unit && length == kLength && (is_high(*unit) || is_low(*unit));
    out += alone ? "\\ufffd" : text.substr(at, length);
    at += length;
  }
  return out;
}

std::string a_kind(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::string:
      return "a text";
    case Json::value_t::boolean:
      return "a boolean";
    default:
      return "a number";
  }
}

// Past the text that begins with the quote at `at`. What follows is known to be JSON, here and below.
std::size_t string_end(std::string_view json, std::size_t at) {
  for (++at; json[at] != '"'; ++at) at += json[at] == '\\' ? 1U : 0U;
  return at + 1;
}

// Past the value that begins at `at`.
std::size_t value_end(std::string_view json, std::size_t at) {
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = string_end(json, at);
    } else if (c == '[' || c == '{') {
      ++depth;
      ++at;
    } else if (c == ']' || c == '}') {
      --depth;
      ++at;
    } else {
      at = json.find_first_of("\"[]{}, \t\r\n", at + 1);
    }
    if (depth > 0) continue;
    break;
  }
  return at;
}

constexpr const char* kBetween = " \t\r\n,:";

/// One member of an object in its text.
struct Member {
  std::string key;
  std::string_view value;
};

// The members of an object that was parsed, in the order of its text; a key may come twice.
std::vector<Member> members_of(std::string_view object) {
  std::vector<Member> members;
  std::size_t at = object.find_first_not_of(kBetween, object.find('{') + 1);
  while (object[at] == '"') {
    const std::size_t name_end = string_end(object, at);
    std::string key = Json::parse(object.substr(at, name_end - at)).get<std::string>();
    const std::size_t begin = object.find_first_not_of(kBetween, name_end);
    const std::size_t end = value_end(object, begin);
    members.push_back({std::move(key), object.substr(begin, end - begin)});
    at = object.find_first_not_of(kBetween, end);
  }
  return members;
}

// The text of a member's value in an object that was parsed and has it; of several the last, as the parser takes it.
std::string_view member_text(std::string_view object, const std::string& key) {
  std::string_view found;
  for (const Member& member : members_of(object)) {
    if (member.key == key) found = member.value;
  }
  return found;
}

// All bytes of a file, which must be text.
Result<std::string> whole_text(const DataFile& file) {
  Result<std::unique_ptr<ByteStream>> stream = file.open();
  if (!stream) return forward_error(stream);
  std::string text;
  std::array<char, 65536> chunk{};
  while (true) {
    Result<std::size_t> count = (*stream)->read(chunk.data(), chunk.size());
    if (!count) return forward_error(count);
    if (*count == 0) break;
    text.append(chunk.data(), *count);
  }
  if (Result<void> checked = check_text(text, file.shown, 1); !checked) return forward_error(checked);
  return text;
}

Result<void> check_array(const Json& array, const DataFile& file) {
  if (array.is_discarded()) {
    return usage_error(file.shown + ": is not JSON; the file is cut off, damaged or of another format");
  }
  if (!array.is_array()) {
    return usage_error(file.shown + ": is " + a_kind(array) + " where an array of objects is expected");
  }
  return {};
}

}  // namespace

struct JsonObject::State {
  Json value;
  std::string where;
  std::string text;  // of the whole object; empty where it was an element of an array

  // The value of `key`, or an error where it is missing or fits(value) is false.
  template <class Fits>
  Result<const Json*> get(const std::string& key, const char* wanted, Fits fits) const {
    const auto found = value.find(key);
    if (found == value.end()) return usage_error(where + ": has no key \"" + key + "\"; is it the right file?");
    if (!fits(*found)) {
      return usage_error(where + ": \"" + key + "\" is " + a_kind(*found) + " where " + wanted + " is expected");
    }
    return &*found;
  }
};

JsonObject::JsonObject(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonObject::JsonObject(JsonObject&&) noexcept = default;
JsonObject& JsonObject::operator=(JsonObject&&) noexcept = default;
JsonObject::~JsonObject() = default;

Result<JsonObject> JsonObject::parse(std::string_view text, std::string where) {
  Json value = parse_bounded_json(text);
  std::string mended;
  if (value.is_discarded() && text.find("\\u") != std::string_view::npos) {
    mended = without_lone_surrogates(text);
    value = parse_bounded_json(mended);
    text = mended;
  }
  if (value.is_discarded()) {
    return usage_error(where + ": is not JSON; the file is damaged or of another format");
  }
  if (!value.is_object()) return usage_error(where + ": is " + a_kind(value) + " where an object is expected");
  return JsonObject(std::make_unique<State>(State{std::move(value), std::move(where), std::string(text)}));
}

bool JsonObject::has(const std::string& key) const {
  const auto found = state_->value.find(key);
  return found != state_->value.end() && !found->is_null();
}

Result<std::string> JsonObject::text(const std::string& key) const {
  Result<const Json*> value = state_->get(key, "a text", [](const Json& v) { return v.is_string(); });
  if (!value) return forward_error(value);
  return (*value)->get<std::string>();
}

Result<std::int64_t> JsonObject::integer(const std::string& key) const {
  Result<const Json*> value =
      state_->get(key, "an integer", [](const Json& v) { return v.is_number_integer() && v == v.get<std::int64_t>(); });
  if (!value) return forward_error(value);
  return (*value)->get<std::int64_t>();
}

Result<double> JsonObject::number(const std::string& key) const {
  Result<const Json*> value = state_->get(key, "a number", [](const Json& v) { return v.is_number(); });
  if (!value) return forward_error(value);
  return (*value)->get<double>();
}

Result<bool> JsonObject::boolean(const std::string& key) const {
  Result<const Json*> value = state_->get(key, "a boolean", [](const Json& v) { return v.is_boolean(); });
  if (!value) return forward_error(value);
  return (*value)->get<bool>();
}

Result<std::vector<std::string>> JsonObject::texts(const std::string& key) const {
  Result<const Json*> value = state_->get(key, "an array of texts", [](const Json& v) { return v.is_array(); });
  if (!value) return forward_error(value);
  std::vector<std::string> texts;
  texts.reserve((*value)->size());
  for (const Json& element : **value) {
    if (!element.is_string()) {
      return usage_error(where() + ": \"" + key + "\" holds " + a_kind(element) + " where a text is expected");
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

Result<JsonObject> JsonObject::object(const std::string& key) const {
  Result<const Json*> value = state_->get(key, "an object", [](const Json& v) { return v.is_object(); });
  if (!value) return forward_error(value);
  std::string text = state_->text.empty() ? std::string() : std::string(member_text(state_->text, key));
  return JsonObject(std::make_unique<State>(State{**value, where() + ", " + key, std::move(text)}));
}

Result<std::vector<JsonObject>> JsonObject::objects(const std::string& key) const {
  Result<const Json*> value = state_->get(key, "an array of objects", [](const Json& v) { return v.is_array(); });
  if (!value) return forward_error(value);
  std::vector<JsonObject> objects;
  for (const Json& element : **value) {
    std::string place = where() + ", " + key + "[" + std::to_string(objects.size()) + "]";
    if (!element.is_object()) {
      return usage_error(place + ": is " + a_kind(element) + " where an object is expected");
    }
    objects.push_back(JsonObject(std::make_unique<State>(State{element, std::move(place), ""})));
  }
  return objects;
}

std::vector<std::string> JsonObject::keys() const {
  std::vector<std::string> keys;
  if (state_->text.empty()) {
    for (const auto& [key, value] : state_->value.items()) keys.push_back(key);
    return keys;
  }
  std::unordered_set<std::string> seen;
  for (Member& member : members_of(state_->text)) {
    if (seen.insert(member.key).second) keys.push_back(std::move(member.key));
  }
  return keys;
}

Result<std::int64_t> JsonObject::integer_or_digits(const std::string& key) const {
  const auto found = state_->value.find(key);
  if (found == state_->value.end() || !found->is_string()) return integer(key);
  const auto& digits = found->get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return usage_error(where() + ": \"" + key + "\" is \"" + digits + "\" where an integer is expected");
  }
  return number;
}

Result<std::string> JsonObject::json(const std::string& key) const {
  Result<const Json*> value = state_->get(key, "a value", [](const Json&) { return true; });
  if (!value) return forward_error(value);
  if (!state_->text.empty()) return std::string(member_text(state_->text, key));
  return (*value)->dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string JsonObject::whole() const {
  return state_->text.empty() ? state_->value.dump(-1, ' ', false, Json::error_handler_t::replace) : state_->text;
}

const std::string& JsonObject::where() const { return state_->where; }

Result<JsonlReader> JsonlReader::open(const DataFile& file) {
  Result<LineReader> lines = LineReader::open(file);
  if (!lines) return forward_error(lines);
  return JsonlReader(std::move(*lines));
}

Result<std::optional<JsonObject>> JsonlReader::next() {
  while (true) {
    Result<std::optional<std::string_view>> line = lines_.next();
    if (!line) return forward_error(line);
    if (!*line) return std::optional<JsonObject>();
    if ((*line)->find_first_not_of(" \t") == std::string_view::npos) continue;
    Result<JsonObject> object = JsonObject::parse(**line, lines_.where());
    if (!object) return forward_error(object);
    return std::optional<JsonObject>(std::move(*object));
  }
}

/// Splits an array into objects; a friend of JsonObject, so that elements need not be written out and parsed again.
class JsonArrayReader {
 public:
  static Result<std::vector<JsonObject>> read(const DataFile& file) {
    Result<std::string> text = whole_text(file);
    if (!text) return forward_error(text);
    Json array = Json::parse(*text, nullptr, false);
    if (Result<void> checked = check_array(array, file); !checked) return forward_error(checked);
    std::vector<JsonObject> objects;
    objects.reserve(array.size());
    for (Json& element : array) {
      std::string where = file.shown + "[" + std::to_string(objects.size()) + "]";
      if (!element.is_object()) {
        return usage_error(where + ": is " + a_kind(element) + " where an object is expected");
      }
      objects.push_back(
          JsonObject(std::make_unique<JsonObject::State>(JsonObject::State{std::move(element), std::move(where), ""})));
    }
    return objects;
  }
};

Result<std::vector<JsonObject>> read_json_array(const DataFile& file) { return JsonArrayReader::read(file); }

Result<std::vector<JsonObject>> read_json_array_in_order(const DataFile& file) {
  Result<std::string> text = whole_text(file);
  if (!text) return forward_error(text);
  if (Result<void> checked = check_array(parse_bounded_json(*text), file); !checked) return forward_error(checked);
  std::vector<JsonObject> objects;
  const std::string_view array = *text;
  std::size_t at = array.find_first_not_of(kBetween, array.find('[') + 1);
  while (array[at] != ']') {
    const std::size_t end = value_end(array, at);
    Result<JsonObject> object =
        JsonObject::parse(array.substr(at, end - at), file.shown + "[" + std::to_string(objects.size()) + "]");
    if (!object) return forward_error(object);
    objects.push_back(std::move(*object));
    at = array.find_first_not_of(kBetween, end);
  }
  return objects;
}

}  // namespace assay::reading
