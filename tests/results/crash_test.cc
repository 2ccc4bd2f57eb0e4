// What a killed process, a damaged file, a full disk and a large run do to the run file.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "harness/core/random.h"
#include "results/report/json.h"
#include "results/run_file/run_file.h"
#include "results/statistics/summary.h"
#include "tests/catch.h"
#include "tests/results/example_run.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ASSAY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ASSAY_SANITIZED 1
#endif
#endif

namespace assay {
namespace {

using test::example_record;
using test::example_result;
using test::example_run;
using test::TemporaryFolder;

constexpr std::int64_t kCrashedItems = 3000;

/// Answers what is not answered yet, in groups, and says after each commit how many records are counted.
/// Ends the process.
[[noreturn]] void run_until_killed(const std::string& path, int counted) {
  auto writer = std::filesystem::exists(path)
                    ? RunWriter::resume(path, example_run(), {example_result(kCrashedItems)}, Durability::kGrouped)
                    : RunWriter::create(path, example_run(), {example_result(kCrashedItems)}, Durability::kGrouped);
  if (!writer) _exit(1);
  std::set<std::int64_t> answered;
  if (!(*writer)->for_each_answered([&](const SampleKey& key) { answered.insert(key.order); })) _exit(1);
  std::int64_t group = 0;
  for (std::int64_t i = 0; i < kCrashedItems; ++i) {
    if (answered.count(i) != 0) continue;
    // Every seventh item fails the first time, so that a resumed run replaces records as well.
    const bool fails = i % 7 == 0 && answered.size() < 1000;
    if (!(*writer)->append(fails ? test::failed_record(0, i) : example_record(0, i))) _exit(1);
    if (!fails) answered.insert(i);
    if (++group % 17 == 0) {
      if (!(*writer)->commit()) _exit(1);
      const auto count = static_cast<std::int64_t>(answered.size());
      if (write(counted, &count, sizeof count) != sizeof count) _exit(1);
      usleep(200);
    }
  }
  _exit((*writer)->finish("complete") ? 0 : 1);
}

std::vector<std::string> json_lines_of(const std::string& path) {
  auto reader = RunReader::open(path);
  if (!reader) FAIL(reader.error().message);
  std::vector<std::string> lines;
  auto read = (*reader)->for_each(true, [&](const Record& record) {
    Record same = record;
    same.completion.attempts = 1;  // what a resumed run may differ in
    std::ostringstream line;
    write_record_json(line, same, example_result());
    lines.push_back(line.str());
    return true;
  });
  if (!read) FAIL(read.error().message);
  return lines;
}

TEST_CASE("kill -9 at random moments loses nothing that was counted") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  Random random(20261121);
  int kills = 0;
  bool complete = false;
  for (int attempt = 0; attempt < 400 && !complete; ++attempt) {
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(pipe_ends[0]);
      run_until_killed(path, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    if (kills < 20) {
      usleep(static_cast<useconds_t>(random.below(30'000)));
      kill(child, SIGKILL);
      ++kills;
    }
    std::int64_t counted = 0;
    std::int64_t last = 0;
    while (read(pipe_ends[0], &last, sizeof last) == sizeof last) counted = last;
    close(pipe_ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    complete = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    REQUIRE((complete || WIFSIGNALED(status)));
    if (!std::filesystem::exists(path)) {
      REQUIRE(counted == 0);
      continue;
    }
    auto reader = RunReader::open(path);
    if (!reader) FAIL(reader.error().message);
    CHECK((*reader)->run().state == (complete ? "complete" : "incomplete"));
    std::int64_t answered = 0;
    REQUIRE((*reader)->for_each(false, [&](const Record& record) {
      answered += record.score ? 1 : 0;
      return true;
    }));
    CHECK(answered >= counted);
  }
  REQUIRE(kills == 20);
  REQUIRE(complete);

  const std::string unbroken = folder.file("unbroken.db");
  auto writer = RunWriter::create(unbroken, example_run(), {example_result(kCrashedItems)}, Durability::kGrouped);
  REQUIRE(writer);
  for (std::int64_t i = 0; i < kCrashedItems; ++i) {
    if (!(*writer)->append(example_record(0, i))) FAIL("append");
  }
  REQUIRE((*writer)->finish("complete"));
  const std::vector<std::string> resumed = json_lines_of(path);
  const std::vector<std::string> whole = json_lines_of(unbroken);
  // The last session may have left failed ones behind: they differ, and only they.
  REQUIRE(resumed.size() == whole.size());
  std::size_t differing = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (resumed[i] == whole[i]) continue;
    ++differing;
    CHECK_THAT(resumed[i], ContainsSubstring("\"kind\":\"timeout\""));
  }
  CHECK(differing < 200);
}

TEST_CASE("A damaged run file is refused or read, never a crash") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  {
    auto writer = RunWriter::create(path, example_run(), {example_result(60)}, Durability::kGrouped);
    REQUIRE(writer);
    for (std::int64_t i = 0; i < 60; ++i) REQUIRE((*writer)->append(example_record(0, i)));
    REQUIRE((*writer)->finish("complete"));
  }
  std::ifstream file(path, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  Random random(7);
  int refused = 0;
  const auto one_line = [](const Error& error) {
    CHECK_FALSE(error.message.empty());
    CHECK(error.message.find('\n') == std::string::npos);
    CHECK(error.kind == ErrorKind::kUsage);
  };
  for (int round = 0; round < 300; ++round) {
    INFO("round " << round);
    std::string bad = good;
    if (round % 10 == 9) {
      bad.resize(random.below(bad.size()));
    } else {
      const std::uint64_t flips = 1 + random.below(16);
      for (std::uint64_t i = 0; i < flips; ++i) {
        // Half of them where the header and the schema are.
        const std::uint64_t range = random.below(2) == 0 ? 4096 : bad.size();
        bad[random.below(range)] = static_cast<char>(random.below(256));
      }
    }
    std::ofstream(path, std::ios::binary) << bad;
    auto reader = RunReader::open(path);
    if (!reader) {
      ++refused;
      one_line(reader.error());
    } else {
      std::ostringstream out;
      auto exported = export_jsonl(out, **reader);
      if (!exported) one_line(exported.error());
      auto summary = summarize(**reader);
      if (!summary) one_line(summary.error());
      auto found = (*reader)->find("mmlu/subject_0/3");
      if (!found) one_line(found.error());
      reader->reset();
    }
    if (round % 4 == 0) {
      auto writer = RunWriter::resume(path, example_run(), {example_result(60)}, Durability::kGrouped);
      if (!writer) one_line(writer.error());
    }
    for (const char* suffix : {"-wal", "-shm", "-journal"}) std::filesystem::remove(path + suffix);
  }
  CHECK(refused > 20);
}

TEST_CASE("A disk that takes no more is reported, and what was counted is kept") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // A limit on the size of files stands in for a full disk.
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{512 * 1024, 512 * 1024};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto writer = RunWriter::create(path, example_run(), {example_result(kCrashedItems)}, Durability::kGrouped);
    if (!writer) _exit(1);
    std::int64_t counted = 0;
    for (std::int64_t i = 0; i < kCrashedItems; ++i) {
      auto appended = (*writer)->append(example_record(0, i));
      auto committed = appended ? (*writer)->commit() : appended;
      if (!committed) {
        if (committed.error().message.find(path) != 0 || (*writer)->append(example_record(0, i))) _exit(2);
        if (write(pipe_ends[1], &counted, sizeof counted) != sizeof counted) _exit(1);
        _exit(0);
      }
      ++counted;
    }
    _exit(3);
  }
  std::int64_t counted = 0;
  REQUIRE(read(pipe_ends[0], &counted, sizeof counted) == sizeof counted);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  CHECK(counted > 10);
  CHECK(static_cast<std::int64_t>(json_lines_of(path).size()) >= counted);
}

TEST_CASE("Reading a large run takes no more memory than a small one") {
#ifdef ASSAY_SANITIZED
  WARN("skipped: a sanitizer keeps freed memory");
#else
  const TemporaryFolder folder;
  const std::string path = folder.file("run.db");
  constexpr std::int64_t kMany = 40'000;
  {
    auto writer = RunWriter::create(path, example_run(), {example_result(kMany)}, Durability::kGrouped);
    REQUIRE(writer);
    Record record = example_record(0, 0);
    for (std::int64_t i = 0; i < kMany; ++i) {
      record.item.id = "mmlu/s/" + std::to_string(i);
      record.item.order = i;
      if (!(*writer)->append(record)) FAIL("append");
      if (i % 256 == 0 && !(*writer)->commit()) FAIL("commit");
    }
    REQUIRE((*writer)->finish("complete"));
  }
  const auto resident = [] {
    std::ifstream statm("/proc/self/statm");
    std::int64_t pages = 0;
    statm >> pages >> pages;
    return pages * static_cast<std::int64_t>(sysconf(_SC_PAGESIZE));
  };
  auto reader = RunReader::open(path);
  REQUIRE(reader);
  std::int64_t seen = 0;
  std::int64_t early = 0;
  std::int64_t most = 0;
  REQUIRE((*reader)->for_each(true, [&](const Record&) {
    if (++seen == 4'000) early = resident();
    if (seen % 4'000 == 0) most = std::max(most, resident());
    return true;
  }));
  CHECK(seen == kMany);
  CHECK(most < early + (1 << 20));
#endif
}

}  // namespace
}  // namespace assay
