#include "adapters/http/download.h"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/http/endpoint.h"
#include "adapters/http/reply_head.h"
#include "adapters/http/transport.h"
#include "adapters/registry.h"

namespace assay::http {
namespace {

constexpr int kMostRedirects = 5;
constexpr int kMostAttempts = 1000;  // that each bring a little: a server must not keep us for ever
constexpr double kConnectTimeoutS = 15;
constexpr double kLongestWaitS = 60;
constexpr double kMsBetweenLines = 3000;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

MonotonicClock::duration seconds(double count) {
  return std::chrono::duration_cast<MonotonicClock::duration>(std::chrono::duration<double>(count));
}

// "https://host:1" of "https://host:1/a/b?c".
std::string origin_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

// Where a redirect from `url` leads.
std::string resolved(const std::string& url, const std::string& location) {
  if (location.find("://") != std::string::npos) return location;
  const std::string origin = origin_of(url);
  if (location.starts_with("//")) return url.substr(0, url.find("//")) + location;
  if (location.starts_with('/')) return origin + location;
  const std::string path = url.substr(0, url.find_first_of("?#"));
  return path.substr(0, std::max(path.rfind('/'), origin.size())) + "/" + location;
}

// The first byte that "bytes 100-199/200" speaks of.
std::optional<std::uint64_t> range_begin(std::string_view text) {
  const std::size_t digit = text.find_first_of("0123456789");
  if (!text.starts_with("bytes") || digit == std::string_view::npos) return std::nullopt;
  std::uint64_t begin = 0;
  const auto [end, error] = std::from_chars(text.data() + digit, text.data() + text.size(), begin);
  if (error != std::errc() || end == text.data() + text.size() || *end != '-') return std::nullopt;
  return begin;
}

bool is_name(std::string_view name, std::string_view lower) {
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

}  // namespace

// One GET that appends to a file. Callbacks come from the transport's thread, everything else before and after.
class Downloads::Get : public Exchange {
 public:
  Get(std::FILE* file, std::uint64_t offset, std::optional<std::uint64_t> bytes, const DownloadSettings& settings)
      : file_(file), offset_(offset), size_(offset), bytes_(bytes), log_(settings.log) {}

  void on_connected() override { last_activity = MonotonicClock::now(); }

  void on_status(int code) override {
    status = code;  // 1xx and a proxy's own reply may come before; the last one counts
    head = {};
    range_at_.reset();
    is_checked_ = false;
  }

  void on_header(std::string_view name, std::string_view value) override {
    last_activity = MonotonicClock::now();
    head.read(name, value, std::chrono::system_clock::now());
    if (is_name(name, "content-range")) range_at_ = range_begin(value);
  }

  bool on_body(std::string_view piece) override {
    last_activity = MonotonicClock::now();
    if (status != 200 && status != 206) return (ignored_ += piece.size()) < kMiB;  // an error page
    if (!is_checked_) {
      is_checked_ = true;
      if (status == 206 && range_at_ != offset_) {
        is_wrong_range = true;
        return false;
      }
      if (status == 200 && offset_ > 0 && !empty()) return false;  // everything, from the start
    }
    if (bytes_ && piece.size() > *bytes_ - std::min(*bytes_, size_)) {
      is_too_long = true;
      return false;
    }
    if (std::fwrite(piece.data(), 1, piece.size(), file_) != piece.size()) {
      disk_error = errno;
      return false;
    }
    size_ += piece.size();
    tell_progress();
    return true;
  }

  void on_end(const ExchangeEnd& how) override {
    end = how;
    if (end.status != 0) status = end.status;
    if (on_over) on_over();
    finish();
  }

  void finish() {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    over_.notify_all();  // under the lock: whoever waits destroys this as soon as it is let go
  }

  void wait() {
    std::unique_lock lock(mutex_);
    over_.wait(lock, [this] { return is_over_; });
  }

  // Throws away what the file holds.
  bool empty() {
    if (std::fflush(file_) != 0 || ftruncate(fileno(file_), 0) != 0) {
      disk_error = errno;
      return false;
    }
    offset_ = size_ = 0;
    return true;
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  std::string url;
  std::function<void()> on_over;  // before the waiting thread learns of it
  std::optional<HeaderLines> headers;
  ReplyHead head;
  ExchangeEnd end;
  int status = 0;
  int disk_error = 0;
  bool is_too_long = false;
  bool is_wrong_range = false;
  bool is_stalled = false;
  TimePoint last_activity = MonotonicClock::now();

 private:
  void tell_progress() {
    if (!log_ || milliseconds_since(last_line_) < kMsBetweenLines) return;
    last_line_ = MonotonicClock::now();
    log_(std::to_string(size_ / kMiB) + " MiB" + (bytes_ ? " of " + std::to_string(*bytes_ / kMiB) : ""));
  }

  std::FILE* file_;
  std::uint64_t offset_;  // what was there before
  std::uint64_t size_;
  std::optional<std::uint64_t> bytes_;
  const std::function<void(const std::string&)>& log_;
  std::optional<std::uint64_t> range_at_;
  bool is_checked_ = false;
  std::size_t ignored_ = 0;
  TimePoint last_line_ = MonotonicClock::now();
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
};

// A transport that runs one Get at a time.
class Downloads::Line {
 public:
  Line(const TransportSettings& settings, double idle_timeout_s)
      : idle_(seconds(idle_timeout_s)), transport_(settings, [this](TimePoint now) { return turn(now); }) {}

  // Returns when it is over.
  void run(Get& get) {
    {
      const std::lock_guard lock(mutex_);
      next_ = &get;
    }
    transport_.wake();
    get.wait();
  }

 private:
  TimePoint turn(TimePoint now) {
    {
      const std::lock_guard lock(mutex_);
      if (next_ != nullptr) {
        active_ = std::exchange(next_, nullptr);
        active_->last_activity = now;
        active_->on_over = [this] { active_ = nullptr; };
        slot_ = transport_.start(active_->url, *active_->headers, "", *active_);
      }
    }
    if (active_ == nullptr) return TimePoint::max();
    const TimePoint due = active_->last_activity + idle_;
    if (now < due) return due;
    transport_.abort(slot_);
    active_->is_stalled = true;
    std::exchange(active_, nullptr)->finish();
    return TimePoint::max();
  }

  const MonotonicClock::duration idle_;
  std::mutex mutex_;
  Get* next_ = nullptr;
  Get* active_ = nullptr;
  Transport::Slot slot_ = 0;
  Transport transport_;  // last: its thread uses all of the above
};

Downloads::Downloads(Environment environment, DownloadSettings settings)
    : environment_(std::move(environment)), settings_(std::move(settings)) {}

Downloads::~Downloads() = default;

Downloads::Line& Downloads::line_to(bool is_loopback) {
  std::unique_ptr<Line>& line = is_loopback ? direct_ : outside_;
  if (line == nullptr) {
    AdapterContext context;
    context.environment = environment_;
    Endpoint endpoint;
    endpoint.is_loopback = is_loopback;
    line = std::make_unique<Line>(transport_settings(context, endpoint, kConnectTimeoutS), settings_.idle_timeout_s);
  }
  return *line;
}

Result<void> Downloads::fetch(const std::string& url, const std::string& path, std::optional<std::uint64_t> bytes) {
  was_missing_ = false;
  if (Result<void> loaded = load_transport(); !loaded) return loaded;
  const auto closer = [](std::FILE* file) { static_cast<void>(std::fclose(file)); };
  const std::unique_ptr<std::FILE, decltype(closer)> file(std::fopen(path.c_str(), "ab"), closer);
  if (file == nullptr) return usage_error(path + ": cannot be written: " + std::strerror(errno));
  std::string target = url;
  std::uint64_t most = 0;  // bytes that were there at once
  int redirects = 0;
  int fruitless = 0;
  for (int attempts = 0; attempts < kMostAttempts;) {
    const Result<Endpoint> endpoint = endpoint_of(origin_of(target));
    if (!endpoint) return usage_error(url + ": " + endpoint.error().message);
    if (std::fseek(file.get(), 0, SEEK_END) != 0) return usage_error(path + ": " + std::strerror(errno));
    const auto size = static_cast<std::uint64_t>(std::ftell(file.get()));
    if (bytes && size == *bytes) return {};
    Get get(file.get(), size, bytes, settings_);
    if (bytes && size > *bytes && !get.empty()) return usage_error(path + ": " + std::strerror(get.disk_error));
    std::vector<std::string> lines{"Accept: */*", "Accept-Encoding: identity", "User-Agent: assay"};
    if (get.size() > 0) lines.push_back("Range: bytes=" + std::to_string(get.size()) + "-");
    get.headers.emplace(lines);
    get.url = target;
    line_to(endpoint->is_loopback).run(get);
    const bool flushed = std::fflush(file.get()) == 0;
    if (!flushed || get.disk_error != 0) {
      return usage_error(path + ": cannot be written: " + std::strerror(get.disk_error != 0 ? get.disk_error : errno));
    }

    // What it came to: done, on to another place, hopeless, or once more.
    std::string why;
    double wait_s = 0;
    bool is_hopeless = false;
    if (get.is_too_long) {
      static_cast<void>(get.empty());
      return usage_error(url + ": the server sends more than the " + std::to_string(bytes.value_or(0)) +
                         " bytes that the file has; nothing was kept");
    }
    if (get.is_stalled) {
      why = "nothing came for " + std::to_string(static_cast<int>(settings_.idle_timeout_s + 0.5)) + " s";
    } else if (get.is_wrong_range || get.status == 416) {
      // 416 to what lacks nothing: the size is not known, and the hash decides.
      if (get.status == 416 && !bytes && size > 0) return {};
      why = "the server sends another part than the one asked for";
      if (!get.empty()) return usage_error(path + ": cannot be written: " + std::strerror(get.disk_error));
    } else if (get.end.error != TransportError::kNone) {
      why = get.end.message.empty() ? "the connection broke" : get.end.message;
      is_hopeless = get.end.error == TransportError::kCertificate || get.end.error == TransportError::kInvalid;
      if (get.end.error == TransportError::kResolve) fruitless = std::max(fruitless, settings_.attempts - 2);
    } else if (get.status >= 300 && get.status < 400 && !get.head.location.empty()) {
      const std::string next = resolved(target, get.head.location);
      if (++redirects > kMostRedirects) return usage_error(url + ": redirected too often");
      if (!next.starts_with("https://") && (!next.starts_with("http://") || target.starts_with("https://"))) {
        return usage_error(url + ": redirected to " + next.substr(0, 100) + ", which is not followed");
      }
      target = next;
      continue;
    } else if (get.status == 200 || get.status == 206) {
      if (!bytes || get.size() == *bytes) return {};
      why = "the server's file ends after " + std::to_string(get.size()) + " of " + std::to_string(*bytes) + " bytes";
    } else {
      why = "status " + std::to_string(get.status);
      was_missing_ = get.status == 404 || get.status == 410;
      is_hopeless = get.status < 500 && get.status != 408 && get.status != 429;
      wait_s = std::min(get.head.retry_after_ms.value_or(0) / 1000, kLongestWaitS);
    }

    ++attempts;
    fruitless = get.size() > most ? 0 : fruitless + 1;
    most = std::max(most, get.size());
    if (is_hopeless || fruitless >= settings_.attempts) {
      return usage_error(url + ": " + why + (get.size() > 0 ? "; what came so far is kept, call again to go on" : ""));
    }
    redirects = 0;
    target = url;
    wait_s = std::max(wait_s, settings_.first_wait_s * static_cast<double>(1U << static_cast<unsigned>(fruitless)) / 2);
    if (settings_.log) settings_.log(why + "; once more");
    std::this_thread::sleep_for(seconds(std::min(wait_s, kLongestWaitS)));
  }
  return usage_error(url + ": the server breaks off again and again");
}

}  // namespace assay::http
