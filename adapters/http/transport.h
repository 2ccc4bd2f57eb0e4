// HTTP exchanges, thousands at a time, from one thread: libcurl's multi interface driven by epoll.
//
// curl_multi_socket_action() rather than curl_multi_perform(): the latter visits every handle in each call, which at
// thousands in flight costs more than the requests themselves.
//
// What is sent when, with which retries and limits, is decided by the transport's owner
// (adapters/http/remote_adapter.h) in its `on_turn`; the transport knows connections and bytes only.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "harness/core/clock.h"
#include "harness/core/result.h"

namespace assay::http {

using TimePoint = MonotonicClock::time_point;

/// How an exchange ended below HTTP.
enum class TransportError {
  kNone,            ///< a whole reply came, whatever its status
  kResolve,         ///< no such host, or the name server did not answer
  kConnect,         ///< refused or unreachable
  kConnectTimeout,  ///< no connection in time
  kCertificate,     ///< the server's certificate does not prove who it is
  kBroken,          ///< reset, closed early, truncated body, TLS or HTTP/2 failure
  kStopped,         ///< Exchange::on_body returned false
  kInvalid,         ///< the URL or the proxy settings cannot be used at all
};

/// The end of an exchange.
struct ExchangeEnd {
  TransportError error = TransportError::kNone;
  int status = 0;       ///< HTTP status; 0 where no head came
  std::string message;  ///< for errors: one line, without URL or headers
};

/// One exchange's owner. All calls come from the transport's thread; none may start, abort or destroy exchanges but
/// on_end, after which the transport has forgotten this one.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// There is a connection and the request is about to be written to it.
  virtual void on_connected() = 0;
  /// The status of a head of the reply: of each, 1xx and a proxy's own included.
  virtual void on_status(int) {}
  /// A header of the reply; the name as the server wrote it. Also called for the heads of 1xx replies.
  virtual void on_header(std::string_view name, std::string_view value) = 0;
  /// Bytes of the reply's body, decompressed. False breaks the exchange off.
  [[nodiscard]] virtual bool on_body(std::string_view bytes) = 0;
  virtual void on_end(const ExchangeEnd& end) = 0;
};

/// Header lines that many requests share, parsed once. Lines hold keys: they are never logged.
class HeaderLines {
 public:
  explicit HeaderLines(const std::vector<std::string>& lines);
  ~HeaderLines();
  HeaderLines(HeaderLines&&) noexcept;

 private:
  friend class Transport;
  struct State;
  std::unique_ptr<State> state_;
};

/// What is the same for all exchanges of a transport.
struct TransportSettings {
  std::string ca_file;                  ///< PEM file of trusted authorities; empty: the system's
  std::string ca_directory;             ///< directory of them; empty: the system's
  bool use_proxy = true;                ///< as http_proxy, https_proxy, all_proxy and no_proxy say; off for loopback
  bool share_first_connection = false;  ///< wait for the first connection, to multiplex on it where it is HTTP/2 (TLS)
  double connect_timeout_s = 10;
};

/// Loads libcurl; an error where this machine has none. To be called before the first Transport is made.
[[nodiscard]] Result<void> load_transport();

/// A thread that runs exchanges. on_turn, all methods but wake(), and all of Exchange run on that thread.
class Transport {
 public:
  /// `on_turn(now)` is called whenever something may have changed: after wake(), after exchanges ended, and at the
  /// time that its last call returned (TimePoint::max(): never). It must not throw.
  Transport(TransportSettings settings, std::function<TimePoint(TimePoint now)> on_turn);

  /// Stops the thread; exchanges still under way are dropped without on_end.
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Makes on_turn run soon. From any thread.
  void wake();

  /// A place in the transport for an exchange under way.
  using Slot = std::size_t;

  /// Starts a POST of `body` (a GET where it is empty) to `url`. `headers`, `body` and `exchange` must outlive the
  /// exchange; redirects are not followed.
  [[nodiscard]] Slot start(const std::string& url, const HeaderLines& headers, std::string_view body,
                           Exchange& exchange);

  /// Drops an exchange without on_end. Not from inside on_connected, on_header and on_body.
  void abort(Slot slot);

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

/// Raises this process's limit of open files so that `connections` fit; false where the hard limit forbids it.
[[nodiscard]] bool allow_open_files(std::size_t connections);

/// The hard limit of open files.
[[nodiscard]] std::size_t open_file_limit();

}  // namespace assay::http
