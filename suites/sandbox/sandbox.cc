#include "suites/sandbox/sandbox.h"

#include <pwd.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <sstream>

#include "suites/sandbox/landlock.h"
#include "suites/sandbox/syscall_filter.h"

namespace assay::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFirstUid = 60'100;  // above people and services, below nobody, and mapped in any container
constexpr unsigned kLastUid = 64'900;

bool is_used(unsigned uid) {
  if (::getpwuid(uid)) return true;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    struct stat status {};
    if (::stat(entry.path().c_str(), &status) == 0 && status.st_uid == uid) return true;
  }
  return false;
}

std::vector<int> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

/// Keeps the calling thread on a worker's CPU for as long as it lives: what it is told and what it says then wakes
/// nobody elsewhere, and that CPU does not idle meanwhile. A matter of speed alone: where the kernel refuses, nothing
/// happens.
class OnCpu {
 public:
  explicit OnCpu(int cpu) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(cpu), &only);
    changed_ = ::sched_getaffinity(0, sizeof before_, &before_) == 0 && ::sched_setaffinity(0, sizeof only, &only) == 0;
  }
  ~OnCpu() {
    if (changed_) ::sched_setaffinity(0, sizeof before_, &before_);
  }
  OnCpu(const OnCpu&) = delete;
  OnCpu& operator=(const OnCpu&) = delete;

 private:
  cpu_set_t before_{};
  bool changed_ = false;
};

std::string find_python() {
  std::vector<std::string> places = {"/usr/bin", "/usr/local/bin"};
  if (const char* path = std::getenv("PATH")) {
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, ':');) places.push_back(part);
  }
  for (const std::string& place : places) {
    const std::string python = place + "/python3";
    if (!place.empty() && place.front() == '/' && ::access(python.c_str(), X_OK) == 0) return python;
  }
  return "";
}

std::string namespaces_text(Namespaces mode) {
  switch (mode) {
    case Namespaces::kUser:
      return "user, pid, net, ipc, mount, uts, cgroup";
    case Namespaces::kRoot:
      return "pid, net, ipc, mount, uts, cgroup; made by root";
    case Namespaces::kNone:
      break;
  }
  return "";
}

Isolation describe(Namespaces mode, int abi, bool seccomp, bool is_root, bool unused_uid, const std::string& why_none,
                   const std::string& why_no_cgroup) {
  const bool separate = mode != Namespaces::kNone;
  Isolation isolation{.namespaces = mode,
                      .landlock_abi = abi,
                      .seccomp = seccomp,
                      .unused_uid = unused_uid,
                      .cgroup = why_no_cgroup.empty()};
  isolation.layers = {
      {"namespaces", separate, separate ? namespaces_text(mode) : why_none},
      {"landlock", abi > 0, abi > 0 ? "ABI " + std::to_string(abi) : "this kernel has none, or it is switched off"},
      {"seccomp", seccomp, seccomp ? "allow list" : "this kernel filters no system calls"},
      {"no_new_privs", true, ""},
      {"rlimits", true, ""},
      {"scratch in memory", separate, separate ? "" : "no writable directory at all"},
      {"uid", !is_root || unused_uid,
       is_root ? (unused_uid ? "an unused one per worker" : "root stays root") : "the user's own"},
      {"cgroup", why_no_cgroup.empty(), why_no_cgroup.empty() ? "v2: memory, pids" : why_no_cgroup},
  };
  return isolation;
}

}  // namespace

EntrySettings Sandbox::settings() {
  EntrySettings settings;
  settings.namespaces = isolation_.namespaces;
  settings.landlock_abi = isolation_.landlock_abi;
  settings.seccomp = isolation_.seccomp;
  settings.scratch_bytes = options_.scratch_bytes;
  settings.command = {python_};
  if (isolation_.unused_uid) {
    do {
      settings.uid = kFirstUid + next_uid_++ % (kLastUid - kFirstUid);
    } while (is_used(settings.uid));
  }
  return settings;
}

Result<std::unique_ptr<Sandbox>> Sandbox::create(const SandboxOptions& options) {
  std::unique_ptr<Sandbox> sandbox(new Sandbox);
  sandbox->options_ = options;
  const std::vector<int> cpus = usable_cpus();
  if (sandbox->options_.workers <= 0) sandbox->options_.workers = static_cast<int>(cpus.size());
  // Program and tests take turns: on one CPU they hand over without waking another. Fewer workers may spread.
  if (sandbox->options_.workers >= static_cast<int>(cpus.size())) {
    for (const int cpu : cpus) sandbox->cpus_.push_back(std::make_shared<const int>(cpu));
  }
  sandbox->python_ = options.python.empty() ? find_python() : options.python;
  if (sandbox->python_.empty()) return usage_error("sandbox: no python3 found; install Python 3.9 or newer");
  const bool is_root = ::geteuid() == 0;
  sandbox->next_uid_ = std::random_device{}() % (kLastUid - kFirstUid);
  const int abi = std::min(landlock_abi(), options.ceiling.landlock_abi);
  const bool seccomp = options.ceiling.seccomp && can_filter();

  std::vector<Namespaces> modes;
  if (options.ceiling.namespaces) modes.push_back(Namespaces::kUser);
  if (options.ceiling.namespaces && is_root) modes.push_back(Namespaces::kRoot);
  modes.push_back(Namespaces::kNone);
  std::string why_none = options.ceiling.namespaces ? "" : "switched off";
  std::string last_error;
  std::string why_no_cgroup = "switched off";
  if (options.ceiling.cgroup) {
    Result<DelegatedCgroup> cgroup = DelegatedCgroup::find({});
    why_no_cgroup = cgroup ? "" : cgroup.error().message;
    if (cgroup) sandbox->cgroups_ = std::move(*cgroup);
  }
  for (const bool drop : {true, false}) {
    if (!drop && (!is_root || !options.unsafe)) break;  // programs as root: only if told to
    for (const Namespaces mode : modes) {
      sandbox->isolation_ = describe(mode, abi, seccomp, is_root, is_root && drop, why_none, why_no_cgroup);
      if (!sandbox->isolation_.enough() && !options.unsafe) {
        return usage_error("sandbox: too little isolation here to run programs that a model wrote (" +
                           sandbox->isolation_.text() +
                           "); use a machine with user namespaces or Landlock, and seccomp, or give --unsafe-exec");
      }
      Result<Worker> worker = sandbox->start_worker();
      if (!worker && sandbox->cgroups_ && worker.error().message.starts_with("cgroup: ")) {  // delegated in name only
        why_no_cgroup = worker.error().message.substr(8);
        sandbox->cgroups_.reset();
        sandbox->isolation_ = describe(mode, abi, seccomp, is_root, is_root && drop, why_none, why_no_cgroup);
        worker = sandbox->start_worker();
      }
      if (worker) {
        sandbox->idle_.push_back(std::move(*worker));
        return sandbox;
      }
      last_error = worker.error().message;
      if (mode != Namespaces::kNone && why_none.size() < 200) why_none += (why_none.empty() ? "" : "; ") + last_error;
    }
  }
  return usage_error("sandbox: no worker starts: " + last_error);
}

Sandbox::~Sandbox() = default;

Result<std::unique_ptr<Cgroup>> Sandbox::make_cgroup() const {
  if (!cgroups_) return std::unique_ptr<Cgroup>();
  return cgroups_->make_child();
}

Result<std::unique_ptr<Zygote>> Sandbox::start_zygote(bool judges, int cpu) {
  Result<std::unique_ptr<Cgroup>> cgroup = make_cgroup();
  if (!cgroup) return forward_error(cgroup);
  EntrySettings confined = settings();
  confined.judges = judges;
  confined.cpu = cpu;
  return Zygote::start(std::move(confined), std::move(*cgroup));
}

std::shared_ptr<const int> Sandbox::choose_cpu() {
  const std::lock_guard lock(mutex_);
  const auto fewest = std::min_element(cpus_.begin(), cpus_.end(),
                                       [](const auto& a, const auto& b) { return a.use_count() < b.use_count(); });
  return fewest == cpus_.end() ? nullptr : *fewest;
}

Result<Sandbox::Worker> Sandbox::start_worker() {
  Worker worker;
  worker.cpu = choose_cpu();
  const int cpu = worker.cpu ? *worker.cpu : -1;
  Result<std::unique_ptr<Zygote>> candidate = start_zygote(false, cpu);
  if (!candidate) return forward_error(candidate);
  Result<std::unique_ptr<Zygote>> judge = start_zygote(true, cpu);  // both warm up at the same time
  if (!judge) return forward_error(judge);
  for (const auto& zygote : {candidate->get(), judge->get()}) {
    if (Result<void> warm = zygote->await(); !warm) return forward_error(warm);
  }
  worker.candidate = std::move(*candidate);
  worker.judge = std::make_unique<JudgeProcess>(std::move(*judge));
  return worker;
}

Sandbox::Worker Sandbox::take_worker(bool alone) {
  std::unique_lock lock(mutex_);
  if (alone) {
    ++want_alone_;
    changed_.wait(lock, [&] { return running_ == 0 && !alone_; });
    --want_alone_;
    alone_ = true;
  } else {
    changed_.wait(lock, [&] { return !alone_ && want_alone_ == 0 && running_ < options_.workers; });
  }
  ++running_;
  if (idle_.empty()) return {};
  Worker worker = std::move(idle_.back());
  idle_.pop_back();
  return worker;
}

void Sandbox::give_back(Worker worker, bool alone) {
  {
    const std::lock_guard lock(mutex_);
    --running_;
    if (alone) alone_ = false;
    if (worker.candidate) idle_.push_back(std::move(worker));
  }
  changed_.notify_all();
}

TrialReport Sandbox::attempt(const Trial& trial, const Limits& limits, bool alone) {
  Worker worker = take_worker(alone);
  TrialReport report;
  if (!worker.candidate) {
    Result<Worker> started = start_worker();
    if (started) {
      worker = std::move(*started);
    } else {
      report.outcome.text = started.error().message;
    }
  }
  if (worker.candidate) {
    std::optional<OnCpu> here;
    if (worker.cpu) here.emplace(*worker.cpu);
    report = run_trial(*worker.candidate, *worker.judge, trial, limits);
  }
  if (report.worn) worker = {};
  give_back(std::move(worker), alone);
  return report;
}

Outcome Sandbox::judge(const Trial& trial, const Limits& limits) {
  constexpr int kAttempts = 3;
  TrialReport report;
  for (int i = 0; i < kAttempts; ++i) {
    report = attempt(trial, limits, false);
    if (report.outcome.kind != OutcomeKind::kNotJudged) break;
  }
  if (!report.cpu_was_scarce) return report.outcome;
  report = attempt(trial, limits, true);
  report.outcome.retried = true;
  return report.outcome;
}

ProgramOutcome Sandbox::run(const Program& program, const Limits& limits) {
  Result<std::unique_ptr<Cgroup>> cgroup = make_cgroup();
  if (!cgroup) {
    ProgramOutcome failed;
    failed.outcome.text = "sandbox: " + cgroup.error().message;
    return failed;
  }
  return run_program(settings(), cgroup->get(), program, limits);
}

Result<Isolation> probe(const SandboxOptions& options) {
  Result<std::unique_ptr<Sandbox>> sandbox = Sandbox::create(options);
  if (!sandbox) return forward_error(sandbox);
  return (*sandbox)->isolation();
}

}  // namespace assay::sandbox
