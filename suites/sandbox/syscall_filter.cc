#include "suites/sandbox/syscall_filter.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <type_traits>

namespace assay::sandbox {
namespace {

// What an interpreter and its threads need to compute, to keep time, and to use the descriptors they were given.
constexpr std::array kComputing = {"read",
                                   "write",
                                   "readv",
                                   "writev",
                                   "pread64",
                                   "pwrite64",
                                   "preadv",
                                   "pwritev",
                                   "close",
                                   "close_range",
                                   "lseek",
                                   "poll",
                                   "ppoll",
                                   "select",
                                   "pselect6",
                                   "epoll_create",
                                   "epoll_create1",
                                   "epoll_ctl",
                                   "epoll_wait",
                                   "epoll_pwait",
                                   "eventfd2",
                                   "pipe",
                                   "pipe2",
                                   "dup",
                                   "dup2",
                                   "dup3",
                                   "sendmsg",
                                   "recvmsg",
                                   "mmap",
                                   "mprotect",
                                   "munmap",
                                   "mremap",
                                   "madvise",
                                   "brk",
                                   "mincore",
                                   "membarrier",
                                   "rt_sigaction",
                                   "rt_sigprocmask",
                                   "rt_sigreturn",
                                   "rt_sigpending",
                                   "rt_sigsuspend",
                                   "rt_sigtimedwait",
                                   "sigaltstack",
                                   "pause",
                                   "alarm",
                                   "setitimer",
                                   "getitimer",
                                   "restart_syscall",
                                   "nanosleep",
                                   "clock_nanosleep",
                                   "clock_gettime",
                                   "clock_getres",
                                   "gettimeofday",
                                   "time",
                                   "times",
                                   "getrusage",
                                   "getpid",
                                   "getppid",
                                   "gettid",
                                   "getuid",
                                   "geteuid",
                                   "getgid",
                                   "getegid",
                                   "getresuid",
                                   "getresgid",
                                   "getgroups",
                                   "getpgrp",
                                   "getpgid",
                                   "getsid",
                                   "uname",
                                   "sysinfo",
                                   "getcpu",
                                   "getrlimit",
                                   "setrlimit",
                                   "getrandom",
                                   "umask",
                                   "getpriority",
                                   "sched_yield",
                                   "sched_getaffinity",
                                   "sched_getparam",
                                   "sched_getscheduler",
                                   "sched_get_priority_max",
                                   "sched_get_priority_min",
                                   "futex",
                                   "futex_waitv",
                                   "set_tid_address",
                                   "set_robust_list",
                                   "rseq",
                                   "arch_prctl",
                                   "exit",
                                   "exit_group"};

// Files: which ones is for the mount namespace and Landlock to say.
constexpr std::array kFiles = {
    "open",       "openat",   "access",    "faccessat", "faccessat2",     "stat",       "lstat",     "fstat",
    "newfstatat", "statx",    "statfs",    "fstatfs",   "readlink",       "readlinkat", "getdents",  "getdents64",
    "getcwd",     "chdir",    "fchdir",    "mkdir",     "mkdirat",        "rmdir",      "unlink",    "unlinkat",
    "rename",     "renameat", "renameat2", "symlink",   "symlinkat",      "ftruncate",  "fallocate", "fsync",
    "fdatasync",  "flock",    "fadvise64", "sendfile",  "copy_file_range"};

// Landlock does not know these (truncate: not before ABI 3), so they need a file tree without anybody's files.
constexpr std::array kMetadata = {"truncate", "link",  "linkat", "chmod",     "fchmod",
                                  "fchmodat", "utime", "utimes", "utimensat", "futimesat"};

constexpr std::array kProcesses = {"fork",  "vfork",  "execve",  "execveat", "wait4",      "waitid",           "kill",
                                   "tkill", "tgkill", "setpgid", "setsid",   "pidfd_open", "pidfd_send_signal"};

constexpr std::uint64_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

struct Release {
  void operator()(scmp_filter_ctx filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Release>;

class Rules {
 public:
  explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}

  template <std::size_t n>
  void allow(const std::array<const char*, n>& names) {
    for (const char* name : names) allow(name);
  }

  void allow(const char* name) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number < 0) return;  // not a call of this architecture
    note(seccomp_rule_add(filter_, SCMP_ACT_ALLOW, number, 0));
  }

  void allow_with(const char* name, scmp_arg_cmp condition) {
    note(seccomp_rule_add(filter_, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(name), 1, condition));
  }

  void fail_with(const char* name, std::uint16_t error) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number >= 0) note(seccomp_rule_add(filter_, SCMP_ACT_ERRNO(error), number, 0));
  }

  [[nodiscard]] int error() const { return error_; }

 private:
  void note(int result) {
    if (result != 0 && error_ == 0) error_ = result;
  }

  scmp_filter_ctx filter_;
  int error_ = 0;
};

// libseccomp's own macros for these are compound literals, which C++ does not have.
scmp_arg_cmp is_equal(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }

scmp_arg_cmp is_equal_under(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void add_argument_rules(Rules& rules, const FilterPurpose& purpose) {
  // Threads, but no processes; never new namespaces.
  const std::uint64_t clone_mask = kNewNamespaces | (purpose.starts_processes ? 0 : CLONE_THREAD);
  const std::uint64_t clone_flags = purpose.starts_processes ? 0U : std::uint64_t{CLONE_THREAD};
  rules.allow_with("clone", is_equal_under(0, clone_mask, clone_flags));
  rules.fail_with("clone3", ENOSYS);  // its flags are out of a filter's sight: the C library falls back to clone
  for (const std::uint64_t command :
       {std::uint64_t{F_DUPFD}, std::uint64_t{F_GETFD}, std::uint64_t{F_SETFD}, std::uint64_t{F_GETFL},
        std::uint64_t{F_SETFL}, std::uint64_t{F_GETLK}, std::uint64_t{F_SETLK}, std::uint64_t{F_SETLKW},
        std::uint64_t{F_DUPFD_CLOEXEC}, std::uint64_t{1032} /* F_GETPIPE_SZ */}) {
    rules.allow_with("fcntl", is_equal(1, command));
  }
  for (const std::uint64_t request : {std::uint64_t{TCGETS}, std::uint64_t{TIOCGWINSZ}, std::uint64_t{FIONREAD},
                                      std::uint64_t{FIONBIO}, std::uint64_t{FIOCLEX}, std::uint64_t{FIONCLEX}}) {
    rules.allow_with("ioctl", is_equal(1, request));
  }
  for (const std::uint64_t option :
       {std::uint64_t{PR_SET_NAME}, std::uint64_t{PR_GET_NAME}, std::uint64_t{PR_CAPBSET_READ},
        std::uint64_t{PR_GET_DUMPABLE}, std::uint64_t{0x53564d41} /* PR_SET_VMA: naming memory */}) {
    rules.allow_with("prctl", is_equal(0, option));
  }
  rules.allow_with("prlimit64", is_equal(0, 0));  // its own
}

}  // namespace

Result<UniqueFd> compile_filter(const FilterPurpose& purpose, bool notify) {
  const Filter filter(seccomp_init(notify ? SCMP_ACT_NOTIFY : SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return internal_error("sandbox: libseccomp cannot start a filter");
  // A foreign calling convention (32-bit, x32) would give the numbers another meaning.
  seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  Rules rules(filter.get());
  rules.allow(kComputing);
  rules.allow(kFiles);
  if (purpose.changes_metadata) rules.allow(kMetadata);
  if (purpose.starts_processes) rules.allow(kProcesses);
  if (purpose.executes_once && !purpose.starts_processes) rules.allow("execve");
  add_argument_rules(rules, purpose);
  if (rules.error() != 0) {
    return internal_error(std::string("sandbox: libseccomp refuses a rule: ") + std::strerror(-rules.error()));
  }
  UniqueFd program(::memfd_create("assay-filter", MFD_CLOEXEC));
  if (!program || seccomp_export_bpf(filter.get(), program.get()) != 0 || ::lseek(program.get(), 0, SEEK_SET) != 0) {
    return internal_error("sandbox: cannot write the system-call filter");
  }
  return program;
}

bool can_filter() { return ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0; }

bool can_notify() {
  const std::uint32_t action = SECCOMP_RET_USER_NOTIF;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

std::string syscall_name(int number) {
  const std::unique_ptr<char, decltype(&std::free)> name(seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number),
                                                         &std::free);
  return name ? name.get() : "call " + std::to_string(number);
}

int refuse_next(int listener) {
  // The kernel's structures may be longer than this build knows: room for growth.
  alignas(seccomp_notif) std::array<char, 512> incoming{};
  alignas(seccomp_notif_resp) std::array<char, 512> answer{};
  auto* call = reinterpret_cast<seccomp_notif*>(incoming.data());
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, call) != 0) return -1;
  auto* response = reinterpret_cast<seccomp_notif_resp*>(answer.data());
  response->id = call->id;
  response->error = -EPERM;
  ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, response);  // the caller may be dead already: no matter
  return call->data.nr;
}

}  // namespace assay::sandbox
