// What the two sides of the template worker say to one another (suites/worker/wire.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::templates {

inline constexpr std::string_view kWorkerArgument = "--template-worker-process";
inline constexpr std::string_view kGreeting = "assay template worker 1";

/// The first byte of a request. kParse: count, then each source. kRender: the fields as JSON, count, then each index.
enum class Task : std::uint8_t { kParse = 1, kRender = 2 };

/// The first byte of an answer. kError: the template's index and the message.
enum class Answer : std::uint8_t { kDone = 1, kError = 2 };

/// Seconds of processor time for one template of a request of so many bytes. The row is read for every template anew: a
/// large one has its own time, so that none of it is the template's.
inline constexpr std::size_t cpu_seconds(std::size_t request_bytes) { return 2 + (request_bytes >> 20U); }

}  // namespace assay::templates
