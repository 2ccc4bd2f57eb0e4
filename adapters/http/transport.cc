#include "adapters/http/transport.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "adapters/http/curl_handle.h"

namespace assay::http {
namespace {

// Small on purpose: this buffer exists once per request in flight, and there may be ten thousand.
constexpr long kReceiveBufferBytes = 4096;
// libcurl closes what exceeds its cache of idle connections; every connection is worth keeping here.
constexpr long kIdleConnections = 20000;
constexpr int kEventsPerWait = 256;
constexpr std::size_t kSpareOpenFiles = 256;  // run file, data sets, sandbox pipes, …

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

TransportError error_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return TransportError::kNone;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return TransportError::kResolve;
    case CURLE_COULDNT_CONNECT:
      return TransportError::kConnect;
    case CURLE_OPERATION_TIMEDOUT:
      return TransportError::kConnectTimeout;  // the only timeout that libcurl is given
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return TransportError::kCertificate;
    case CURLE_WRITE_ERROR:
      return TransportError::kStopped;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY:
      return TransportError::kInvalid;
    default:
      return TransportError::kBroken;
  }
}

}  // namespace

struct HeaderLines::State {
  CurlSlist list;
};

HeaderLines::HeaderLines(const std::vector<std::string>& lines) : state_(std::make_unique<State>()) {
  for (const std::string& line : lines) {
    if (curl_slist* longer = curl_slist_append(state_->list.get(), line.c_str())) {
      static_cast<void>(state_->list.release());
      state_->list.reset(longer);
    }
  }
}

HeaderLines::~HeaderLines() = default;
HeaderLines::HeaderLines(HeaderLines&&) noexcept = default;

struct Transport::Loop {
  // An easy handle, used again and again, and whose exchange it runs.
  struct Line {
    CurlEasy easy;
    Exchange* exchange = nullptr;
    std::string url;
  };

  Loop(TransportSettings given, std::function<TimePoint(TimePoint)> turn)
      : settings(std::move(given)), on_turn(std::move(turn)) {
    initialise_curl();
    multi.reset(curl_multi_init());
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kIdleConnections);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    wake_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = wake_event;
    epoll_ctl(epoll, EPOLL_CTL_ADD, wake_event, &event);
  }

  ~Loop() {
    for (auto& line : lines) {
      if (line->exchange != nullptr) curl_multi_remove_handle(multi.get(), line->easy.get());
    }
    lines.clear();
    multi.reset();  // still calls on_socket
    close(epoll);
    close(wake_event);
  }

  void run() {
    std::array<epoll_event, kEventsPerWait> events{};
    while (!stopping.load()) {
      wake_pending.store(false);  // before on_turn looks for what woke us: a later wake() then writes again
      const TimePoint turn_again = on_turn(MonotonicClock::now());
      serve_curl_timer();
      collect();
      const int ready = epoll_wait(epoll, events.data(), kEventsPerWait, wait_ms(std::min(turn_again, curl_deadline)));
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == wake_event) {
          std::uint64_t count = 0;
          static_cast<void>(!read(wake_event, &count, sizeof count));
          continue;
        }
        const int mask = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                         ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
        int running = 0;
        curl_multi_socket_action(multi.get(), event.data.fd, mask, &running);
      }
      serve_curl_timer();
      collect();
    }
  }

  void serve_curl_timer() {
    // Bounded: a handle that asks for "at once" again and again must not keep on_turn from running.
    for (int i = 0; i < 8 && curl_deadline <= MonotonicClock::now(); ++i) {
      curl_deadline = TimePoint::max();
      int running = 0;
      curl_multi_socket_action(multi.get(), CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }

  int wait_ms(TimePoint until) const {
    if (ended_since_turn) return 0;
    if (until == TimePoint::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - MonotonicClock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  // Hands ended exchanges back to their owners.
  void collect() {
    int left = 0;
    ended_since_turn = false;
    while (CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      void* index = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &index);
      const Slot slot = reinterpret_cast<std::uintptr_t>(index);
      Line& line = *lines[slot];
      ExchangeEnd end;
      end.error = error_of(code);
      long status = 0;
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      end.status = static_cast<int>(status);
      if (code != CURLE_OK) end.message = curl_easy_strerror(code);
      curl_multi_remove_handle(multi.get(), message->easy_handle);
      Exchange* exchange = line.exchange;
      line.exchange = nullptr;
      free_slots.push_back(slot);
      ended_since_turn = true;
      exchange->on_end(end);
    }
  }

  Slot take_slot() {
    if (!free_slots.empty()) {
      const Slot slot = free_slots.back();
      free_slots.pop_back();
      return slot;
    }
    const Slot slot = lines.size();
    auto line = std::make_unique<Line>();
    line->easy.reset(curl_easy_init());
    CURL* easy = line->easy.get();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(static_cast<std::uintptr_t>(slot)));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);  // a key goes to its own host only
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout_s * 1000));
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 300L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, settings.share_first_connection ? 1L : 0L);
    if (!settings.use_proxy) curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (!settings.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    if (!settings.ca_directory.empty()) curl_easy_setopt(easy, CURLOPT_CAPATH, settings.ca_directory.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Loop::on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, line.get());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Loop::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, line.get());
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Loop::on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, line.get());
    lines.push_back(std::move(line));
    return slot;
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void* known) {
    auto* loop = static_cast<Loop*>(user);
    epoll_event event{};
    event.data.fd = socket;
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(loop->epoll, EPOLL_CTL_DEL, socket, &event);
      return 0;
    }
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) event.events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) event.events |= EPOLLOUT;
    if (known == nullptr) {
      curl_multi_assign(loop->multi.get(), socket, loop);  // any pointer: "this socket is in the set"
      if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, socket, &event) == 0 || errno != EEXIST) return 0;
    }
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, socket, &event);
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* user) {
    auto* loop = static_cast<Loop*>(user);
    loop->curl_deadline =
        milliseconds < 0 ? TimePoint::max() : MonotonicClock::now() + std::chrono::milliseconds(milliseconds);
    return 0;
  }

  static std::size_t on_write(char* bytes, std::size_t, std::size_t count, void* user) {
    auto* line = static_cast<Line*>(user);
    return line->exchange->on_body({bytes, count}) ? count : 0;
  }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* user) {
    auto* line = static_cast<Line*>(user);
    const std::string_view text(bytes, count);
    if (text.starts_with("HTTP/")) {  // "HTTP/1.1 200 OK", "HTTP/2 200"
      int status = 0;
      const std::size_t blank = std::min(text.find(' '), text.size() - 1) + 1;
      std::from_chars(text.data() + blank, text.data() + text.size(), status);
      line->exchange->on_status(status);
      return count;
    }
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
      std::string_view value = text.substr(colon + 1);
      const std::size_t first = value.find_first_not_of(" \t");
      const std::size_t last = value.find_last_not_of(" \t\r\n");
      value = first == std::string_view::npos || last == std::string_view::npos || last < first
                  ? std::string_view()
                  : value.substr(first, last - first + 1);
      line->exchange->on_header(text.substr(0, colon), value);
    }
    return count;
  }

  static int on_connected(void* user, char*, char*, int, int) {
    static_cast<Line*>(user)->exchange->on_connected();
    return CURL_PREREQFUNC_OK;
  }

  TransportSettings settings;
  std::function<TimePoint(TimePoint)> on_turn;
  CurlMulti multi;
  std::vector<std::unique_ptr<Line>> lines;
  std::vector<Slot> free_slots;
  TimePoint curl_deadline = TimePoint::max();
  bool ended_since_turn = false;
  int epoll = -1;
  int wake_event = -1;
  std::atomic<bool> wake_pending{false};
  std::atomic<bool> stopping{false};
};

Transport::Transport(TransportSettings settings, std::function<TimePoint(TimePoint)> on_turn)
    : loop_(std::make_unique<Loop>(std::move(settings), std::move(on_turn))), thread_([this] { loop_->run(); }) {}

Transport::~Transport() {
  loop_->stopping.store(true);
  loop_->wake_pending.store(false);
  wake();
  thread_.join();
}

void Transport::wake() {
  if (loop_->wake_pending.exchange(true)) return;
  const std::uint64_t one = 1;
  static_cast<void>(!write(loop_->wake_event, &one, sizeof one));
}

Transport::Slot Transport::start(const std::string& url, const HeaderLines& headers, std::string_view body,
                                 Exchange& exchange) {
  const Slot slot = loop_->take_slot();
  Loop::Line& line = *loop_->lines[slot];
  line.exchange = &exchange;
  CURL* easy = line.easy.get();
  if (line.url != url) {
    line.url = url;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.state_->list.get());
  if (body.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  }
  curl_multi_add_handle(loop_->multi.get(), easy);
  return slot;
}

void Transport::abort(Slot slot) {
  Loop::Line& line = *loop_->lines[slot];
  curl_multi_remove_handle(loop_->multi.get(), line.easy.get());
  line.exchange = nullptr;
  loop_->free_slots.push_back(slot);
}

bool allow_open_files(std::size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const rlim_t needed = connections + kSpareOpenFiles;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= needed) return true;
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed) return false;
  limit.rlim_cur = needed;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

std::size_t open_file_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_max) : 0;
}

}  // namespace assay::http
