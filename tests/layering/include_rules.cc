#include "tests/layering/include_rules.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <sstream>

namespace assay::layering {
namespace {

struct Room {
  std::string_view folder;
  std::vector<std::string_view> may_include;  ///< rooms other than itself
};

const std::vector<Room>& rooms() {
  static const std::vector<Room> kRooms = {
      {"harness/core", {}},
      {"suites", {"harness/core"}},
      {"adapters", {"harness/core"}},
      {"results", {"harness/core"}},
      {"harness/config", {"harness/core", "suites", "adapters", "results"}},
      {"harness/run", {"harness/core", "suites", "adapters", "results", "harness/config"}},
      {"harness/fetch", {"harness/core", "adapters"}},
      {"harness/cli",
       {"harness/core", "suites", "adapters", "results", "harness/config", "harness/run", "harness/fetch"}},
  };
  return kRooms;
}

/// A third-party header that a header of ours may show, and where: everything else stays in .cc files.
struct Handle {
  std::string_view header;  ///< of ours
  std::string_view shows;   ///< the third party's
};

constexpr Handle kHandles[] = {
    {"harness/core/result.h", "tl/expected.hpp"},                   // Result<T> is tl::expected with our Error
    {"adapters/llama/batch.h", "llama.h"},                          // one llama_batch
    {"adapters/llama/handles.h", "llama.h"},                        // libllama's objects
    {"adapters/http/curl_library.h", "curl/curl.h"},                // libcurl's functions and objects
    {"adapters/http/json_reply.h", "nlohmann/json.hpp"},            // wire JSON, for wire formats' .cc files alone
    {"adapters/openai/openai_reply.h", "nlohmann/json.hpp"},        // the same
    {"results/report/json_dump.h", "nlohmann/json.hpp"},            // one way to write, for .cc files alone
    {"suites/reading/bounded_json.h", "nlohmann/json.hpp"},         // one way to parse, for .cc files alone
    {"suites/text_to_sql/execution/sqlite_handle.h", "sqlite3.h"},  // the databases that questions are about
};

const Room* room_of(std::string_view path) {
  const auto& all = rooms();
  const auto found = std::find_if(all.begin(), all.end(), [path](const Room& room) {
    return path.size() > room.folder.size() && path.substr(0, room.folder.size()) == room.folder &&
           path[room.folder.size()] == '/';
  });
  return found == all.end() ? nullptr : &*found;
}

/// <vector>, <cstdint>: the standard library's names have no suffix. The system's own come with a folder or are few.
bool is_system_header(std::string_view target) {
  if (target.find('.') == std::string_view::npos && target.find('/') == std::string_view::npos) return true;
  constexpr std::string_view kOfThePlatform[] = {"unistd.h", "signal.h", "fcntl.h", "poll.h", "pthread.h", "dirent.h"};
  return target.substr(0, 4) == "sys/" ||
         std::find(std::begin(kOfThePlatform), std::end(kOfThePlatform), target) != std::end(kOfThePlatform);
}

bool is_tbb(std::string_view target) { return target.substr(0, 4) == "tbb/" || target.substr(0, 11) == "oneapi/tbb/"; }

bool shown_by_handle(std::string_view file, std::string_view target) {
  return std::any_of(std::begin(kHandles), std::end(kHandles),
                     [&](const Handle& handle) { return handle.header == file && handle.shows == target; });
}

std::string quoted_violation(const Room& room, const Include& include) {
  const Room* target = room_of(include.target);
  if (target == nullptr) {
    return "\"" + include.target + "\" is no path from the root into a room; a third party's header goes in <>";
  }
  if (target == &room) return "";
  const auto& allowed = room.may_include;
  if (std::find(allowed.begin(), allowed.end(), target->folder) != allowed.end()) return "";
  return std::string(room.folder) + " must not include " + std::string(target->folder) + " (\"" + include.target +
         "\")";
}

std::string bracketed_violation(const Room& room, const std::string& file, const Include& include) {
  const std::string shown = "<" + include.target + ">";
  if (room_of(include.target) != nullptr) return shown + " is ours: it goes in quotes";
  if (is_tbb(include.target) && room.folder != "harness/run" && room.folder != "suites") {
    return shown + " stays in harness/run and where scoring is parallel";
  }
  const bool is_header = file.size() > 2 && file.substr(file.size() - 2) == ".h";
  if (is_header && !is_system_header(include.target) && !shown_by_handle(file, include.target)) {
    return shown + " is a third party's: it stays in .cc files and in the handle headers that tests/layering lists";
  }
  return "";
}

/// The end of the comment or literal that starts at `at`, or `at` itself where none does.
std::size_t end_of_no_code(std::string_view source, std::size_t at) {
  const auto behind = [&](std::string_view close, std::size_t from) {
    const std::size_t found = source.find(close, from);
    return found == std::string_view::npos ? source.size() : found + close.size();
  };
  const std::string_view rest = source.substr(at);
  if (rest.substr(0, 2) == "//") return std::min(source.find('\n', at), source.size());
  if (rest.substr(0, 2) == "/*") return behind("*/", at + 2);
  if (rest.substr(0, 2) == "R\"") {
    const std::size_t open = source.find('(', at);
    if (open == std::string_view::npos) return source.size();
    return behind(")" + std::string(source.substr(at + 2, open - at - 2)) + "\"", open);
  }
  const bool digit_separator = at > 0 && std::isalnum(static_cast<unsigned char>(source[at - 1])) != 0;
  if (rest[0] != '"' && (rest[0] != '\'' || digit_separator)) return at;
  std::size_t end = at + 1;
  while (end < source.size() && source[end] != rest[0] && source[end] != '\n') end += source[end] == '\\' ? 2U : 1U;
  return std::min(end + 1, source.size());
}

/// The source without comments, and with the line ends alone of literals of several lines.
std::string code_of(std::string_view source) {
  std::string code;
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t end = end_of_no_code(source, at);
    if (end == at) {
      code += source[at++];
      continue;
    }
    const std::string_view left_out = source.substr(at, end - at);
    const auto lines = static_cast<std::size_t>(std::count(left_out.begin(), left_out.end(), '\n'));
    if (left_out[0] == '"' && lines == 0) {
      code += left_out;  // may be what an #include names
    } else {
      code.append(lines, '\n');
    }
    at = end;
  }
  return code;
}

std::vector<std::filesystem::path> sources_below(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"harness", "suites", "adapters", "results"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto suffix = entry.path().extension();
      if (entry.is_regular_file() && (suffix == ".h" || suffix == ".cc")) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<Include> includes_of(std::string_view source) {
  std::vector<Include> includes;
  std::istringstream code(code_of(source));
  std::string text;
  for (int line = 1; std::getline(code, text); ++line) {
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r'; }),
               text.end());
    if (text.rfind("#include", 0) != 0) continue;
    const std::string_view named = std::string_view(text).substr(8);
    if (named.empty() || (named[0] != '"' && named[0] != '<')) continue;  // a macro's value: a generated file
    const bool quoted = named[0] == '"';
    includes.push_back({line, std::string(named.substr(1, named.find(quoted ? '"' : '>', 1) - 1)), quoted});
  }
  return includes;
}

std::vector<std::string> violations(const std::string& file, const std::vector<Include>& includes) {
  const Room* room = room_of(file);
  if (room == nullptr) return {file + ": lies in no room; the rooms are listed in tests/layering/include_rules.cc"};
  std::vector<std::string> found;
  for (const Include& include : includes) {
    const std::string reason =
        include.quoted ? quoted_violation(*room, include) : bracketed_violation(*room, file, include);
    if (!reason.empty()) found.push_back(file + ":" + std::to_string(include.line) + ": " + reason);
  }
  return found;
}

std::vector<std::string> violations_below(const std::filesystem::path& root) {
  std::vector<std::string> found;
  for (const auto& path : sources_below(root)) {
    std::ifstream stream(path, std::ios::binary);
    const std::string source{std::istreambuf_iterator<char>(stream), {}};
    const auto of_file = violations(path.lexically_relative(root).generic_string(), includes_of(source));
    found.insert(found.end(), of_file.begin(), of_file.end());
  }
  return found;
}

std::size_t files_below(const std::filesystem::path& root) { return sources_below(root).size(); }

}  // namespace assay::layering
