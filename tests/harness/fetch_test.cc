// Data sets from folders, mirrors and archives: whole, checked, and never where an archive says.
#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "harness/core/hash.h"
#include "harness/fetch/fetch_set.h"
#include "harness/fetch/unpack.h"
#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"
#include "tests/support/fault_server.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

DataSet small_set() {
  DataSet set{"small", {"small"}, "CC0", {}};
  for (const auto& [path, text] : {std::pair{"small/a/one.csv", "first\n"}, std::pair{"small/b/two.csv", "second\n"}}) {
    set.files.push_back({path, std::string(text).size(), sha256_hex(text), ""});
  }
  return set;
}

SourceSettings settings() {
  SourceSettings settings;
  settings.environment = [](const std::string&) { return std::optional<std::string>(); };
  settings.download.idle_timeout_s = 0.3;
  settings.download.attempts = 3;
  settings.download.first_wait_s = 0.01;
  return settings;
}

struct Member {
  std::string name;
  std::string text;
  unsigned type = AE_IFREG;
};

// An archive of the kind that its name says.
std::string write_archive(const std::string& path, const std::vector<Member>& members) {
  archive* writer = archive_write_new();
  if (path.ends_with(".zip")) {
    archive_write_set_format_zip(writer);
  } else {
    archive_write_set_format_pax_restricted(writer);
    archive_write_add_filter_gzip(writer);
  }
  archive_write_open_filename(writer, path.c_str());
  for (const Member& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, 0644);
    if (member.type == AE_IFLNK) {
      archive_entry_set_symlink(entry, member.text.c_str());
    } else {
      archive_entry_set_size(entry, static_cast<la_int64_t>(member.text.size()));
    }
    archive_write_header(writer, entry);
    if (member.type == AE_IFREG) archive_write_data(writer, member.text.data(), member.text.size());
    archive_entry_free(entry);
  }
  archive_write_free(writer);
  return path;
}

void gzip_to(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  archive_write_add_filter_gzip(writer);
  archive_write_open_filename(writer, path.c_str());
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, text.data(), text.size());
  archive_entry_free(entry);
  archive_write_free(writer);
}

std::set<std::string> files_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().filename() == "lock") continue;
    names.insert(fs::relative(entry.path(), folder).string());
  }
  return names;
}

const std::set<std::string> kWhole{"small/a/one.csv", "small/b/two.csv"};

TEST_CASE("The table of published files is whole") {
  std::size_t files = 0;
  for (const DataSet& set : data_sets()) {
    CHECK_FALSE(set.files.empty());
    for (const PublishedFile& file : set.files) {
      INFO(file.path);
      ++files;
      CHECK(file.path.starts_with(set.name + "/"));
      CHECK(file.path.find("..") == std::string::npos);
      CHECK(file.bytes > 0);
      CHECK(file.sha256.size() == 64);
      CHECK((file.url.empty() || file.url.starts_with("https://")));
    }
  }
  CHECK(files > 200);
}

TEST_CASE("A set comes from a folder, plain and gzipped, once") {
  const TemporaryFolder mirror;
  const TemporaryFolder data;
  mirror.write("small/a/one.csv", "first\n");
  gzip_to(mirror.path() + "/small/b/two.csv.gz", "second\n");
  const auto fetched = fetch_set(small_set(), data.path(), mirror.path(), settings());
  REQUIRE(fetched);
  CHECK(fetched->fetched == 2);
  CHECK(files_in(data.path()) == kWhole);
  CHECK(text_of(data.path() + "/small/b/two.csv") == "second\n");
  const auto again = fetch_set(small_set(), data.path(), mirror.path(), settings());
  REQUIRE(again);
  CHECK(again->there == 2);
  CHECK(again->fetched == 0);
}

TEST_CASE("What is there gzipped counts as there") {
  const TemporaryFolder data;
  data.write("small/a/one.csv", "first\n");
  gzip_to(data.path() + "/small/b/two.csv.gz", "second\n");
  const auto fetched = fetch_set(small_set(), data.path(), "", settings());
  REQUIRE(fetched);
  CHECK(fetched->there == 2);
}

TEST_CASE("A mirror that lacks a file or has another puts nothing in place") {
  const TemporaryFolder mirror;
  const TemporaryFolder data;
  mirror.write("small/a/one.csv", "first\n");
  const auto lacking = fetch_set(small_set(), data.path(), mirror.path(), settings());
  REQUIRE_FALSE(lacking);
  CHECK(lacking.error().message.find("small/b/two.csv") != std::string::npos);
  mirror.write("small/b/two.csv", "SECOND\n");
  const auto other = fetch_set(small_set(), data.path(), mirror.path(), settings());
  REQUIRE_FALSE(other);
  CHECK(other.error().message.find("not the pinned") != std::string::npos);
  CHECK_FALSE(fs::exists(data.path() + "/small"));
}

TEST_CASE("A file in place that differs is never replaced") {
  const TemporaryFolder mirror;
  const TemporaryFolder data;
  mirror.write("small/a/one.csv", "first\n");
  mirror.write("small/b/two.csv", "second\n");
  data.write("small/a/one.csv", "mine\n");
  const auto fetched = fetch_set(small_set(), data.path(), mirror.path(), settings());
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().message.find("move it away") != std::string::npos);
  CHECK(text_of(data.path() + "/small/a/one.csv") == "mine\n");
}

TEST_CASE("A mirror's URL, plain or gzipped, breaking off on the way") {
  const TemporaryFolder packed;
  gzip_to(packed.path() + "/two.gz", "second\n");
  const std::string gz = text_of(packed.path() + "/two.gz");
  testing::FaultServer server([&](const testing::ServerRequest& request) {
    if (request.path == "/base/small/a/one.csv") {
      testing::ServerReply reply = testing::reply_with(200, "first\n");
      if (request.headers.contains("range")) {
        reply = testing::reply_with(206, std::string("first\n").substr(3));
        reply.headers.emplace_back("Content-Range: bytes 3-5/6");
      } else {
        reply.pieces[0].bytes.resize(3);
        reply.end = testing::ReplyEnd::kTruncate;
      }
      return reply;
    }
    if (request.path == "/base/small/b/two.csv.gz") return testing::reply_with(200, gz);
    return testing::reply_with(404, "no");
  });
  const TemporaryFolder data;
  const auto fetched = fetch_set(small_set(), data.path(), server.url() + "/base/", settings());
  if (!fetched) FAIL(fetched.error().message);
  CHECK(files_in(data.path()) == kWhole);
}

TEST_CASE("A server that lies about a file's bytes is found out") {
  testing::FaultServer server([&](const testing::ServerRequest& request) {
    return testing::reply_with(200, request.path.ends_with("one.csv") ? "fIrst\n" : "second\n");
  });
  const TemporaryFolder data;
  const auto fetched = fetch_set(small_set(), data.path(), server.url(), settings());
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().message.find("not the pinned") != std::string::npos);
  CHECK_FALSE(fs::exists(data.path() + "/small"));
}

TEST_CASE("Archives: files are found by name wherever they are, and nothing else is written") {
  const TemporaryFolder folder;
  for (const char* name : {"/set.zip", "/set.tar.gz"}) {
    const TemporaryFolder data;
    const std::string path = write_archive(folder.path() + name, {{"../../../escape.csv", "first\n"},
                                                                  {"/abs/a/one.csv", "wrong\n"},
                                                                  {"top/a/one.csv", "/etc/passwd", AE_IFLNK},
                                                                  {"top/b/two.csv", "SECOND\n"},
                                                                  {"../a/one.csv", "first\n"},
                                                                  {"top/deeper/b/two.csv", "second\n"},
                                                                  {"other.txt", "other"}});
    const auto fetched = fetch_set(small_set(), data.path(), path, settings());
    if (!fetched) FAIL(fetched.error().message);
    CHECK(files_in(data.path()) == kWhole);
    CHECK(text_of(data.path() + "/small/a/one.csv") == "first\n");
    CHECK_FALSE(fs::exists(folder.path() + "/../escape.csv"));
  }
}

TEST_CASE("An archive over HTTP") {
  const TemporaryFolder folder;
  const std::string bytes =
      text_of(write_archive(folder.path() + "/set.tar.gz", {{"a/one.csv", "first\n"}, {"b/two.csv", "second\n"}}));
  testing::FaultServer server([&](const testing::ServerRequest&) { return testing::reply_with(200, bytes); });
  const TemporaryFolder data;
  REQUIRE(fetch_set(small_set(), data.path(), server.url() + "/set.tar.gz?raw=1", settings()));
  CHECK(files_in(data.path()) == kWhole);
}

TEST_CASE("Bombs are not read to their end") {
  const TemporaryFolder folder;
  // Zeros pack a thousandfold, and once more.
  const std::string inner = write_archive(folder.path() + "/inner.tar.gz",
                                          {{"zeros", std::string(100'000'000, '\0')}, {"a/one.csv", "first\n"}});
  gzip_to(folder.path() + "/bomb.tar.gz", text_of(inner));
  REQUIRE(fs::file_size(folder.path() + "/bomb.tar.gz") < 20'000);
  const auto taken = take_members(folder.path() + "/bomb.tar.gz", {{"a/one.csv", 6, folder.path() + "/out"}},
                                  [](std::size_t) -> Result<bool> { return true; });
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message.find("far more") != std::string::npos);
  CHECK_FALSE(fs::exists(folder.path() + "/out"));

  const std::string path =
      write_archive(folder.path() + "/wide.zip", {{"zeros", std::string(100'000'000, '\0')}, {"a/one.csv", "first\n"}});
  const auto wide = take_members(path, {{"zeros", 1'000, folder.path() + "/zeros"}},
                                 [](std::size_t) -> Result<bool> { return true; });
  CHECK((wide || wide.error().message.find("far more") != std::string::npos));
  CHECK_FALSE(fs::exists(folder.path() + "/zeros"));

  gzip_to(folder.path() + "/zeros.gz", std::string(10'000'000, '\0'));
  const auto unpacked = gunzip(folder.path() + "/zeros.gz", folder.path() + "/zeros", 1'000);
  REQUIRE_FALSE(unpacked);
  CHECK(unpacked.error().message.find("far more") != std::string::npos);
  CHECK(fs::file_size(folder.path() + "/zeros") <= 1'000);
}

TEST_CASE("What is no archive says so") {
  const TemporaryFolder folder;
  const std::string path = folder.write("set.zip", "this is no archive at all, only text that says so");
  const TemporaryFolder data;
  const auto fetched = fetch_set(small_set(), data.path(), path, settings());
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().message.find("set.zip") != std::string::npos);
  CHECK_FALSE(gunzip(path, folder.path() + "/out", 100));
}

}  // namespace
}  // namespace assay
