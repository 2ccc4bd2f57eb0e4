#include "suites/sandbox/judge_process.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <utility>

#include "suites/sandbox/channel.h"

namespace assay::sandbox {
namespace {

constexpr int kMostTrials = 500;  // whatever the interpreter gathers is gone after so many
constexpr int kAnswerMilliseconds = 60'000;
constexpr int kUnboundedCpuSeconds = 1 << 20;  // assay's own clock bounds each trial

bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&entry, 1, kAnswerMilliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

bool JudgeProcess::prepare(std::int64_t memory_bytes) {
  if (alive_ && (++trials_ > kMostTrials || memory_bytes != memory_bytes_) && !end()) return false;
  if (alive_) return true;
  auto report = make_message_pair();
  if (!report) return false;
  const ChildLimits limits{
      .memory_bytes = memory_bytes, .file_bytes = 0, .cpu_seconds = kUnboundedCpuSeconds, .threads = 1};
  if (!zygote_->submit("judge", limits, {report->second.get()})) return false;
  report->second.reset();
  jobs_ = UniqueFd(::fcntl(report->first.get(), F_DUPFD_CLOEXEC, 0));
  watch_ = Watch(std::move(report->first));
  if (!readable(watch_.fd())) return false;
  watch_.take(false);
  alive_ = watch_.confined();
  memory_bytes_ = memory_bytes;
  trials_ = 0;
  return alive_;
}

bool JudgeProcess::give(const std::vector<int>& fds) { return send_message(jobs_.get(), "trial", fds); }

std::optional<ChildEnd> JudgeProcess::take_end() {
  alive_ = false;
  jobs_.reset();
  return zygote_->take_end();
}

bool JudgeProcess::end() {
  if (!alive_) return true;
  zygote_->kill_child();
  return readable(control_fd()) && take_end().has_value();
}

}  // namespace assay::sandbox
