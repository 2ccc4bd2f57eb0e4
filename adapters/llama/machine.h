// What this machine offers a local model.
#pragma once

#include <cstdint>
#include <optional>

namespace assay::llama {

/// Physical cores this process may run on; hardware threads where the kernel does not tell cores apart.
[[nodiscard]] int physical_cores();

/// Bytes that can be allocated without swapping (Linux: MemAvailable); absent where it is not known.
[[nodiscard]] std::optional<std::uint64_t> available_memory();

/// The most memory that this process has had in use (Linux: VmHWM), in bytes; absent where it is not known.
[[nodiscard]] std::optional<std::uint64_t> peak_memory();

}  // namespace assay::llama
