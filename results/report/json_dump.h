// How reports write JSON documents.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace assay::report {

/// `json` as text, indented by so many blanks; -1: on one line. What is not UTF-8 is replaced (U+FFFD).
[[nodiscard]] std::string dumped(const nlohmann::ordered_json& json, int indent = -1);

/// The value, or null.
template <class T>
[[nodiscard]] nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace assay::report
