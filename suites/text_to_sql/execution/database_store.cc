#include "suites/text_to_sql/execution/database_store.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "harness/core/ascii.h"
#include "harness/core/clock.h"
#include "harness/core/hash.h"
#include "suites/text_to_sql/execution/sqlite_handle.h"

namespace assay::text_to_sql {
namespace {

namespace fs = std::filesystem;

std::string default_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return std::string(cache) + "/assay/text_to_sql";
  }
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr && *home != '\0' ? home : "/tmp") + "/.cache/assay/text_to_sql";
}

/// A name beside `path` that no other process or thread uses.
std::string temporary_beside(const std::string& path) {
  static std::atomic<unsigned> count{0};
  return path + "." + std::to_string(getpid()) + "." + std::to_string(++count) + ".part";
}

std::string safe_name(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out += keep ? c : '_';
  }
  return out.substr(0, 60);
}

/// What a file and its log look like from outside: sizes and times.
std::string state_of(const std::string& path) {
  std::error_code error;
  std::string state = path;
  for (const char* extra : {"", "-wal"}) {
    const fs::path part = path + extra;
    if (!fs::exists(part, error)) continue;
    state.append("|").append(std::to_string(fs::file_size(part, error)));
    state.append("|").append(std::to_string(fs::last_write_time(part, error).time_since_epoch().count()));
  }
  return state;
}

/// Whether a file is in log mode (bytes 18 and 19 of its header:
/// https://sqlite.org/fileformat2.html#file_format_version_numbers) and no process has it open: whoever does keeps a
/// file of shared memory beside it.
bool is_log_mode_at_rest(const std::string& path) {
  std::error_code error;
  if (fs::exists(path + "-shm", error)) return false;
  std::ifstream file(path, std::ios::binary);
  std::string header(20, '\0');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  return file && header[18] == 2 && header[19] == 2;
}

/// Copies a file in log mode that nobody has open, and its log, byte by byte: SQLite would make files beside the user's
/// to read it, and could not where the folder may not be written. True: `to` holds it, and it did not change meanwhile.
bool copied_at_rest(const std::string& from, const std::string& to) {
  if (!is_log_mode_at_rest(from)) return false;
  const std::string state = state_of(from);
  std::error_code error;
  fs::copy_file(from, to, error);
  bool copied = !error;
  if (copied && fs::exists(from + "-wal", error)) {
    fs::copy_file(from + "-wal", to + "-wal", error);
    copied = !error;
  }
  if (copied && is_log_mode_at_rest(from) && state_of(from) == state) {
    fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
    return !error;
  }
  for (const char* extra : {"", "-wal"}) fs::remove(to + extra, error);
  return false;
}

/// Copies a file that others may be writing; SQLite's result code.
int back_up(const std::string& path, sqlite3* to) {
  sqlite3* raw_from = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw_from, SQLITE_OPEN_READONLY, nullptr);
  const SqliteHandle from(raw_from);
  if (opened != SQLITE_OK) return opened;
  sqlite3_busy_timeout(raw_from, 30'000);
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", raw_from, "main");
  const int stepped = backup == nullptr ? sqlite3_errcode(to) : sqlite3_backup_step(backup, -1);
  if (backup != nullptr) sqlite3_backup_finish(backup);
  return stepped == SQLITE_DONE ? SQLITE_OK : stepped;
}

}  // namespace

DatabaseStore::DatabaseStore(WorkerPool& pool, std::string cache_dir)
    : pool_(pool), cache_dir_(cache_dir.empty() ? default_cache() : std::move(cache_dir)) {}

Result<std::string> DatabaseStore::cache_file(const std::string& name, const std::string& extension) {
  std::error_code error;
  fs::create_directories(cache_dir_, error);
  if (error) return usage_error("cannot make the cache folder " + cache_dir_ + ": " + error.message());
  return cache_dir_ + "/" + name + extension;
}

Result<std::vector<std::string>> DatabaseStore::in_folder(const std::string& folder) {
  std::vector<std::string> databases;
  std::vector<std::string> scripts;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".sqlite") != std::string::npos && entry.is_regular_file(error)) {
      databases.push_back(entry.path().string());
    }
    if (entry.path().extension() == ".sql") scripts.push_back(entry.path().string());
  }
  std::sort(databases.begin(), databases.end());
  if (!databases.empty()) return databases;
  std::sort(scripts.begin(), scripts.end());
  for (const std::string& path : scripts) {
    std::ifstream file(path, std::ios::binary);
    const std::string script((std::istreambuf_iterator<char>(file)), {});
    if (ascii_lower(script).find("insert into") == std::string::npos) continue;
    Result<std::string> built = from_script(script, fs::path(folder).filename().string());
    if (!built) return usage_error(path + ": " + built.error().message);
    return std::vector<std::string>{*built};
  }
  return databases;
}

Result<std::string> DatabaseStore::from_script(std::string_view script, const std::string& name) {
  const std::string low = ascii_lower(script);
  std::string day;
  if (low.find("now") != std::string::npos || low.find("current_") != std::string::npos) {
    day = utc_text(std::chrono::system_clock::now()).substr(0, 10);
  }
  const std::string hash = sha256_hex(day + std::string(script) + sqlite3_libversion()).substr(0, 16);
  Result<std::string> path = cache_file(safe_name(name).append("-").append(hash), ".sqlite");
  if (!path) return path;
  if (std::error_code error; fs::exists(*path, error)) return path;
  Result<std::string> bytes = pool_.build(script);
  if (!bytes) return bytes;
  const std::string part = temporary_beside(*path);
  {
    std::ofstream file(part, std::ios::binary);
    file.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
    if (!file.flush()) return usage_error("cannot write " + part + ": is the disk full?");
  }
  std::error_code error;
  fs::rename(part, *path, error);
  if (error) return usage_error("cannot rename " + part + ": " + error.message());
  return path;
}

Result<std::string> DatabaseStore::copy_of(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  if (error) return usage_error("no database at " + path + ": " + error.message());
  Result<std::string> copy =
      cache_file(std::string("own-").append(sha256_hex(state_of(whole.string())), 0, 16), ".sqlite");
  if (!copy || fs::exists(*copy, error)) return copy;
  const std::string part = temporary_beside(*copy);
  {
    const bool at_rest = copied_at_rest(whole.string(), part);
    sqlite3* raw_to = nullptr;
    const int opened_to = sqlite3_open_v2(part.c_str(), &raw_to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    const SqliteHandle to(raw_to);
    int copied = opened_to;
    if (copied == SQLITE_OK && !at_rest) copied = back_up(whole.string(), raw_to);
    // an immutable file must not look for a log of its own
    if (copied == SQLITE_OK) copied = sqlite3_exec(raw_to, "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
    if (copied != SQLITE_OK) {
      for (const char* extra : {"", "-wal", "-shm"}) fs::remove(part + extra, error);
      return usage_error("cannot copy the database " + path + ": " + sqlite3_errstr(copied));
    }
  }
  fs::rename(part, *copy, error);
  if (error) return usage_error("cannot rename " + part + ": " + error.message());
  return copy;
}

}  // namespace assay::text_to_sql
