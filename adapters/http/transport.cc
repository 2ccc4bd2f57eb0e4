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
#include <utility>

#include "adapters/http/curl_library.h"
#include "adapters/http/timer_heap.h"
#include "harness/core/late_library.h"

namespace assay::http {
namespace {

// Small on purpose: this buffer exists once per request in flight, and there may be ten thousand.
constexpr long kReceiveBufferBytes = 4096;
constexpr long kSendBufferBytes = 16384;  // the least that libcurl takes; bodies up to 64 KB do not go through it
// libcurl goes through all connections to a host to find a free one, with each request: at ten thousand that costs
// more than everything else. So the lines are dealt out to several multi handles, each with its own connections.
constexpr std::size_t kLinesPerMulti = 256;
// libcurl closes what exceeds its cache of idle connections; every connection is worth keeping here.
constexpr long kIdleConnections = 2 * kLinesPerMulti;
constexpr int kEventsPerWait = 256;
constexpr std::size_t kSpareOpenFiles = 256;  // run file, data sets, sandbox pipes, …

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
    case CURLE_FAILED_INIT:
      return TransportError::kInvalid;
    // also what a reply that is no HTTP/1.1, or has endless headers, comes to
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_OUT_OF_MEMORY:
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
    if (curl_slist* longer = curl().slist_append(state_->list.get(), line.c_str())) {
      static_cast<void>(state_->list.release());
      state_->list.reset(longer);
    }
  }
}

HeaderLines::~HeaderLines() = default;
HeaderLines::HeaderLines(HeaderLines&&) noexcept = default;

struct Transport::Loop {
  // A multi handle: the connections of kLinesPerMulti lines. As a timer: when libcurl wants to be called again.
  struct Multi : TimerNode {
    Loop* loop = nullptr;
    std::uint32_t number = 0;  // from 1; 0 stands for the wake event in epoll's data
    CurlMulti handle;
    bool was_served = false;  // since its ended exchanges were last collected
  };

  // An easy handle, used again and again, and whose exchange it runs.
  struct Line {
    Multi* multi = nullptr;
    CurlEasy easy;
    Exchange* exchange = nullptr;
    std::string url;
    std::array<char, CURL_ERROR_SIZE> error{};  // what libcurl says about a failed exchange
  };

  Loop(TransportSettings given, std::function<TimePoint(TimePoint)> turn)
      : settings(std::move(given)), on_turn(std::move(turn)) {
    share.reset(curl().share_init());  // no locks: all handles are used on this loop's thread only
    curl().share_setopt(share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl().share_setopt(share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    wake_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = 0;
    epoll_ctl(epoll, EPOLL_CTL_ADD, wake_event, &event);
  }

  ~Loop() {
    for (auto& line : lines) {
      if (line->exchange != nullptr) curl().multi_remove_handle(line->multi->handle.get(), line->easy.get());
    }
    lines.clear();
    multis.clear();  // still calls on_socket
    close(epoll);
    close(wake_event);
  }

  void run() {
    std::array<epoll_event, kEventsPerWait> events{};
    while (!stopping.load()) {
      wake_pending.store(false);  // before on_turn looks for what woke us: a later wake() then writes again
      const TimePoint turn_again = on_turn(MonotonicClock::now());
      serve_curl_timers();
      collect();
      const TimerNode* first = curl_timers.first();
      const int wait = wait_ms(first == nullptr ? turn_again : std::min(turn_again, first->due));
      const int ready = epoll_wait(epoll, events.data(), kEventsPerWait, wait);
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const std::size_t number = event.data.u64 >> 32U;
        if (number == 0) {
          std::uint64_t count = 0;
          static_cast<void>(!read(wake_event, &count, sizeof count));
          continue;
        }
        const int mask = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                         ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
        serve(*multis[number - 1], static_cast<curl_socket_t>(event.data.u64 & 0xffffffffU), mask);
      }
      serve_curl_timers();
      collect();
    }
  }

  void serve(Multi& multi, curl_socket_t socket, int mask) {
    int running = 0;
    curl().multi_socket_action(multi.handle.get(), socket, mask, &running);
    if (std::exchange(multi.was_served, true)) return;
    served.push_back(&multi);
  }

  void serve_curl_timers() {
    // Bounded: a handle that asks for "at once" again and again must not keep on_turn from running.
    for (std::size_t i = 0; i < 8 * multis.size(); ++i) {
      TimerNode* first = curl_timers.first();
      if (first == nullptr || first->due > MonotonicClock::now()) return;
      curl_timers.remove(*first);
      serve(static_cast<Multi&>(*first), CURL_SOCKET_TIMEOUT, 0);
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
    ended_since_turn = false;
    for (Multi* multi : served) {
      multi->was_served = false;
      int left = 0;
      while (CURLMsg* message = curl().multi_info_read(multi->handle.get(), &left)) {
        if (message->msg == CURLMSG_DONE) end_exchange(message->easy_handle, message->data.result);
      }
    }
    served.clear();
  }

  void end_exchange(CURL* easy, CURLcode code) {
    void* index = nullptr;
    curl().easy_getinfo(easy, CURLINFO_PRIVATE, &index);
    const Slot slot = reinterpret_cast<std::uintptr_t>(index);
    Line& line = *lines[slot];
    ExchangeEnd end;
    end.error = error_of(code);
    long status = 0;
    curl().easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    end.status = static_cast<int>(status);
    if (code != CURLE_OK) end.message = line.error[0] != '\0' ? line.error.data() : curl().easy_strerror(code);
    curl().multi_remove_handle(line.multi->handle.get(), easy);
    Exchange* exchange = line.exchange;
    line.exchange = nullptr;
    free_slots.push_back(slot);
    ended_since_turn = true;
    exchange->on_end(end);
  }

  Multi& multi_of(Slot slot) {
    const std::size_t index = slot / kLinesPerMulti;
    if (index < multis.size()) return *multis[index];
    auto multi = std::make_unique<Multi>();
    multi->loop = this;
    multi->number = static_cast<std::uint32_t>(index + 1);
    multi->handle.reset(curl().multi_init());
    CURLM* handle = multi->handle.get();
    curl().multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
    curl().multi_setopt(handle, CURLMOPT_SOCKETDATA, multi.get());
    curl().multi_setopt(handle, CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
    curl().multi_setopt(handle, CURLMOPT_TIMERDATA, multi.get());
    curl().multi_setopt(handle, CURLMOPT_MAXCONNECTS, kIdleConnections);
    multis.push_back(std::move(multi));
    return *multis.back();
  }

  Slot take_slot() {
    if (!free_slots.empty()) {
      const Slot slot = free_slots.back();
      free_slots.pop_back();
      return slot;
    }
    const Slot slot = lines.size();
    auto line = std::make_unique<Line>();
    line->multi = &multi_of(slot);
    line->easy.reset(curl().easy_init());
    CURL* easy = line->easy.get();
    curl().easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(static_cast<std::uintptr_t>(slot)));
    curl().easy_setopt(easy, CURLOPT_ERRORBUFFER, line->error.data());
    curl().easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl().easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl().easy_setopt(easy, CURLOPT_SHARE, share.get());
    curl().easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
    curl().easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBufferBytes);
    curl().easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);  // a key goes to its own host only
    curl().easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl().easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl().easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl().easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl().easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl().easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout_s * 1000));
    curl().easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 300L);
    curl().easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl().easy_setopt(easy, CURLOPT_PIPEWAIT, settings.share_first_connection ? 1L : 0L);
    if (!settings.use_proxy) curl().easy_setopt(easy, CURLOPT_PROXY, "");
    if (!settings.ca_file.empty()) curl().easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    if (!settings.ca_directory.empty()) curl().easy_setopt(easy, CURLOPT_CAPATH, settings.ca_directory.c_str());
    curl().easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Loop::on_write);
    curl().easy_setopt(easy, CURLOPT_WRITEDATA, line.get());
    curl().easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Loop::on_header);
    curl().easy_setopt(easy, CURLOPT_HEADERDATA, line.get());
    curl().easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Loop::on_connected);
    curl().easy_setopt(easy, CURLOPT_PREREQDATA, line.get());
    lines.push_back(std::move(line));
    return slot;
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void* known) {
    auto* multi = static_cast<Multi*>(user);
    const int epoll = multi->loop->epoll;
    epoll_event event{};
    event.data.u64 = static_cast<std::uint64_t>(multi->number) << 32U | static_cast<std::uint32_t>(socket);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event);
      return 0;
    }
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) event.events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) event.events |= EPOLLOUT;
    if (known == nullptr) {
      curl().multi_assign(multi->handle.get(), socket, multi);  // any pointer: "this socket is in the set"
      if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0 || errno != EEXIST) return 0;
    }
    epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event);
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* user) {
    auto* multi = static_cast<Multi*>(user);
    if (milliseconds < 0) {
      multi->loop->curl_timers.remove(*multi);
    } else {
      multi->loop->curl_timers.set(*multi, MonotonicClock::now() + std::chrono::milliseconds(milliseconds));
    }
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
  CurlShare share;  // names and TLS sessions, for all multi handles; outlives every line
  TimerHeap curl_timers;
  std::vector<std::unique_ptr<Multi>> multis;
  std::vector<Multi*> served;  // those that may hold ended exchanges
  std::vector<std::unique_ptr<Line>> lines;
  std::vector<Slot> free_slots;
  bool ended_since_turn = false;
  int epoll = -1;
  int wake_event = -1;
  std::atomic<bool> wake_pending{false};
  std::atomic<bool> stopping{false};
};

Result<void> load_transport() { return try_library(curl); }

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
  line.error[0] = '\0';
  CURL* easy = line.easy.get();
  if (line.url != url) {
    line.url = url;
    curl().easy_setopt(easy, CURLOPT_URL, url.c_str());
  }
  curl().easy_setopt(easy, CURLOPT_HTTPHEADER, headers.state_->list.get());
  if (body.empty()) {
    curl().easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl().easy_setopt(easy, CURLOPT_POST, 1L);
    curl().easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl().easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  }
  curl().multi_add_handle(line.multi->handle.get(), easy);
  return slot;
}

void Transport::abort(Slot slot) {
  Loop::Line& line = *loop_->lines[slot];
  curl().multi_remove_handle(line.multi->handle.get(), line.easy.get());
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
