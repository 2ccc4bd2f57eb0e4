// Plain data over a socket between assay and its SQL workers: length-prefixed messages of numbers and bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace assay::text_to_sql {

/// What a worker is asked to do; the first byte of a request.
enum class WorkerTask : std::uint8_t { kQuery = 1, kDescribe = 2, kBuild = 3, kReversedQuery = 4, kScratch = 5 };

/// The first message of a worker, before any request: that the program at the other end is one.
inline constexpr std::string_view kWorkerGreeting = "assay sql worker 1";

/// No message may be longer.
inline constexpr std::uint32_t kMaxMessageBytes = 1U << 30U;

/// Puts a message together. Numbers are in the machine's own order: both ends are the same program.
class WireWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void u32(std::uint32_t value) { raw(&value, sizeof value); }
  void u64(std::uint64_t value) { raw(&value, sizeof value); }
  void text(std::string_view value) {
    u32(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }
  void raw(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

/// Takes a message apart; once something is missing, failed() and everything reads as 0 or empty.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  std::string_view text() {
    const std::uint32_t size = u32();
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  template <class T>
  T number() {
    T value = 0;
    if (rest_.size() < sizeof(T)) {
      failed_ = true;
      rest_ = {};
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

/// Sends one message over a blocking socket. False: the other end is gone.
[[nodiscard]] bool send_message(int socket, std::string_view bytes);

enum class ReceiveStatus { kMessage, kClosed, kTimeout };

/// Waits at most `timeout_ms` milliseconds (negative: for ever) in all for a whole message.
[[nodiscard]] ReceiveStatus receive_message(int socket, int timeout_ms, std::string& message);

}  // namespace assay::text_to_sql
