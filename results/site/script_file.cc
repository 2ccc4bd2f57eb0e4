#include "results/site/script_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace assay::site {
namespace {

/// Empty where it went well, else why not.
std::string written(const std::string& path, std::string_view content) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return std::strerror(errno);
  std::string failure;
  while (!content.empty() && failure.empty()) {
    const ssize_t count = write(file, content.data(), content.size());
    if (count >= 0) {
      content.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      failure = std::strerror(errno);
    }
  }
  if (close(file) != 0 && failure.empty()) failure = std::strerror(errno);
  return failure;
}

}  // namespace

Result<void> write_whole_file(const std::string& path, std::string_view content) {
  const std::string part = path + ".part";
  std::string failure = written(part, content);
  if (!failure.empty()) {
    // Nearly always the folder is there already; only where it is not is it asked for.
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    failure = error ? error.message() : written(part, content);
  }
  if (failure.empty() && std::rename(part.c_str(), path.c_str()) != 0) failure = std::strerror(errno);
  if (failure.empty()) return {};
  unlink(part.c_str());
  return usage_error(path + ": cannot be written (" + failure + "); check the folder and the disk");
}

Result<void> write_script(const std::string& folder, const std::string& name, std::string_view json) {
  std::string script = "assay.put(\"" + name + "\",";
  script.reserve(script.size() + json.size() + 3);
  script.append(json);
  script += ");\n";
  return write_whole_file(folder + "/data/" + name + ".js", script);
}

}  // namespace assay::site
