#include "suites/sandbox/entry.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "suites/sandbox/channel.h"
#include "suites/sandbox/entry_settings.h"
#include "suites/sandbox/landlock.h"
#include "suites/sandbox/namespaces.h"
#include "suites/sandbox/syscall_filter.h"

namespace assay {
namespace sandbox {
namespace {

constexpr const char* kZygoteSource =
#include "suites/sandbox/zygote_source.inc"
    ;

/// Says on the control socket why this process cannot become what it should, and ends it.
[[noreturn]] void give_up(const std::string& step, const std::string& why) {
  (void)send_message(kControlFd, "error " + step + ": " + why);
  ::_exit(1);
}

void require(const std::string& step, const std::string& error) {
  if (!error.empty()) give_up(step, error);
}

void limit(int resource, std::int64_t value) {
  const rlimit both{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) {
    give_up("rlimits", std::strerror(errno));
  }
}

void drop_to(unsigned uid) {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(uid, uid, uid) != 0 || ::setresuid(uid, uid, uid) != 0) {
    give_up("uid", std::string("root cannot become an unused user: ") + std::strerror(errno));
  }
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // its own /proc entries, for the user namespace's maps, are root's otherwise
}

void drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) give_up("capabilities", std::strerror(errno));
}

/// Goes on in a child that is process 1 of the new pid namespace; the caller waits for it and ends as it ended.
void become_first_process() {
  const pid_t child = ::fork();
  if (child < 0) give_up("namespaces", std::strerror(errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    return;
  }
  ::close(kControlFd);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void join_cgroup(const std::string& directory) {
  if (directory.empty()) return;
  const UniqueFd file(::open((directory + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), "0", 1) != 1) give_up("cgroup", std::strerror(errno));
}

/// All walls but the system-call filter.
void confine(const EntrySettings& settings) {
  join_cgroup(settings.cgroup);
  const std::vector<std::string> readable = readable_paths(settings.command.front());
  const bool separate = settings.namespaces != Namespaces::kNone;
  if (settings.uid != 0 && settings.namespaces != Namespaces::kRoot) drop_to(settings.uid);
  if (separate) {
    require("namespaces", enter_namespaces(settings.namespaces));
    const unsigned owner = settings.uid != 0 ? settings.uid : ::geteuid();
    require("namespaces", replace_root(readable, settings.scratch_bytes, owner));
    become_first_process();
  }
  if (settings.uid != 0 && settings.namespaces == Namespaces::kRoot) drop_to(settings.uid);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up("no_new_privs", std::strerror(errno));
  drop_capabilities();
  if (settings.landlock_abi > 0) {
    std::vector<std::string> read_only = readable;
    for (const char* device : {"/dev/zero", "/dev/random", "/dev/urandom"}) read_only.emplace_back(device);
    std::vector<std::string> writable = {"/dev/null"};
    if (separate) writable.emplace_back(kScratch);
    require("landlock", restrict_files(settings.landlock_abi, read_only, writable));
  }
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  limit(RLIMIT_NOFILE, 64);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Replaces this process by the warm interpreter. The hash seed is fixed so that a program's verdict is, too.
[[noreturn]] void become_interpreter(const EntrySettings& settings) {
  int filter_fd = -1;
  if (settings.seccomp) {
    Result<UniqueFd> filter =
        compile_filter({.changes_metadata = settings.namespaces != Namespaces::kNone}, can_notify());
    if (!filter) give_up("seccomp", filter.error().message);
    filter_fd = ::dup(filter->get());  // without close-on-exec
  }
  const bool own_uid = settings.namespaces == Namespaces::kUser || settings.uid != 0;
  std::vector<std::string> command = {settings.command.front(),
                                      "-s",
                                      "-S",
                                      "-c",
                                      kZygoteSource,
                                      std::to_string(filter_fd),
                                      std::to_string(SYS_seccomp),
                                      settings.namespaces == Namespaces::kNone ? "" : kScratch,
                                      own_uid ? "1" : "0",
                                      settings.judges ? "judge" : "candidate",
                                      std::to_string(settings.cpu)};
  std::vector<std::string> environment = {"PYTHONHASHSEED=0"};
  ::execve(command.front().c_str(), pointers(command).data(), pointers(environment).data());
  give_up("python", "cannot execute " + command.front() + ": " + std::strerror(errno));
}

void install_filter(const EntrySettings& settings) {
  const bool separate = settings.namespaces != Namespaces::kNone;
  const bool notify = can_notify();
  const Result<UniqueFd> filter =
      compile_filter({.starts_processes = separate, .executes_once = true, .changes_metadata = separate}, notify);
  if (!filter) give_up("seccomp", filter.error().message);
  struct stat status {};
  ::fstat(filter->get(), &status);
  std::vector<sock_filter> instructions(static_cast<std::size_t>(status.st_size) / sizeof(sock_filter));
  if (::read(filter->get(), instructions.data(), static_cast<std::size_t>(status.st_size)) != status.st_size) {
    give_up("seccomp", "cannot read the filter back");
  }
  const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  const UniqueFd listener(static_cast<int>(
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, notify ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &program)));
  if (!listener) give_up("seccomp", std::strerror(errno));
  const bool sent =
      notify ? send_message(kControlFd, "filtered", {listener.get()}) : send_message(kControlFd, "filtered");
  if (!sent) ::_exit(1);
}

/// Replaces this process by any program.
[[noreturn]] void become_program(const EntrySettings& settings) {
  limit(RLIMIT_FSIZE, settings.file_bytes);
  const rlimit cpu{static_cast<rlim_t>(settings.cpu_seconds), static_cast<rlim_t>(settings.cpu_seconds) + 1};
  ::setrlimit(RLIMIT_CPU, &cpu);
  if (settings.namespaces == Namespaces::kUser || settings.uid != 0) limit(RLIMIT_NPROC, settings.processes);
  if (settings.namespaces != Namespaces::kNone && ::chdir(kScratch) != 0) give_up("scratch", std::strerror(errno));
  std::vector<std::string> command = settings.command;
  std::vector<std::string> environment;
  if (::access(command.front().c_str(), X_OK) != 0) {
    give_up("program", "cannot execute " + command.front() + ": " + std::strerror(errno));
  }
  ::fcntl(kControlFd, F_SETFD, FD_CLOEXEC);
  if (settings.seccomp) {
    install_filter(settings);
  } else {
    (void)send_message(kControlFd, "unfiltered");
  }
  const std::vector<char*> arguments = pointers(command);
  const std::vector<char*> variables = pointers(environment);
  limit(RLIMIT_AS, settings.memory_bytes);  // last: it binds this program's own allocations, too
  ::execve(command.front().c_str(), arguments.data(), variables.data());
  give_up("program", "cannot execute " + command.front() + ": " + std::strerror(errno));
}

}  // namespace
}  // namespace sandbox

int sandbox_entry(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], sandbox::kEntryArgument) != 0) return -1;
  const Result<sandbox::EntrySettings> settings = sandbox::from_arguments(argc, argv);
  if (!settings) sandbox::give_up("arguments", settings.error().message);
  ::setsid();  // an interrupt at the terminal is for assay to answer, not for its confined processes
  ::umask(077);
  sandbox::confine(*settings);
  if (settings->interpreter) sandbox::become_interpreter(*settings);
  sandbox::become_program(*settings);
}

}  // namespace assay
