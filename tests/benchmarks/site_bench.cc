// What the pages of many runs cost: 20 runs of 10,000 items, a kilobyte a record.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "results/site/site.h"
#include "tests/results/example_run.h"
#include "tests/site/example_runs.h"

namespace assay {
namespace {

void write_site(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const std::vector<std::string> runs =
      test::write_large_runs(folder.path().string(), 10'000, static_cast<int>(state.range(0)));
  for (auto _ : state) {
    auto written = site::write_site({runs, {}, {}}, folder.file("site"));
    if (!written) return state.SkipWithError(written.error().message.c_str());
  }
}
BENCHMARK(write_site)->Arg(1)->Arg(20)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace assay
