// Shared libraries that are loaded when they are first needed.
#pragma once

#include <stdexcept>
#include <string>

#include "harness/core/result.h"

namespace assay {

/// A library of the system that only some commands need. Linked in the ordinary way, libcurl, libpq and libarchive
/// bring forty others with them, and every `assay --help` would wait until all of those are mapped and relocated.
class LateLibrary {
 public:
  /// `name` as the dynamic loader knows it, "libcurl.so.4". Throws std::runtime_error where it cannot be loaded. It
  /// stays loaded until the program ends.
  explicit LateLibrary(const char* name);

  /// Sets `pointer` to the library's function `name`. Throws std::runtime_error where there is none.
  template <typename Function>
  void find(const char* name, Function*& pointer) const {
    pointer = reinterpret_cast<Function*>(address(name));
  }

 private:
  [[nodiscard]] void* address(const char* name) const;

  std::string name_;
  void* handle_;
};

/// Calls `load`, which makes a LateLibrary and finds its functions: an error where this machine has no such library.
/// For the edge of a room, before anything is called that takes the library for granted.
template <typename Load>
[[nodiscard]] Result<void> try_library(const Load& load) {
  try {
    static_cast<void>(load());
  } catch (const std::runtime_error& missing) {
    return usage_error(missing.what());
  }
  return {};
}

}  // namespace assay
