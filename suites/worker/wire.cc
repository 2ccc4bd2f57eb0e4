#include "suites/worker/wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "harness/core/clock.h"

namespace assay::worker {

bool send_message(int socket, std::string_view bytes) {
  std::uint32_t size = static_cast<std::uint32_t>(bytes.size());
  std::size_t sent = 0;
  const std::size_t total = sizeof size + bytes.size();
  while (sent < total) {
    std::array<iovec, 2> parts{};
    std::size_t count = 0;
    if (sent < sizeof size) parts[count++] = {reinterpret_cast<char*>(&size) + sent, sizeof size - sent};
    const std::size_t body = sent < sizeof size ? 0 : sent - sizeof size;
    if (body < bytes.size()) parts[count++] = {const_cast<char*>(bytes.data()) + body, bytes.size() - body};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t written = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    sent += static_cast<std::size_t>(written);
  }
  return true;
}

ReceiveStatus receive_message(int socket, int timeout_ms, std::string& message) {
  const MonotonicClock::time_point start = MonotonicClock::now();
  message.clear();
  std::array<char, 16384> buffer;  // filled by recv
  std::string received;
  std::size_t wanted = 0;  // with the length itself; 0: not yet known
  while (true) {
    pollfd waiting{socket, POLLIN, 0};
    int left = -1;
    if (timeout_ms >= 0) {
      left = timeout_ms - static_cast<int>(milliseconds_since(start));
      if (left < 0) return ReceiveStatus::kTimeout;
    }
    const int ready = poll(&waiting, 1, left);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return ReceiveStatus::kTimeout;
    if (ready < 0) return ReceiveStatus::kClosed;
    const ssize_t got = recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ReceiveStatus::kClosed;
    received.append(buffer.data(), static_cast<std::size_t>(got));
    if (wanted == 0 && received.size() >= sizeof(std::uint32_t)) {
      std::uint32_t size = 0;
      std::memcpy(&size, received.data(), sizeof size);
      if (size > kMaxMessageBytes) return ReceiveStatus::kClosed;
      wanted = sizeof size + size;
    }
    // one message is answered by one message, so that nothing of a next one can have come along
    if (wanted != 0 && received.size() >= wanted) {
      if (received.size() > wanted) return ReceiveStatus::kClosed;
      message.assign(received, sizeof(std::uint32_t));
      return ReceiveStatus::kMessage;
    }
  }
}

}  // namespace assay::worker
