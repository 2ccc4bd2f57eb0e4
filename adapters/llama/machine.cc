#include "adapters/llama/machine.h"

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <thread>

namespace assay::llama {
namespace {

/// The figure in kB behind `key` in a file of lines "key figure kB".
std::optional<std::uint64_t> bytes_of(const char* path, const std::string& key) {
  std::ifstream in(path);
  std::string line;
  while (std::getline(in, line)) {
    if (line.compare(0, key.size(), key) == 0) {
      return std::strtoull(line.c_str() + key.size(), nullptr, 10) * 1024;
    }
  }
  return std::nullopt;
}

}  // namespace

int physical_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::set<std::string> cores;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) {
        std::ifstream in("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        std::string siblings;
        if (std::getline(in, siblings)) {
          cores.insert(siblings);
        }
      }
    }
  }
  const int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return cores.empty() ? threads : std::min(threads, static_cast<int>(cores.size()));
}

std::optional<std::uint64_t> available_memory() { return bytes_of("/proc/meminfo", "MemAvailable:"); }

std::optional<ResidentMemory> resident_memory() {
  constexpr const char* kStatus = "/proc/self/status";
  const auto peak = bytes_of(kStatus, "VmHWM:");
  const auto anonymous = bytes_of(kStatus, "RssAnon:");
  const auto files = bytes_of(kStatus, "RssFile:");
  if (!peak || !anonymous || !files) return std::nullopt;
  return ResidentMemory{*peak, *anonymous, *files};
}

}  // namespace assay::llama
