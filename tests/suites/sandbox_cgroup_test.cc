// What is decided about cgroups, on folders that look like the kernel's; and the bounds themselves, where this machine
// delegates a cgroup v2 (start the test by `systemd-run --user --scope -p Delegate=yes` for that).
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "suites/sandbox/cgroup.h"
#include "suites/sandbox/sandbox.h"
#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"

namespace assay::sandbox {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A machine whose cgroup v2 is mounted at "cgroup" and shows what is below "/outer"; we are in "/outer/own".
struct Machine {
  test::TemporaryFolder folder;
  fs::path own = fs::path(folder.path()) / "cgroup" / "own";
  CgroupPlaces places{.membership = folder.write("membership", "8:pids:/elsewhere\n0::/outer/own\n"),
                      .mounts = folder.write("mounts", "")};

  Machine(const std::string& controllers, const std::string& enabled, const std::string& processes) {
    folder.write("mounts", "21 1 0:19 / " + folder.path() + "/v1 rw - cgroup cgroup rw,pids\n22 1 0:20 /outer " +
                               folder.path() + "/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
    folder.write("cgroup/own/cgroup.controllers", controllers);
    folder.write("cgroup/own/cgroup.subtree_control", enabled);
    folder.write("cgroup/own/cgroup.procs", processes);
    folder.write("cgroup/own/cgroup.type", "domain\n");
  }

  [[nodiscard]] std::string why_none() const {
    const auto found = DelegatedCgroup::find(places);
    return found ? "" : found.error().message;
  }
};

TEST_CASE("A cgroup that is divided already gets a bounded child") {
  const Machine machine("cpu memory pids\n", "memory pids\n", "17\n18\n");
  const auto found = DelegatedCgroup::find(machine.places);
  REQUIRE(found);
  auto child = found->make_child();
  REQUIRE(child);
  const fs::path directory = (*child)->directory();
  CHECK(directory.parent_path() == machine.own);
  CHECK((*child)->limit(1 << 20, 7));
  CHECK(text_of(directory / "memory.max") == "1048576");
  CHECK(text_of(directory / "pids.max") == "7");
  CHECK_FALSE(fs::exists(machine.own / "assay-itself"));
  std::ofstream(directory / "memory.events") << "low 0\noom 3\noom_kill 2\noom_group_kill 0\n";
  CHECK((*child)->killed_for_memory() == 2);
}

TEST_CASE("A process that is alone in its cgroup moves into a leaf, so that its cgroup can be divided") {
  const std::string self = std::to_string(::getpid());
  const Machine machine("memory pids\n", "", self + "\n");
  CHECK(machine.why_none() == "");
  CHECK(text_of(machine.own / "assay-itself" / "cgroup.procs") == self);
  CHECK(text_of(machine.own / "cgroup.subtree_control") == "+memory +pids");
}

TEST_CASE("A second sandbox of the same process finds the same cgroup") {
  const Machine machine("memory pids\n", "memory pids\n", "");
  machine.folder.write("membership", "0::/outer/own/assay-itself\n");
  machine.folder.write("cgroup/own/assay-itself/cgroup.procs", std::to_string(::getpid()));
  const auto found = DelegatedCgroup::find(machine.places);
  REQUIRE(found);
  CHECK((*found->make_child())->directory().parent_path() == machine.own);
}

TEST_CASE("Where a cgroup cannot be divided, nothing is touched, and why is said") {
  const Machine crowded("memory pids\n", "", std::to_string(::getpid()) + "\n1\n");
  CHECK(crowded.why_none() == "other processes are in the same cgroup");
  CHECK_FALSE(fs::exists(crowded.own / "assay-itself"));
  CHECK(text_of(crowded.own / "cgroup.subtree_control").empty());
  CHECK(Machine("cpu pids\n", "", "").why_none() == "memory and pids are not delegated to this cgroup");
  const Machine v1("memory pids\n", "memory pids\n", "");
  v1.folder.write("membership", "8:pids:/elsewhere\n");
  CHECK(v1.why_none() == "no cgroup v2 here");
  const Machine elsewhere("memory pids\n", "memory pids\n", "");
  elsewhere.folder.write("membership", "0::/outermost\n");  // not below the "/outer" that is mounted
  CHECK(elsewhere.why_none() == "no cgroup v2 here");
  const Machine missing("memory pids\n", "memory pids\n", "");
  fs::remove(missing.own / "cgroup.procs");
  CHECK(missing.why_none() == "none is delegated to this user");
}

TEST_CASE("What a killed assay left behind is removed, and nothing else") {
  const Machine machine("memory pids\n", "memory pids\n", "");
  const std::string alive = "assay-trial-" + std::to_string(::getpid()) + "-aaaaaa";
  for (const std::string& name : {std::string("assay-trial-2147483000-bbbbbb"), alive, std::string("other")}) {
    fs::create_directory(machine.own / name);
  }
  CHECK(machine.why_none() == "");
  CHECK_FALSE(fs::exists(machine.own / "assay-trial-2147483000-bbbbbb"));
  CHECK(fs::exists(machine.own / alive));
  CHECK(fs::exists(machine.own / "other"));
}

TEST_CASE("Bounds hold where a cgroup is delegated") {
  SandboxOptions options;
  options.workers = 1;
  const auto sandbox = Sandbox::create(options);
  if (!sandbox) FAIL(sandbox.error().message);
  if (!(*sandbox)->isolation().cgroup) {
    WARN("not tried here: " + (*sandbox)->isolation().text());
    return;
  }
  // Four processes of a quarter more than a third of the limit each: none is above it, all together are.
  Limits limits;
  limits.memory_bytes = 192 << 20;
  limits.seconds = 20;
  const std::string eater = "python3 -S -c \"x = bytearray(80 << 20); import time; time.sleep(5)\"";
  const ProgramOutcome many = (*sandbox)->run(
      {{"/bin/sh", "-c", eater + " & " + eater + " & " + eater + " & " + eater + " & wait"}, ""}, limits);
  CHECK(outcome_name(many.outcome.kind) == "memory");
  const std::string check = "assert __candidate__('f')(2) == 4";
  CHECK((*sandbox)->judge({"def f(x): return x * x", check}, {}).kind == OutcomeKind::kPassed);
  const std::string sleepers = "for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait; echo all";
  Limits few;
  few.threads = 4;
  CHECK((*sandbox)->run({{"/bin/sh", "-c", sleepers}, ""}, few).out.find("all") == std::string::npos);
  CHECK((*sandbox)->run({{"/bin/sh", "-c", sleepers}, ""}, {}).out == "all\n");
}

}  // namespace
}  // namespace assay::sandbox
