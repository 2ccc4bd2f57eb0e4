#include "harness/core/late_library.h"

#include <dlfcn.h>

namespace assay {

LateLibrary::LateLibrary(const char* name) : name_(name), handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    const char* reason = ::dlerror();
    throw std::runtime_error(name_ + " cannot be loaded" + (reason == nullptr ? "" : std::string(": ") + reason) +
                             "; install the package that has it");
  }
}

void* LateLibrary::address(const char* name) const {
  void* found = ::dlsym(handle_, name);
  if (found == nullptr) throw std::runtime_error(name_ + " has no function " + name + "; a newer version is needed");
  return found;
}

}  // namespace assay
