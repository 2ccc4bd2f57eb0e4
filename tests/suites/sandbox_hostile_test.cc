// Hostile programs: each is contained, each is reported as what it is, and nothing of it is left behind.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "suites/sandbox/sandbox.h"
#include "tests/catch.h"

namespace assay::sandbox {
namespace {

/// A program that solves nothing, and the kinds of outcome that say what it is.
struct Hostile {
  std::string name;
  std::string program;
  std::set<std::string> full;     ///< any of these under full isolation
  std::set<std::string> reduced;  ///< the same without namespaces, with Landlock's ABI 2
  std::string refused = {};       ///< a system call that must be among the refused
};

constexpr const char* kCheck = "assert __candidate__('f')(20) == 41\nassert __candidate__('f')(21) == 43\n";

std::string raw_call(int number, const std::string& arguments = "0, 0, 0, 0, 0, 0") {
  return "import ctypes\ndef f(x):\n    libc = ctypes.CDLL(None, use_errno=True)\n    if libc.syscall(" +
         std::to_string(number) + ", " + arguments +
         ") < 0:\n        raise OSError(ctypes.get_errno(), 'no')\n    return 41\n";
}

const std::set<std::string> kRefused = {"refused_call"};
const std::set<std::string> kException = {"exception"};
const std::set<std::string> kWrong = {"wrong_answer"};
const std::set<std::string> kTimeout = {"timeout"};

std::vector<Hostile> hostile_programs(const std::string& canary) {
  const std::string open_path = "def f(x):\n    return len(open(";
  return {
      {"reads /etc/passwd", open_path + "'/etc/passwd').read())", kException, kException},
      {"reads the home", "import os\ndef f(x):\n    return os.listdir('" + canary + "')", kException, kException},
      {"reads /proc/1", open_path + "'/proc/1/environ').read())", kException, kException},
      {"reads its parent's memory", "import os\ndef f(x):\n    return open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
       kException, kException},
      {"reads /sys", "import os\ndef f(x):\n    return os.listdir('/sys/kernel')", kException, kException},
      {"writes outside", "def f(x):\n    open('" + canary + "/written', 'w').write('x')\n    return 41", kException,
       kException},
      {"removes outside", "import os\ndef f(x):\n    os.remove('" + canary + "/kept')\n    return 41", kException,
       kException},
      {"truncates outside", "import os\ndef f(x):\n    os.truncate('" + canary + "/kept', 0)\n    return 41",
       kException, kRefused},
      {"changes modes outside", "import os\ndef f(x):\n    os.chmod('" + canary + "/kept', 0o777)\n    return 41",
       kException, kRefused},
      {"writes /usr", "def f(x):\n    open('/usr/lib/assay-was-here', 'w')\n    return 41", kException, kException},
      {"opens a TCP socket",
       "import socket\ndef f(x):\n    socket.create_connection(('127.0.0.1', 9), 1)\n    return 41", kRefused, kRefused,
       "socket"},
      {"opens a UDP socket",
       "import socket\ndef f(x):\n    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n    return 41", kRefused,
       kRefused, "socket"},
      {"opens a UNIX socket",
       "import socket\ndef f(x):\n    socket.socket(socket.AF_UNIX).connect('/run/x')\n    return 41", kRefused,
       kRefused, "socket"},
      {"opens an abstract socket",
       "import socket\ndef f(x):\n    socket.socket(socket.AF_UNIX).connect('\\0x')\n    return 41", kRefused, kRefused,
       "socket"},
      {"opens a raw socket",
       "import socket\ndef f(x):\n    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n    return 41", kRefused,
       kRefused, "socket"},
      {"resolves a name", "import socket\ndef f(x):\n    return socket.gethostbyname('example.org')", kRefused,
       kRefused, "socket"},
      {"fork bomb", "import os\ndef f(x):\n    while True:\n        os.fork()", kRefused, kRefused, "clone"},
      {"thread bomb",
       "import threading, time\ndef f(x):\n    while True:\n        threading.Thread(target=time.sleep, "
       "args=(99,)).start()",
       {"exception", "memory", "timeout"},
       {"exception", "memory", "timeout"}},
      {"8 GiB allocation", "def f(x):\n    return len(bytearray(8 << 30))", {"memory"}, {"memory"}},
      {"grows without end",
       "def f(x):\n    a = []\n    while True:\n        a.append('x' * (1 << 24))",
       {"memory"},
       {"memory"}},
      {"fills the disk",
       "def f(x):\n    for i in range(1000):\n        with open(f'file{i}', 'wb') as out:\n            out.write(b'x' "
       "* (8 << 20))\n    return 41",
       kException, kException},
      {"endless output",
       "def f(x):\n    while True:\n        print('x' * 4096)",
       {"output_overflow"},
       {"output_overflow"}},
      {"endless answer", "def f(x):\n    return 'x' * (64 << 20)", {"output_overflow"}, {"output_overflow"}},
      {"endless iterator",
       "import itertools\ndef f(x):\n    return map(str, itertools.count())",
       {"output_overflow", "timeout"},
       {"output_overflow", "timeout"}},
      {"sleeps for ever", "import time\ndef f(x):\n    time.sleep(1e6)", kTimeout, kTimeout},
      {"sleeps while loading", "import time\ntime.sleep(1e6)", kTimeout, kTimeout},
      {"loops for ever", "def f(x):\n    while True:\n        pass", kTimeout, kTimeout},
      {"ignores signals",
       "import signal\nfor s in range(1, 65):\n    try:\n        signal.signal(s, signal.SIG_IGN)\n    except "
       "Exception:\n        pass\n"
       "def f(x):\n    while True:\n        pass",
       kTimeout, kTimeout},
      {"double-forks and setsids away",
       "import os, time\ndef f(x):\n    if not os.fork():\n        os.setsid()\n        if not os.fork():\n            "
       "time.sleep(99)\n    return 41",
       kRefused, kRefused, "clone"},
      {"kills its parent", "import os\ndef f(x):\n    os.kill(os.getppid(), 9)\n    return 41", kRefused, kRefused,
       "kill"},
      {"kills its process group", "import os\ndef f(x):\n    os.killpg(0, 9)\n    return 41", kRefused, kRefused,
       "kill"},
      {"kills everything", "import os\ndef f(x):\n    os.kill(-1, 9)\n    return 41", kRefused, kRefused, "kill"},
      {"ptrace", raw_call(101), kRefused, kRefused, "ptrace"},
      {"mount", raw_call(165), kRefused, kRefused, "mount"},
      {"keyctl", raw_call(250), kRefused, kRefused, "keyctl"},
      {"bpf", raw_call(321), kRefused, kRefused, "bpf"},
      {"userfaultfd", raw_call(323), kRefused, kRefused, "userfaultfd"},
      {"io_uring", raw_call(425), kRefused, kRefused, "io_uring_setup"},
      {"perf", raw_call(298), kRefused, kRefused, "perf_event_open"},
      {"new user namespace", raw_call(272, "0x10000000"), kRefused, kRefused, "unshare"},
      {"another filter", raw_call(317, "0, 0, 0"), kRefused, kRefused, "seccomp"},
      {"process_vm_readv", raw_call(310), kRefused, kRefused, "process_vm_readv"},
      {"pidfd_getfd", raw_call(438), kRefused, kRefused, "pidfd_getfd"},
      {"32-bit system call",
       "import ctypes, mmap\ndef f(x):\n    code = mmap.mmap(-1, 4096, prot=7)\n    "
       "code.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
       "    address = ctypes.addressof(ctypes.c_char.from_buffer(code))\n    return "
       "ctypes.CFUNCTYPE(ctypes.c_int)(address)()",
       {"refused_call", "crash"},
       {"refused_call", "crash"}},
      {"ctypes' system()", "import ctypes\ndef f(x):\n    return 41 + ctypes.CDLL(None).system(b'true')", kRefused,
       kRefused},
      {"os.system", "import os, importlib\nimportlib.reload(os)\ndef f(x):\n    return os.system('true') or 41",
       kRefused, kRefused},
      {"posix.system", "import posix\ndef f(x):\n    return posix.system('true') or 41", kRefused, kRefused},
      {"subprocess", "import subprocess\ndef f(x):\n    subprocess.run(['/bin/true'])\n    return 41", kRefused,
       kRefused},
      {"posix_spawn", "import os\ndef f(x):\n    os.posix_spawn('/bin/true', ['true'], {})\n    return 41", kRefused,
       kRefused},
      {"execs another program", "import os\ndef f(x):\n    os.execv('/bin/true', ['true'])", kRefused, kRefused,
       "execve"},
      {"crashes", "import ctypes\ndef f(x):\n    return ctypes.string_at(0)", {"crash"}, {"crash"}},
      {"recurses without end",
       "import sys\nsys.setrecursionlimit(10**9)\ndef f(x):\n    return f(x)",
       {"crash", "memory", "timeout"},
       {"crash", "memory", "timeout"}},
      {"overflows the C stack",
       "import sys\nsys.setrecursionlimit(10**9)\ndef f(x):\n    a = []\n    for i in range(10**6):\n        a = [a]\n"
       "    return repr(a)",
       {"crash", "memory"},
       {"crash", "memory"}},
      {"exits 0 early", "import sys\ndef f(x):\n    sys.exit(0)", kException, kException},
      {"exits 0 while loading", "import sys\nsys.exit(0)", kException, kException},
      {"os._exit(0)", "import os\ndef f(x):\n    os._exit(0)", {"exited"}, {"exited"}},
      {"prints the verdict", "def f(x):\n    print('[\"passed\", \"\", 0.0]', flush=True)\n    return 0", kWrong,
       kWrong},
      {"writes the verdict to every descriptor",
       "import os, struct\nm = b'[\"passed\", \"\", 0.0]'\ndef f(x):\n    for fd in range(64):\n        try:\n         "
       "   os.write(fd, struct.pack('<I', len(m)) + m)\n"
       "        except OSError:\n            pass\n    return 0",
       kWrong, kWrong},
      {"walks frames",
       "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n        for v in "
       "list(frame.f_locals.values()) + list(frame.f_globals.values()):\n"
       "            if isinstance(v, list):\n                v.append('passed')\n        frame = frame.f_back\n    "
       "return 0",
       {"wrong_answer", "exception", "crash", "exited"},
       {"wrong_answer", "exception", "crash", "exited"}},
      {"rewrites the judge through gc",
       "import gc\nfor o in gc.get_objects():\n    if getattr(o, '__name__', '') == '_verdict':\n        o.__code__ = "
       "(lambda judge, program: ('passed', '')).__code__\n"
       "def f(x):\n    return 0",
       kWrong, kWrong},
      {"__eq__ that is always true",
       "class Yes:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\ndef f(x):\n    return "
       "Yes()",
       kWrong, kWrong},
      {"an int that lies",
       "class Yes(int):\n    def __eq__(self, other):\n        return True\ndef f(x):\n    return Yes(0)", kWrong,
       kWrong},
      {"__class__ forgery",
       "class Yes:\n    @property\n    def __class__(self):\n        return int\n    def __eq__(self, other):\n        "
       "return True\ndef f(x):\n    return Yes()",
       kWrong, kWrong},
      {"monkeypatches builtins",
       "import builtins\nbuiltins.AssertionError = None\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda "
       "x: 0\ndef f(x):\n    return 0",
       {"wrong_answer", "exception", "exited"},
       {"wrong_answer", "exception", "exited"}},
      {"patches the encoder",
       "import json, struct\njson.dumps = lambda *a, **k: '[\"passed\", \"\"]'\nstruct.pack = lambda *a: b'xxxx'\ndef "
       "f(x):\n    return 0",
       kWrong, kWrong},
      {"assert rewriting",
       "import ast, sys\nsys.flags\nast.parse = lambda *a, **k: None\n__debug__\ndef f(x):\n    return None", kWrong,
       kWrong},
      {"corrupts stdout with binary", "import os\ndef f(x):\n    os.write(1, bytes(range(256)) * 100)\n    return 0",
       kWrong, kWrong},
      {"answers with garbage",
       "import os\ndef f(x):\n    for fd in range(3, 64):\n        try:\n            os.write(fd, b'\\xff' * 64)\n     "
       "   except OSError:\n            pass\n    return 0",
       {"wrong_answer", "output_overflow"},
       {"wrong_answer", "output_overflow"}},
      {"answers with a deep structure",
       "import os\ndef f(x):\n    a = []\n    for i in range(100000):\n        a = [a]\n    return a",
       {"wrong_answer", "exception", "crash"},
       {"wrong_answer", "exception", "crash"}},
      {"answers with itself", "def f(x):\n    a = []\n    a.append(a)\n    return a", kWrong, kWrong},
      {"answers with doubling aliases",
       "def f(x):\n    a = [0]\n    for i in range(64):\n        a = [a, a]\n    return a",
       {"memory", "timeout", "output_overflow"},
       {"memory", "timeout", "output_overflow"}},
      {"zip bomb",
       "import zlib\ndef f(x):\n    c = zlib.compress(bytes(1 << 30), 9)\n    return [zlib.decompress(c) for i in "
       "range(9)]",
       {"memory", "timeout"},
       {"memory", "timeout"}},
      {"regex bomb", "import re\ndef f(x):\n    return re.match('(a+)+$', 'a' * 64 + 'b')", kTimeout, kTimeout},
      {"integer bomb", "def f(x):\n    return 9 ** 9 ** 9 ** 9", {"timeout", "memory"}, {"timeout", "memory"}},
      {"integer text bomb", "def f(x):\n    return str(10 ** 5000)", kException, kException},
      {"symbolic link out of scratch",
       "import os\ndef f(x):\n    os.symlink('/etc/passwd', 'link')\n    return open('link').read()", kException,
       kException},
      {"hard link out of scratch", "import os\ndef f(x):\n    os.link('/usr/bin/env', 'link')\n    return 41",
       kException, kRefused},
      {"symbolic link for the cleaner",
       "import os\ndef f(x):\n    os.symlink('" + canary + "', 'd')\n    return 0",
       {"wrong_answer"},
       kException},
      {"input()", "def f(x):\n    return input()", kException, kException},
      {"null bytes", std::string("def f(x):\n    return 41\0", 25), {"syntax_error"}, {"syntax_error"}},
      {"does not compile", "def f(x:\n", {"syntax_error"}, {"syntax_error"}},
      {"too deep to compile",
       "x = " + std::string(5000, '(') + std::string(5000, ')'),
       {"syntax_error", "memory"},
       {"syntax_error", "memory"}},
  };
}

std::string whole_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();  // what has gone meanwhile is empty
  return text.str();
}

/// One process of this machine.
struct Process {
  int pid = 0;
  int parent = 0;
  int session = 0;
};

std::vector<Process> processes() {
  std::vector<Process> all;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string pid = entry.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = whole_file(entry.path() / "stat");
    std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    Process process{.pid = std::stoi(pid), .parent = 0, .session = 0};
    std::string state;
    int group = 0;
    fields >> state >> process.parent >> group >> process.session;
    all.push_back(process);
  }
  return all;
}

/// The sessions of this sandbox's workers: each worker's outermost process is a child of ours and leads one, and no
/// program can leave it. Other sandboxes of this machine have their own.
void note_sessions(std::set<int>& sessions) {
  for (const Process& process : processes()) {
    if (process.parent == ::getpid() && process.session == process.pid) sessions.insert(process.pid);
  }
}

long processes_in(const std::set<int>& sessions) {
  const std::vector<Process> all = processes();
  return std::count_if(all.begin(), all.end(),
                       [&](const Process& process) { return sessions.contains(process.session); });
}

long entries_of(const char* directory) {
  std::error_code ignored;
  return std::distance(std::filesystem::directory_iterator(directory, ignored), std::filesystem::directory_iterator());
}

std::set<std::string> names_in(const char* directory) {
  std::set<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

class Canary {
 public:
  Canary() {
    std::string pattern = "/tmp/assay-canary-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
    std::ofstream(path_ + "/kept") << "kept";
    std::filesystem::permissions(path_, std::filesystem::perms::all);
    std::filesystem::permissions(path_ + "/kept", std::filesystem::perms::all);
  }
  ~Canary() { std::filesystem::remove_all(path_); }
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool untouched() const {
    std::ifstream file(path_ + "/kept");
    std::string text;
    std::getline(file, text);
    const auto status = std::filesystem::status(path_ + "/kept");
    return text == "kept" && !std::filesystem::exists(path_ + "/written") &&
           status.permissions() == std::filesystem::perms::all &&
           std::distance(std::filesystem::directory_iterator(path_), {}) == 1;
  }

 private:
  std::string path_;
};

void run_all(const SandboxOptions& options, bool reduced) {
  std::set<int> sessions;
  const std::string mounts = whole_file("/proc/self/mounts");
  const long descriptors = entries_of("/proc/self/fd");
  const std::set<std::string> shared_memory = names_in("/dev/shm");
  const Canary canary;
  {
    auto created = Sandbox::create(options);
    if (!created) FAIL(created.error().message);
    Sandbox& sandbox = **created;
    INFO(sandbox.isolation().text());
    CHECK(sandbox.isolation().level() == (reduced ? "reduced" : "full"));
    Limits limits;
    limits.seconds = 1;
    limits.memory_bytes = std::int64_t{1} << 30;
    for (const Hostile& hostile : hostile_programs(canary.path())) {
      // What must run into another limit than the time's gets the time for it.
      limits.seconds = (reduced ? hostile.reduced : hostile.full).contains("timeout") ? 1 : 10;
      const Outcome outcome = sandbox.judge({hostile.program, kCheck}, limits);
      INFO(hostile.name << ": " << outcome_name(outcome.kind) << ": " << outcome.text);
      CHECK((reduced ? hostile.reduced : hostile.full).contains(std::string(outcome_name(outcome.kind))));
      if (!hostile.refused.empty()) {
        CHECK(std::find(outcome.refused.begin(), outcome.refused.end(), hostile.refused) != outcome.refused.end());
      }
      note_sessions(sessions);
      CHECK(canary.untouched());
      // The next sample's verdict is its own.
      const Outcome honest = sandbox.judge({"def f(x):\n    return 2 * x + 1", kCheck}, limits);
      INFO("after it: " << honest.text);
      CHECK(outcome_name(honest.kind) == "passed");
    }
  }
  // A killed namespace's processes are gone soon, not at once.
  CHECK(sessions.size() >= 2);
  for (int i = 0; i < 100 && processes_in(sessions) > 0; ++i) ::usleep(50'000);
  CHECK(processes_in(sessions) == 0);
  CHECK(whole_file("/proc/self/mounts") == mounts);
  CHECK(entries_of("/proc/self/fd") == descriptors);
  // What other programs have there may go at any time.
  for (const std::string& name : names_in("/dev/shm")) CHECK(shared_memory.count(name) == 1);
}

SandboxOptions one_worker() {
  SandboxOptions options;
  options.workers = 1;
  return options;
}

TEST_CASE("Hostile programs under full isolation", "[full]") { run_all(one_worker(), false); }

TEST_CASE("Hostile programs in the reduced mode, Landlock as on Debian 12", "[reduced]") {
  SandboxOptions options = one_worker();
  options.ceiling = {.namespaces = false, .landlock_abi = 2};
  run_all(options, true);
}

TEST_CASE("Honest programs beside hostile ones keep their verdicts", "[full]") {
  SandboxOptions options;
  options.workers = 2;
  auto created = Sandbox::create(options);
  if (!created) FAIL(created.error().message);
  Sandbox& sandbox = **created;
  const Canary canary;
  const std::set<std::string> loud = {"fork bomb",        "thread bomb",    "8 GiB allocation",
                                      "fills the disk",   "endless output", "loops for ever",
                                      "kills everything", "integer bomb",   "ignores signals"};
  std::atomic<bool> over{false};
  int honest = 0;
  std::string changed;
  std::thread beside([&] {
    do {
      const Outcome outcome = sandbox.judge({"def f(x):\n    return 2 * x + 1", kCheck}, {});
      if (outcome.kind != OutcomeKind::kPassed) changed = outcome.text;
      ++honest;
    } while (!over);
  });
  Limits limits;
  limits.seconds = 1;
  limits.memory_bytes = std::int64_t{1} << 30;
  std::size_t run = 0;
  for (const Hostile& hostile : hostile_programs(canary.path())) {
    if (!loud.contains(hostile.name)) continue;
    ++run;
    const Outcome outcome = sandbox.judge({hostile.program, kCheck}, limits);
    INFO(hostile.name << ": " << outcome.text);
    CHECK(hostile.full.contains(std::string(outcome_name(outcome.kind))));
  }
  over = true;
  beside.join();
  CHECK(run == loud.size());
  CHECK(changed == "");
  CHECK(honest > 0);
}

}  // namespace
}  // namespace assay::sandbox
