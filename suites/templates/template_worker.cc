#include "suites/templates/template_worker.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "harness/core/text.h"
#include "suites/sandbox/landlock.h"
#include "suites/templates/jinja_set.h"
#include "suites/templates/template_wire.h"
#include "suites/worker/wire.h"
#include "suites/worker/worker_process.h"

namespace assay {
namespace templates {
namespace {

constexpr rlim_t kAddressSpaceBytes = 512ULL << 20U;

void limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

void harden() {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, 16);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they reserve address space without end
  limit(RLIMIT_AS, kAddressSpaceBytes);
#endif
  // Nothing may be read or written; where the kernel has no Landlock, the engine has no function that would.
  if (const int abi = sandbox::landlock_abi(); abi > 0) static_cast<void>(sandbox::restrict_files(abi, {}, {}));
}

// Ends the process when it has used so many seconds of processor time since restart(). RLIMIT_CPU cannot: it counts the
// whole life in the kernel's ticks, of which a process sees only an estimate, so that what it leaves may be nothing.
// Where a kernel has no such timer, what is left is the other side's limit on time by the clock.
class CpuTimer {
 public:
  CpuTimer() {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGXCPU;  // by which the other side tells this end from others
    there_ = timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer_) == 0;
  }
  ~CpuTimer() {
    if (there_) timer_delete(timer_);
  }
  CpuTimer(const CpuTimer&) = delete;
  CpuTimer& operator=(const CpuTimer&) = delete;

  void restart(std::size_t seconds) const {
    itimerspec once{};
    once.it_value.tv_sec = static_cast<std::time_t>(seconds);
    if (there_) timer_settime(timer_, 0, &once, nullptr);
  }

 private:
  timer_t timer_{};
  bool there_ = false;
};

void write_error(worker::WireWriter& out, std::uint32_t index, const std::string& message) {
  out = {};
  out.u8(static_cast<std::uint8_t>(Answer::kError));
  out.u32(index);
  out.text(message);
}

void parse(JinjaSet& set, worker::WireReader& request, const CpuTimer& timer, worker::WireWriter& out) {
  set = JinjaSet();
  const std::uint32_t count = request.u32();
  for (std::uint32_t i = 0; i < count && !request.failed(); ++i) {
    timer.restart(cpu_seconds(0));
    if (Result<void> added = set.add(std::string(request.text())); !added) {
      return write_error(out, i, added.error().message);
    }
  }
  out.u8(static_cast<std::uint8_t>(Answer::kDone));
}

void render(JinjaSet& set, worker::WireReader& request, std::size_t seconds, const CpuTimer& timer,
            worker::WireWriter& out) {
  set.set_fields(std::string(request.text()));
  out.u8(static_cast<std::uint8_t>(Answer::kDone));
  const std::uint32_t count = request.u32();
  for (std::uint32_t i = 0; i < count && !request.failed(); ++i) {
    const std::uint32_t index = request.u32();
    timer.restart(seconds);
    Result<std::string> text = set.render(index);
    if (!text) return write_error(out, index, text.error().message);
    if (invalid_utf8_at(*text) != std::string_view::npos) {
      return write_error(out, index, "its output is not UTF-8: slices count bytes, and one cut a character in two");
    }
    out.text(*text);
  }
}

int serve(int socket) {
  harden();
  if (!worker::send_message(socket, kGreeting)) return 1;
  JinjaSet set;
  const CpuTimer timer;
  std::string message;
  while (worker::receive_message(socket, -1, message) == worker::ReceiveStatus::kMessage) {
    worker::WireReader request(message);
    worker::WireWriter out;
    if (static_cast<Task>(request.u8()) == Task::kParse) {
      parse(set, request, timer, out);
    } else {
      render(set, request, cpu_seconds(message.size()), timer, out);
    }
    timer.restart(cpu_seconds(worker::kMaxMessageBytes));  // what sending and receiving take is no template's
    if (!worker::send_message(socket, out.bytes())) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace templates

int template_worker_entry(int argc, char** argv) {
  if (argc != 2 || std::string_view(argv[1]) != templates::kWorkerArgument) return -1;
  try {
    return templates::serve(worker::kWorkerSocket);
  } catch (...) {  // std::bad_alloc under the memory limit: the other side sees the socket close
    return 1;
  }
}

}  // namespace assay
