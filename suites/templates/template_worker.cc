#include "suites/templates/template_worker.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdint>
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
constexpr int kCpuSeconds = 2;

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

// The limit counts the process's whole life, so it moves along.
void allow_cpu() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  rlimit both{};
  getrlimit(RLIMIT_CPU, &both);
  both.rlim_cur = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + kCpuSeconds;
  if (both.rlim_max != RLIM_INFINITY && both.rlim_cur > both.rlim_max) both.rlim_cur = both.rlim_max;
  setrlimit(RLIMIT_CPU, &both);
}

void write_error(worker::WireWriter& out, std::uint32_t index, const std::string& message) {
  out = {};
  out.u8(static_cast<std::uint8_t>(Answer::kError));
  out.u32(index);
  out.text(message);
}

void parse(JinjaSet& set, worker::WireReader& request, worker::WireWriter& out) {
  set = JinjaSet();
  const std::uint32_t count = request.u32();
  for (std::uint32_t i = 0; i < count && !request.failed(); ++i) {
    if (Result<void> added = set.add(std::string(request.text())); !added) {
      return write_error(out, i, added.error().message);
    }
  }
  out.u8(static_cast<std::uint8_t>(Answer::kDone));
}

void render(JinjaSet& set, worker::WireReader& request, worker::WireWriter& out) {
  if (Result<void> fields = set.set_fields(request.text()); !fields) {
    return write_error(out, kNoTemplate, fields.error().message);
  }
  out.u8(static_cast<std::uint8_t>(Answer::kDone));
  const std::uint32_t count = request.u32();
  for (std::uint32_t i = 0; i < count && !request.failed(); ++i) {
    const std::uint32_t index = request.u32();
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
  std::string message;
  while (worker::receive_message(socket, -1, message) == worker::ReceiveStatus::kMessage) {
    allow_cpu();
    worker::WireReader request(message);
    worker::WireWriter out;
    if (static_cast<Task>(request.u8()) == Task::kParse) {
      parse(set, request, out);
    } else {
      render(set, request, out);
    }
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
