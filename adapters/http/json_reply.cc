#include "adapters/http/json_reply.h"

#include <charconv>

namespace assay::http {
namespace {

/// The code unit that the escape at `at` ("\\uD83D") stands for; none where it is no such escape.
std::optional<unsigned> escaped_unit(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* const end = text.data() + at + 6;
  if (std::from_chars(text.data() + at + 2, end, unit, 16).ptr != end) return std::nullopt;
  return unit;
}

std::string without_half_pairs(std::string_view text) {
  std::string whole;
  whole.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    std::size_t taken = text[i] == '\\' ? 2 : 1;
    if (const auto unit = escaped_unit(text, i)) {
      taken = 6;
      const auto next = escaped_unit(text, i + 6);
      if (*unit >= 0xd800 && *unit < 0xdc00 && next && *next >= 0xdc00 && *next < 0xe000) {
        taken = 12;
      } else if (*unit >= 0xd800 && *unit < 0xe000) {
        whole += "\\ufffd";
        i += taken;
        continue;
      }
    }
    whole += text.substr(i, taken);
    i += taken;
  }
  return whole;
}

}  // namespace

nlohmann::json parsed_reply(std::string_view text) {
  nlohmann::json reply = nlohmann::json::parse(text, nullptr, false);
  if (reply.is_discarded() && (text.find("\\ud") != text.npos || text.find("\\uD") != text.npos)) {
    reply = nlohmann::json::parse(without_half_pairs(text), nullptr, false);
  }
  return reply;
}

bool reports_error(const nlohmann::json& reply) {
  const nlohmann::json& error = member(reply, "error");
  if (error.is_boolean()) return error.get<bool>();
  if (error.is_string()) return !error.get_ref<const std::string&>().empty();
  return !error.is_null() && !(error.is_object() && error.empty());
}

const nlohmann::json& member(const nlohmann::json& object, const char* key) {
  static const nlohmann::json null;
  if (!object.is_object()) return null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

std::string string_member(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

void read_count(const nlohmann::json& object, const char* key, std::optional<std::int64_t>& target) {
  const nlohmann::json& value = member(object, key);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= (1ULL << 40U)) target = value.get<std::int64_t>();
}

}  // namespace assay::http
