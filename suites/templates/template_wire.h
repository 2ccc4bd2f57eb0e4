// What the two sides of the template worker say to one another (suites/worker/wire.h).
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::templates {

inline constexpr std::string_view kWorkerArgument = "--template-worker-process";
inline constexpr std::string_view kGreeting = "assay template worker 1";

/// The first byte of a request. kParse: count, then each source. kRender: the fields as JSON, count, then each index.
enum class Task : std::uint8_t { kParse = 1, kRender = 2 };

/// The first byte of an answer. kError: the template's index and the message.
enum class Answer : std::uint8_t { kDone = 1, kError = 2 };

/// The index of an error that is no template's.
inline constexpr std::uint32_t kNoTemplate = 0xffffffff;

}  // namespace assay::templates
