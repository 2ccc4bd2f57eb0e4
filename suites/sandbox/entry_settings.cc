#include "suites/sandbox/entry_settings.h"

#include <charconv>
#include <cstring>
#include <filesystem>

namespace assay::sandbox {
namespace {

/// The numbers, in the order in which they travel.
std::vector<std::int64_t> numbers_of(const EntrySettings& s) {
  return {s.interpreter ? 1 : 0,
          static_cast<int>(s.namespaces),
          s.landlock_abi,
          s.seccomp ? 1 : 0,
          static_cast<std::int64_t>(s.uid),
          s.scratch_bytes,
          s.memory_bytes,
          s.file_bytes,
          s.cpu_seconds,
          s.processes,
          s.judges ? 1 : 0,
          s.cpu};
}

}  // namespace

std::vector<std::string> to_arguments(const EntrySettings& settings) {
  std::vector<std::string> arguments = {kEntryArgument};
  for (const std::int64_t number : numbers_of(settings)) arguments.push_back(std::to_string(number));
  arguments.push_back(settings.cgroup);
  arguments.insert(arguments.end(), settings.command.begin(), settings.command.end());
  return arguments;
}

Result<EntrySettings> from_arguments(int argc, char** argv) {
  EntrySettings s;
  const int count = static_cast<int>(numbers_of(s).size());
  if (argc < 2 + count + 2) return usage_error("sandbox entry: too few arguments");
  std::vector<std::int64_t> numbers;
  for (int i = 2; i < 2 + count; ++i) {
    std::int64_t number = 0;
    const char* end = argv[i] + std::strlen(argv[i]);
    if (std::from_chars(argv[i], end, number).ptr != end) return usage_error("sandbox entry: not a number");
    numbers.push_back(number);
  }
  s.interpreter = numbers[0] != 0;
  s.namespaces = static_cast<Namespaces>(numbers[1]);
  s.landlock_abi = static_cast<int>(numbers[2]);
  s.seccomp = numbers[3] != 0;
  s.uid = static_cast<unsigned>(numbers[4]);
  s.scratch_bytes = numbers[5];
  s.memory_bytes = numbers[6];
  s.file_bytes = numbers[7];
  s.cpu_seconds = static_cast<int>(numbers[8]);
  s.processes = static_cast<int>(numbers[9]);
  s.judges = numbers[10] != 0;
  s.cpu = static_cast<int>(numbers[11]);
  s.cgroup = argv[2 + count];
  for (int i = 3 + count; i < argc; ++i) s.command.emplace_back(argv[i]);
  return s;
}

std::vector<std::string> readable_paths(const std::string& program) {
  std::vector<std::string> paths = {"/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache"};
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(program, error);
  if (!error && !real.string().starts_with("/usr/") && !real.string().starts_with("/bin/")) {
    paths.push_back(real.parent_path().parent_path().string());  // PREFIX of PREFIX/bin/python3
  }
  return paths;
}

}  // namespace assay::sandbox
