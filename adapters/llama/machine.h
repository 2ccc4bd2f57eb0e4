// What this machine offers a local model.
#pragma once

#include <cstdint>
#include <optional>

namespace assay::llama {

/// Physical cores this process may run on; hardware threads where the kernel does not tell cores apart.
[[nodiscard]] int physical_cores();

/// Bytes that can be allocated without swapping (Linux: MemAvailable); absent where it is not known.
[[nodiscard]] std::optional<std::uint64_t> available_memory();

/// What this process has resident, in bytes.
struct ResidentMemory {
  std::uint64_t peak = 0;       ///< the most so far
  std::uint64_t anonymous = 0;  ///< now: what was allocated
  std::uint64_t files = 0;      ///< now: pages of mapped files: a model's weights, programs and libraries
};

/// As Linux tells it (VmHWM, RssAnon, RssFile); absent where it is not known.
[[nodiscard]] std::optional<ResidentMemory> resident_memory();

}  // namespace assay::llama
