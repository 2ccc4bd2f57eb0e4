// Parsing JSON that somebody else wrote: no deeper than its values can be walked and destroyed by recursion.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace assay::reading {

/// Deeper nesting than any data set has.
inline constexpr int kMaxJsonDepth = 200;

/// The value, or a discarded one where the text is no JSON or nests too deep.
template <class Json = nlohmann::json>
[[nodiscard]] Json parse_bounded_json(std::string_view text) {
  bool too_deep = false;
  const auto watch = [&](int depth, typename Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxJsonDepth;
    return depth <= kMaxJsonDepth;
  };
  // The callback drops what is too deep instead of building it; a text that needs it is rejected as a whole.
  if (std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; }) <= kMaxJsonDepth) {
    return Json::parse(text, nullptr, false);
  }
  Json value = Json::parse(text, watch, false);
  return too_deep ? Json(Json::value_t::discarded) : value;
}

}  // namespace assay::reading
