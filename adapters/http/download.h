// Files over HTTP(S), whole or not at all: gone on with where a connection broke off, waited for where a server asks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/core/cache_folder.h"
#include "harness/core/result.h"

namespace assay::http {

/// How patient a download is.
struct DownloadSettings {
  double idle_timeout_s = 30;  ///< without a byte, after which the connection is given up
  int attempts = 6;            ///< in a row that bring nothing further, after which the file is given up
  double first_wait_s = 0.5;   ///< before the second attempt; doubles from attempt to attempt
  std::function<void(const std::string& line)> log;  ///< a line for each retry and every few seconds; may be empty
};

/// Fetches files one after the other, over connections that are kept open. Redirects are followed within http and
/// https, never from https to http; certificates are always checked; no key is ever sent. Not thread-safe.
class Downloads {
 public:
  /// `environment`: certificate settings (SSL_CERT_FILE, …); libcurl itself reads the proxies'.
  Downloads(Environment environment, DownloadSettings settings);
  ~Downloads();

  /// Appends to the file at `path` what it lacks of `url`: goes on where the file ends (a Range request) if the server
  /// can, starts over if it cannot. Where `bytes` is given, the file has that many: fewer are asked for again, and a
  /// server that sends more is an error. What is right is for the caller to check by the file's hash. Errors: the
  /// server's status, the connection's reason or the disk's; what came stays at `path` for the next call.
  [[nodiscard]] Result<void> fetch(const std::string& url, const std::string& path, std::optional<std::uint64_t> bytes);

  /// Whether the last fetch() failed because the server says that there is no such file (404, 410).
  [[nodiscard]] bool was_missing() const { return was_missing_; }

 private:
  class Get;
  class Line;

  Line& line_to(bool is_loopback);

  Environment environment_;
  DownloadSettings settings_;
  std::unique_ptr<Line> direct_;  // to this machine
  std::unique_ptr<Line> outside_;
  bool was_missing_ = false;
};

}  // namespace assay::http
