#include "suites/sandbox/sandbox.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/catch.h"

namespace assay::sandbox {
namespace {

Sandbox& full() {
  static const std::unique_ptr<Sandbox> sandbox = [] {
    auto created = Sandbox::create({});
    if (!created) FAIL(created.error().message);
    return std::move(*created);
  }();
  return *sandbox;
}

TEST_CASE("A right program passes, a wrong one fails with its assertion") {
  const std::string check = "assert __candidate__('f')(2) == 4";
  const Outcome right = full().judge({"def f(x): return x * x", check}, {});
  WARN(full().isolation().text());
  CHECK(right.text == "");
  CHECK(outcome_name(right.kind) == "passed");
  const Outcome wrong = full().judge({"def f(x): return x", check}, {});
  CHECK(outcome_name(wrong.kind) == "wrong_answer");
  CHECK(wrong.text == "assert __candidate__('f')(2) == 4; the last call returned 2");
}

TEST_CASE("Types of plain data stay apart on the way there and back") {
  const std::string identity = "def f(x):\n    return x";
  for (const char* value : {"1",
                            "1.0",
                            "True",
                            "None",
                            "'text'",
                            "'\\ud800'",
                            "b'bytes'",
                            "bytearray(b'x')",
                            "(1, 2)",
                            "[1, 2]",
                            "{1, 2}",
                            "frozenset([1])",
                            "{1: [2], 'a': (3,)}",
                            "range(3)",
                            "1j",
                            "10**400",
                            "-0.0",
                            "float('inf')",
                            "{}",
                            "()",
                            "__import__('decimal').Decimal('1.10')",
                            "__import__('fractions').Fraction(1, 3)"}) {
    INFO(value);
    const std::string check =
        "v = " + std::string(value) +
        "\nr = __candidate__('f')(v)\nassert type(r) is type(v) and r == v and repr(r) == repr(v)";
    const Outcome outcome = full().judge({identity, check}, {});
    CHECK(outcome.text == "");
    CHECK(outcome.kind == OutcomeKind::kPassed);
  }
  CHECK(full().judge({identity, "import math\nassert math.isnan(__candidate__('f')(float('nan')))"}, {}).kind ==
        OutcomeKind::kPassed);
}

TEST_CASE("Answers that are no plain data behave as they would in one process") {
  const auto kind = [](const std::string& program, const std::string& check) {
    const Outcome outcome = full().judge({program, check}, {});
    INFO(outcome.text);
    return std::string(outcome_name(outcome.kind));
  };
  CHECK(kind("def f(n):\n    yield from range(n)", "assert list(__candidate__('f')(3)) == [0, 1, 2]") == "passed");
  CHECK(kind("def f(n):\n    yield from range(n)", "assert __candidate__('f')(3) == [0, 1, 2]") == "wrong_answer");
  CHECK(kind("def f(x):\n    return x.keys()", "assert __candidate__('f')({1: 2}) == {1}") == "passed");
  CHECK(kind("class P:\n    def __init__(self, a):\n        self.a = a\ndef f(p):\n    return p.a + p.b",
             "p = __candidate__('P')(1)\np.b = 5\nassert p.b == 5\nassert __candidate__('f')(p) == 6") == "passed");
  CHECK(kind("def f(x):\n    raise ValueError('no')",
             "try:\n    __candidate__('f')(1)\n    assert False\nexcept ValueError:\n    pass") == "passed");
  CHECK(kind("def g(x): return 1", "assert __candidate__('f')(1) == 1") == "exception");
  CHECK(kind("if __name__ == '__main__':\n    raise SystemExit\ndef f(): return 1",
             "assert __candidate__('f')() == 1") == "passed");
}

TEST_CASE("What can be iterated can be, whatever it is; it equals nothing but itself") {
  const auto kind = [](const std::string& program, const std::string& check) {
    return std::string(outcome_name(full().judge({program, check}, {}).kind));
  };
  const std::string numbers = "assert tuple(__candidate__('f')()) == (1, 2, 3)";
  CHECK(kind("import itertools\ndef f(): return itertools.chain([1], [2, 3])", numbers) == "passed");
  CHECK(kind("import array\ndef f(): return array.array('i', [1, 2, 3])", numbers) == "passed");
  CHECK(kind("class A:\n    def __iter__(self): return iter([1, 2, 3])\ndef f(): return A()", numbers) == "passed");
  CHECK(kind("class A: pass\ndef f(): return A()", numbers) == "exception");
  CHECK(kind("class A(list):\n    __eq__ = lambda a, b: True\ndef f(): return A([1])",
             "assert __candidate__('f')() == [1, 2, 3]") == "wrong_answer");
  CHECK(kind("import itertools\ndef f(): return itertools.count()", "list(__candidate__('f')())") == "output_overflow");
}

TEST_CASE("No program can keep itself from being judged") {
  const std::string check = "assert __candidate__('f')(2) == 4";
  const Outcome half_a_pair = full().judge({"def f(x): raise ValueError('\\udcff')", check}, {});
  CHECK(outcome_name(half_a_pair.kind) == "exception");
  CHECK(half_a_pair.text == "ValueError: ?");
  CHECK(full().judge({"def f(x): return '\\ud800'", check}, {}).kind == OutcomeKind::kWrongAnswer);
  CHECK(full().judge({"import os\nos.chmod('.', 0)\ndef f(x): return x * x", check}, {}).kind == OutcomeKind::kPassed);
  CHECK(full().judge({"def f(x): return x * x", check}, {}).kind == OutcomeKind::kPassed);
}

/// All processes below `ancestor`.
std::set<pid_t> descendants(pid_t ancestor) {
  std::set<pid_t> found;
  for (bool more = true; more;) {
    more = false;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "stat");
      std::string name;
      char state = 0;
      pid_t process = 0;
      pid_t parent = 0;
      if (!(file >> process >> name >> state >> parent)) continue;
      if ((parent == ancestor || found.contains(parent)) && found.insert(process).second) more = true;
    }
  }
  return found;
}

TEST_CASE("Time in which assay and its workers are stopped is not the program's") {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    SandboxOptions one;
    one.workers = 1;
    const auto sandbox = Sandbox::create(one);
    Limits limits;
    limits.seconds = 1;
    if (!sandbox || ::write(ready[1], "r", 1) != 1) ::_exit(2);
    const std::string program = "import time\ndef f(x):\n    time.sleep(0.7)\n    return x * x";
    const Outcome outcome = (*sandbox)->judge({program, "assert __candidate__('f')(2) == 4"}, limits);
    ::_exit(outcome.kind == OutcomeKind::kPassed ? 0 : 1);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::usleep(350'000);
  const std::set<pid_t> workers = descendants(child);
  ::kill(child, SIGSTOP);
  for (const pid_t worker : workers) ::kill(worker, SIGSTOP);
  ::usleep(1'500'000);
  ::kill(child, SIGCONT);  // before the others: it sees that the time is over, and no answer yet
  ::usleep(100'000);
  for (const pid_t worker : workers) ::kill(worker, SIGCONT);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("Any program can be run, confined") {
  const ProgramOutcome hello = full().run({{"/bin/sh", "-c", "cat; echo err >&2; exit 3"}, "input"}, {});
  CHECK(hello.outcome.text == "exit code 3");
  CHECK(hello.exit_code == 3);
  CHECK(hello.out == "input");
  CHECK(hello.err == "err\n");
  const ProgramOutcome children = full().run({{"/bin/sh", "-c", "(sleep 99 & sleep 99 &) ; ls / ; id -u"}, ""}, {});
  CHECK(children.exit_code == 0);
  CHECK(children.out.find("home") == std::string::npos);
  Limits brief;
  brief.seconds = 0.3;
  CHECK(full().run({{"/bin/sleep", "99"}, ""}, brief).outcome.kind == OutcomeKind::kTimeout);
  CHECK(full().run({{"/no/such/program"}, ""}, {}).outcome.kind == OutcomeKind::kNotJudged);
  Limits small;
  small.output_bytes = 1000;
  CHECK(full().run({{"/usr/bin/yes"}, ""}, small).outcome.kind == OutcomeKind::kOutputOverflow);
}

TEST_CASE("What the reduced mode does not contain is as docs/sandbox.md says") {
  SandboxOptions options;
  options.workers = 1;
  options.ceiling = {.namespaces = false, .landlock_abi = 2, .seccomp = true};
  const auto reduced = Sandbox::create(options);
  if (!reduced) FAIL(reduced.error().message);
  CHECK((*reduced)->isolation().level() == "reduced");
  const std::string check = "assert __candidate__('f')() > 0";
  const std::string size = "import os\ndef f():\n    return os.stat('/etc/passwd').st_size";
  CHECK((*reduced)->judge({size, check}, {}).kind == OutcomeKind::kPassed);  // that it is there, and its size: visible
  CHECK(full().judge({size, check}, {}).kind == OutcomeKind::kException);
  const std::string contents = "def f():\n    return len(open('/etc/passwd').read())";
  CHECK((*reduced)->judge({contents, check}, {}).kind == OutcomeKind::kException);
  const std::string scratch = "def f():\n    return open('file', 'w').write('text')";
  CHECK((*reduced)->judge({scratch, check}, {}).kind == OutcomeKind::kException);  // no scratch directory at all
  CHECK(full().judge({scratch, check}, {}).kind == OutcomeKind::kPassed);
}

TEST_CASE("Too little isolation is refused, and said") {
  SandboxOptions options;
  options.ceiling = {.namespaces = true, .landlock_abi = 0, .seccomp = false};
  const auto refused = Sandbox::create(options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("--unsafe-exec") != std::string::npos);
  options.unsafe = true;
  const auto unsafe = Sandbox::create(options);
  REQUIRE(unsafe);
  CHECK((*unsafe)->isolation().level() == "insufficient");
}

}  // namespace
}  // namespace assay::sandbox
