#include "suites/sandbox/zygote.h"

#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "suites/sandbox/channel.h"
#include "suites/sandbox/spawn.h"

namespace assay::sandbox {
namespace {

constexpr int kStartMilliseconds = 60'000;
constexpr std::int64_t kInterpreterBytes = 64 << 20;  // of its own, beside what its child may use
constexpr int kZygoteOwnProcesses =
    3;  // the interpreter, the next child, and who waits for them outside the pid namespace

bool readable_within(int fd, int milliseconds) {
  pollfd entry{fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&entry, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

Zygote::Zygote(pid_t process, UniqueFd control, const EntrySettings& settings, std::unique_ptr<Cgroup> cgroup)
    : cgroup_(std::move(cgroup)),
      own_bytes_(settings.scratch_bytes + kInterpreterBytes),
      process_(process),
      control_(std::move(control)),
      program_(settings.command.front()) {}

Result<std::unique_ptr<Zygote>> Zygote::start(EntrySettings settings, std::unique_ptr<Cgroup> cgroup) {
  if (cgroup) settings.cgroup = cgroup->directory();
  auto sockets = make_message_pair();
  if (!sockets) return forward_error(sockets);
  Result<pid_t> process = spawn_confined(settings, sockets->second.get(), {});
  if (!process) return forward_error(process);
  sockets->second.reset();
  return std::unique_ptr<Zygote>(new Zygote(*process, std::move(sockets->first), settings, std::move(cgroup)));
}

Result<void> Zygote::await() {
  if (!readable_within(control_fd(), kStartMilliseconds)) {
    return internal_error("python: the interpreter did not start within a minute");
  }
  const std::optional<Received> message = receive_message(control_fd());
  if (!message || message->bytes.empty()) {
    return internal_error("python: " + program_ + " ended at once (Python 3.9 or newer with ctypes is needed)");
  }
  if (message->bytes != "ready") return internal_error(message->bytes.substr(message->bytes.find(' ') + 1));
  return {};
}

Zygote::~Zygote() { end_process(process_); }

bool Zygote::submit(const std::string& role, const ChildLimits& limits, const std::vector<int>& fds) {
  if (cgroup_ && !cgroup_->limit(limits.memory_bytes + own_bytes_, limits.threads + kZygoteOwnProcesses)) return false;
  const nlohmann::json job = {{"id", ++job_},
                              {"role", role},
                              {"memory", limits.memory_bytes},
                              {"file", limits.file_bytes},
                              {"cpu", limits.cpu_seconds},
                              {"threads", limits.threads}};
  return send_message(control_.get(), job.dump(), fds);
}

void Zygote::kill_child() { (void)send_message(control_.get(), "kill"); }

std::optional<ChildEnd> Zygote::take_end() {
  const std::optional<Received> message = receive_message(control_.get());
  if (!message || message->bytes.empty()) return std::nullopt;
  const nlohmann::json end = nlohmann::json::parse(message->bytes, nullptr, false);
  if (!end.is_object() || end.value("id", 0L) != job_) return std::nullopt;
  ChildEnd told{.status = end.value("status", 0),
                .cpu_seconds = end.value("cpu", 0.0),
                .peak_kib = end.value("rss", 0L),
                .left_files = end.value("left", false)};
  if (cgroup_ && WIFSIGNALED(told.status)) {
    const long kills = cgroup_->killed_for_memory();
    told.memory_killed = kills > std::exchange(memory_kills_, kills);
  }
  return told;
}

}  // namespace assay::sandbox
