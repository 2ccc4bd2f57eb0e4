// Scores a samples.jsonl with the suite itself: what the conformance and speed scripts drive.
//   humaneval_score DATA_DIR SAMPLES.jsonl RESULTS.jsonl WORKERS [key=value …]
// Prints one line: samples, passed, seconds, seconds until the first worker was warm, the isolation.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "harness/core/clock.h"
#include "suites/humaneval/humaneval_suite.h"
#include "suites/reading/samples.h"
#include "suites/sandbox/entry.h"

namespace {

using assay::reading::Sample;
using assay::reading::Verdict;

int fail(const std::string& message) {
  std::cerr << message << '\n';
  return 2;
}

int score(int argc, char** argv) {
  if (argc < 5) return fail("usage: humaneval_score DATA_DIR SAMPLES.jsonl RESULTS.jsonl WORKERS [key=value …]");
  assay::SuiteOptions options;
  options.data_dir = argv[1];
  options.protocol = "generate/complete";
  options.extra.emplace_back("workers", argv[4]);
  for (int i = 5; i < argc; ++i) {
    const std::string text = argv[i];
    options.extra.emplace_back(text.substr(0, text.find('=')), text.substr(text.find('=') + 1));
  }
  const auto begin = assay::MonotonicClock::now();
  auto suite = assay::humaneval::make(options);
  if (!suite) return fail(suite.error().message);
  const double start_seconds = assay::milliseconds_since(begin) / 1000;
  std::map<std::string, assay::Item> items;
  auto source = (*suite)->load();
  if (!source) return fail(source.error().message);
  for (;;) {
    auto item = (*source)->next();
    if (!item) return fail(item.error().message);
    if (!*item) break;
    items.emplace((*item)->fields.at(0), **item);
  }
  auto reader = assay::reading::SampleReader::open(argv[2]);
  if (!reader) return fail(reader.error().message);
  std::vector<Sample> samples;
  for (;;) {
    auto sample = reader->next();
    if (!sample) return fail(sample.error().message);
    if (!*sample) break;
    samples.push_back(std::move(**sample));
  }
  std::vector<assay::Score> scores(samples.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < samples.size(); at = next++) {
        assay::Completion completion;
        completion.text = samples[at].completion;
        scores[at] = (*suite)->score(items.at(samples[at].task_id), completion);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = assay::milliseconds_since(begin) / 1000;
  std::ofstream out(argv[3]);
  long passed = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!scores[i].not_judged.empty()) return fail(samples[i].task_id + ": " + scores[i].not_judged);
    passed += scores[i].value == 1 ? 1 : 0;
    out << assay::reading::result_line(samples[i].line, scores[i].value == 1 ? Verdict::kPassed : Verdict::kFailed,
                                       scores[i].why)
        << '\n';
  }
  std::cout << "samples " << samples.size() << " passed " << passed << " seconds " << seconds << " start "
            << start_seconds << " isolation " << (*suite)->info().notes.front().second << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (const int confined = assay::sandbox_entry(argc, argv); confined >= 0) return confined;
  return score(argc, argv);
}
