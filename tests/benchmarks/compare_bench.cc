// How long `assay compare` takes on two large runs, from opening both files to the verdict.
#include <benchmark/benchmark.h>

#include <string>

#include "results/run_file/run_file.h"
#include "results/verdict/compare.h"
#include "tests/results/example_run.h"

namespace assay {
namespace {

/// A run of `items` typical 5-shot MMLU records, each right by a rule of its own; true: it could be written.
bool write_run(const std::string& path, std::int64_t items, std::int64_t rule) {
  auto writer = RunWriter::create(path, test::example_run(), {test::example_result(items)}, Durability::kGrouped);
  if (!writer) return false;
  for (std::int64_t i = 0; i < items; ++i) {
    Record record = test::example_record(0, i);
    record.score->value = i % rule == 0 ? 0 : 1;
    record.score->values[0].second = record.score->value;
    record.completion.timings.total_ms = 40 + static_cast<double>(i * rule % 1009);
    record.usd = 0.0001 * static_cast<double>(1 + i % rule);
    if (!(*writer)->append(record)) return false;
    if (i % 512 == 0 && !(*writer)->commit()) return false;
  }
  return (*writer)->finish("complete").has_value();
}

void compare_two_runs(benchmark::State& state) {
  const test::TemporaryFolder folder;
  if (!write_run(folder.file("a.db"), state.range(0), 3) || !write_run(folder.file("b.db"), state.range(0), 4)) {
    return state.SkipWithError("the runs could not be written");
  }
  for (auto _ : state) {
    const auto baseline = RunReader::open(folder.file("a.db"));
    const auto candidate = RunReader::open(folder.file("b.db"));
    if (!baseline || !candidate) return state.SkipWithError("the runs cannot be read");
    const auto comparison = compare({baseline->get(), "a.db", ""}, {candidate->get(), "b.db", ""}, {});
    if (!comparison) return state.SkipWithError(comparison.error().message.c_str());
    benchmark::DoNotOptimize(comparison->verdict);
  }
}
BENCHMARK(compare_two_runs)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace assay
