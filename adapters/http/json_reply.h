// Looking into replies without trusting them. Shows JSON values: only .cc files of wire formats include this.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace assay::http {

/// A reply as JSON; discarded() where it is none. Half of a UTF-16 pair that stands alone, as an escape, is read as
/// U+FFFD: some servers cut streamed text so.
[[nodiscard]] nlohmann::json parsed_reply(std::string_view text);

/// Whether the member "error" of a reply says that there is one: servers send null, false, "" and {} with good answers.
[[nodiscard]] bool reports_error(const nlohmann::json& reply);

/// The member of an object; null where `object` is none or has no such member.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const char* key);

/// The member as a string; empty where it is none.
[[nodiscard]] std::string string_member(const nlohmann::json& object, const char* key);

/// Sets `target` where the member is a count: a whole number from 0 to 2^40, so that sums of a run stay far from
/// overflow.
void read_count(const nlohmann::json& object, const char* key, std::optional<std::int64_t>& target);

}  // namespace assay::http
