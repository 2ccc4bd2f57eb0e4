// Downloads from a server that breaks off, lies and stalls.
#include "adapters/http/download.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"
#include "tests/support/fault_server.h"

namespace assay {
namespace {

using test::TemporaryFolder;
using testing::FaultServer;
using testing::reply_with;
using testing::ReplyEnd;
using testing::ServerReply;
using testing::ServerRequest;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

http::Downloads impatient() {
  http::DownloadSettings settings;
  settings.idle_timeout_s = 0.3;
  settings.attempts = 4;
  settings.first_wait_s = 0.01;
  return {[](const std::string&) { return std::optional<std::string>(); }, settings};
}

std::size_t range_begin(const ServerRequest& request) {
  const auto range = request.headers.find("range");
  return range == request.headers.end() ? 0 : std::stoul(range->second.substr(6));
}

// What a good server says to a request, Range included.
ServerReply serve(const ServerRequest& request, const std::string& file) {
  const std::size_t begin = range_begin(request);
  if (begin == 0) return reply_with(200, file);
  if (begin >= file.size()) return reply_with(416, "");
  ServerReply reply = reply_with(206, file.substr(begin));
  reply.headers.push_back("Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(file.size() - 1) +
                          "/" + std::to_string(file.size()));
  return reply;
}

std::string pattern(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += std::to_string(text.size()) + "\n";
  text.resize(bytes);
  return text;
}

TEST_CASE("A download goes on where the connection broke off") {
  const std::string file = pattern(200'000);
  std::vector<std::size_t> begins;
  FaultServer server([&](const ServerRequest& request) {
    begins.push_back(range_begin(request));
    ServerReply reply = serve(request, file);
    if (begins.size() < 4) {  // breaks off after a quarter of the file
      reply.pieces[0].bytes.resize(std::min<std::size_t>(reply.pieces[0].bytes.size(), 50'000));
      reply.end = ReplyEnd::kTruncate;
    }
    return reply;
  });
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/part";
  REQUIRE(impatient().fetch(server.url() + "/file", path, file.size()));
  CHECK(text_of(path) == file);
  CHECK(begins == std::vector<std::size_t>{0, 50'000, 100'000, 150'000});
}

TEST_CASE("A download goes on with what an earlier call left, and asks nothing where all is there") {
  const std::string file = pattern(10'000);
  FaultServer server([&](const ServerRequest& request) { return serve(request, file); });
  const TemporaryFolder folder;
  const std::string path = folder.write("part", file.substr(0, 4'000));
  REQUIRE(impatient().fetch(server.url() + "/file", path, file.size()));
  CHECK(text_of(path) == file);
  CHECK(server.counts().requests == 1);
  REQUIRE(impatient().fetch(server.url() + "/file", path, file.size()));
  CHECK(server.counts().requests == 1);
  SECTION("where the size is not known, the server says so") {
    REQUIRE(impatient().fetch(server.url() + "/file", path, std::nullopt));
    CHECK(text_of(path) == file);
  }
}

TEST_CASE("A server without ranges sends all of it again, and that is taken") {
  const std::string file = pattern(10'000);
  FaultServer server([&](const ServerRequest&) { return reply_with(200, file); });
  const TemporaryFolder folder;
  const std::string path = folder.write("part", file.substr(0, 4'000));
  REQUIRE(impatient().fetch(server.url() + "/file", path, file.size()));
  CHECK(text_of(path) == file);
}

TEST_CASE("A server that sends another part than the one asked for is not believed") {
  const std::string file = pattern(10'000);
  FaultServer server([&](const ServerRequest& request) {
    if (range_begin(request) == 0) return reply_with(200, file);
    ServerReply reply = reply_with(206, file.substr(100));
    reply.headers.push_back("Content-Range: bytes 100-9999/10000");
    return reply;
  });
  const TemporaryFolder folder;
  const std::string path = folder.write("part", file.substr(0, 4'000));
  REQUIRE(impatient().fetch(server.url() + "/file", path, file.size()));
  CHECK(text_of(path) == file);
}

TEST_CASE("A stalled reply is broken off and gone on with") {
  const std::string file = pattern(10'000);
  std::atomic<int> requests{0};
  FaultServer server([&](const ServerRequest& request) {
    ServerReply reply = serve(request, file);
    if (++requests == 1) {
      reply.pieces[0].bytes.resize(3'000);
      reply.end = ReplyEnd::kStall;
    }
    return reply;
  });
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/part";
  REQUIRE(impatient().fetch(server.url() + "/file", path, file.size()));
  CHECK(text_of(path) == file);
  CHECK(requests == 2);
}

TEST_CASE("A server that never gets further is given up, and what came is kept") {
  FaultServer server([&](const ServerRequest&) {
    ServerReply reply;
    reply.send_head = false;
    reply.end = ReplyEnd::kReset;
    return reply;
  });
  const TemporaryFolder folder;
  const std::string path = folder.write("part", "12345");
  const auto fetched = impatient().fetch(server.url() + "/file", path, 100);
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().message.find("call again to go on") != std::string::npos);
  CHECK(text_of(path) == "12345");
  CHECK(server.counts().requests >= 4);  // libcurl itself tries a kept connection twice
}

TEST_CASE("More bytes than the file has are an error, and nothing is kept of them") {
  FaultServer server([&](const ServerRequest&) { return reply_with(200, pattern(5'000)); });
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/part";
  const auto fetched = impatient().fetch(server.url() + "/file", path, 1'000);
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().message.find("more than the 1000 bytes") != std::string::npos);
  CHECK(text_of(path).empty());
}

TEST_CASE("An error page is not the file") {
  std::atomic<int> requests{0};
  FaultServer server([&](const ServerRequest& request) {
    if (request.path == "/gone") return reply_with(404, "<html>no such file</html>");
    return ++requests < 3 ? reply_with(503, "<html>later</html>") : reply_with(200, "right");
  });
  const TemporaryFolder folder;
  http::Downloads downloads = impatient();
  const auto gone = downloads.fetch(server.url() + "/gone", folder.path() + "/a", 5);
  REQUIRE_FALSE(gone);
  CHECK(downloads.was_missing());
  CHECK(gone.error().message.find("404") != std::string::npos);
  REQUIRE(downloads.fetch(server.url() + "/busy", folder.path() + "/b", 5));
  CHECK_FALSE(downloads.was_missing());
  CHECK(text_of(folder.path() + "/b") == "right");
}

TEST_CASE("Redirects are followed, a few of them") {
  FaultServer server([&](const ServerRequest& request) {
    if (request.path == "/file") return reply_with(200, "right");
    ServerReply reply = reply_with(302, "");
    reply.headers.push_back(request.path == "/start" ? "Location: file" : "Location: /for/ever");
    if (request.path == "/disk") reply.headers.back() = "Location: file:///etc/hostname";
    return reply;
  });
  const TemporaryFolder folder;
  REQUIRE(impatient().fetch(server.url() + "/start", folder.path() + "/a", std::nullopt));
  CHECK(text_of(folder.path() + "/a") == "right");
  const auto loop = impatient().fetch(server.url() + "/for/ever", folder.path() + "/b", std::nullopt);
  REQUIRE_FALSE(loop);
  CHECK(loop.error().message.find("redirected too often") != std::string::npos);
  const auto disk = impatient().fetch(server.url() + "/disk", folder.path() + "/c", std::nullopt);
  REQUIRE_FALSE(disk);
  CHECK(disk.error().message.find("not followed") != std::string::npos);
  CHECK(text_of(folder.path() + "/c").empty());
}

}  // namespace
}  // namespace assay
