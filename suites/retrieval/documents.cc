#include "suites/retrieval/documents.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "harness/core/text.h"
#include "suites/sandbox/unique_fd.h"

namespace assay::retrieval {
namespace {

namespace fs = std::filesystem;

bool is_text_file(const fs::path& path) {
  constexpr std::array<const char*, 4> kEndings{".txt", ".md", ".markdown", ".rst"};
  const std::string ending = path.extension().string();
  return std::any_of(kEndings.begin(), kEndings.end(), [&](const char* one) { return ending == one; });
}

// Paths of the documents, relative to the folder, in order.
Result<std::vector<fs::path>> find(const fs::path& folder, const std::string& where) {
  const std::string shown = where + ": " + on_one_line(folder.string());
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) {
    return usage_error(shown + ": no such folder; it holds .txt, .md, .markdown or .rst files");
  }
  std::vector<fs::path> paths;
  fs::recursive_directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    const fs::path& path = entry->path();
    std::error_code unknown;
    const fs::file_type type = entry->symlink_status(unknown).type();
    if (path.filename().string().starts_with('.')) {
      if (type == fs::file_type::directory) entry.disable_recursion_pending();
      continue;
    }
    if (type == fs::file_type::symlink) {
      return usage_error(where + ": " + on_one_line(path.string()) + ": is a link; put the document itself there");
    }
    if (type == fs::file_type::directory || !is_text_file(path)) continue;
    if (type != fs::file_type::regular) return usage_error(where + ": " + on_one_line(path.string()) + ": is no file");
    paths.push_back(path.lexically_relative(folder));
    if (paths.size() > kMostDocuments) {
      return usage_error(shown + ": holds more than " + std::to_string(kMostDocuments) + " documents");
    }
  }
  if (failed) return usage_error(shown + ": " + failed.message());
  if (paths.empty()) return usage_error(shown + ": holds no .txt, .md, .markdown or .rst file");
  std::sort(paths.begin(), paths.end(),
            [](const fs::path& a, const fs::path& b) { return a.generic_string() < b.generic_string(); });
  return paths;
}

// The bytes of a file that is no link, of which no more than the most are ever held. Errors are without its name.
Result<std::string> read_bytes(const fs::path& path) {
  const auto failed = [] { return usage_error(std::string("cannot be read: ") + std::strerror(errno)); };
  const sandbox::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) return failed();
  if (!S_ISREG(about.st_mode)) return usage_error("is no file");
  const auto too_large = [] {
    return usage_error("is larger than " + std::to_string(kMostDocumentBytes >> 20) + " MiB; split it");
  };
  if (static_cast<std::uintmax_t>(about.st_size) > kMostDocumentBytes) return too_large();
  std::string text(static_cast<std::size_t>(about.st_size) + 1, '\0');  // one more: it may have grown
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size == text.size()) return usage_error("grows while it is read");
  text.resize(size);
  return text;
}

}  // namespace

Result<std::vector<Document>> read_documents(const std::string& folder, const std::string& where) {
  auto paths = find(folder, where);
  if (!paths) return forward_error(paths);
  std::vector<Document> documents;
  std::size_t bytes = 0;
  for (const fs::path& path : *paths) {
    const std::string shown = where + ": " + on_one_line((fs::path(folder) / path).string());
    auto text = read_bytes(fs::path(folder) / path);
    if (!text) return usage_error(shown + ": " + text.error().message);
    bytes += text->size();
    if (bytes > kMostBytes) {
      return usage_error(where + ": its documents are larger than " + std::to_string(kMostBytes >> 20) + " MiB in all");
    }
    if (const std::size_t at = invalid_utf8_at(*text); at != std::string::npos) {
      return usage_error(shown + ": is not UTF-8 (byte " + std::to_string(at) + ")");
    }
    if (const std::size_t at = text->find('\0'); at != std::string::npos) {
      return usage_error(shown + ": holds a NUL byte (byte " + std::to_string(at) + "): is it text?");
    }
    if (text->starts_with(reading::kByteOrderMark)) text->erase(0, reading::kByteOrderMark.size());
    documents.push_back({path.generic_string(), std::move(*text)});
  }
  return documents;
}

Result<std::vector<reading::DataFile>> document_files(const std::string& folder, const std::string& where) {
  auto paths = find(folder, where);
  if (!paths) return forward_error(paths);
  std::vector<reading::DataFile> files;
  for (const fs::path& path : *paths) {
    auto file = reading::file_at((fs::path(folder) / path).string());
    if (!file) return usage_error(where + ": " + file.error().message);
    file->name = "documents/" + path.generic_string();
    files.push_back(std::move(*file));
  }
  return files;
}

}  // namespace assay::retrieval
