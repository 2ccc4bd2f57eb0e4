// A run that is looked at while it goes on: how often it stops with a wrong word, and after how many items.
#include <cmath>
#include <vector>

#include "results/statistics/power.h"
#include "results/verdict/sequential.h"
#include "tests/catch.h"
#include "tests/simulation/simulated_pairs.h"

namespace assay::simulation {
namespace {

struct Stop {
  Verdict verdict = Verdict::kUndecided;
  std::int64_t items = 0;
};

/// Looks after the first 100 items and then whenever there are two fifths more, as `run --until-decided` does.
Stop stopped(Bits& bits, std::int64_t most, const Chances& chances) {
  Stop stop;
  double lost = 0;
  double gained = 0;
  for (std::int64_t target = 100; stop.items < most; target += target * 2 / 5) {
    const std::int64_t next = std::min(target, most);
    const statistics::PairedTable table = draw(bits, next - stop.items, chances);
    stop.items = next;
    lost += table.only_baseline;
    gained += table.only_candidate;
    const double same = static_cast<double>(stop.items) - lost - gained;
    stop.verdict = sequential_verdict({{-1, lost}, {1, gained}, {0, same}}, kMargin, kAlpha, kAlpha);
    if (stop.verdict != Verdict::kUndecided) break;
  }
  return stop;
}

/// The share of nights that stop with a verdict, and the items asked on average.
struct Nights {
  double share = 0;
  double items = 0;
};

Nights nights(Bits& bits, std::int64_t most, const Chances& chances, const std::vector<Verdict>& wanted) {
  Nights all;
  for (int i = 0; i < kNights; ++i) {
    const Stop stop = stopped(bits, most, chances);
    for (const Verdict verdict : wanted) all.share += stop.verdict == verdict ? 1.0 / kNights : 0;
    all.items += static_cast<double>(stop.items) / kNights;
  }
  return all;
}

}  // namespace

TEST_CASE("However often one looks, a wrong word comes in alpha of the nights at most") {
  Bits bits(21);
  const double most = kAlpha + three_standard_errors(kAlpha, kNights);
  for (const double flip : {0.05, 0.1, 0.3}) {
    const double worse = nights(bits, 15'000, {0.3, flip / 2, flip / 2}, {Verdict::kWorse}).share;
    const double passed =
        nights(bits, 15'000, {0.3, (flip + kMargin) / 2, (flip - kMargin) / 2}, {Verdict::kNotWorse, Verdict::kBetter})
            .share;
    WARN("flips " << flip << ": equal but called worse " << worse << ", a margin worse but passed " << passed);
    CHECK(worse <= most);
    CHECK(passed <= most);
  }
}

TEST_CASE("Three margins apart, at most half of the items of a fixed-size test are asked") {
  Bits bits(22);
  for (const double flip : {0.08, 0.1, 0.2}) {
    const statistics::PowerPlan plan{kAlpha, 0.8, flip, 1};
    const double fixed = std::ceil(*statistics::items_for_difference(plan, kMargin));
    const double apart = 3 * kMargin;
    const Nights lost = nights(bits, 15'000, {0.3, (flip + apart) / 2, (flip - apart) / 2}, {Verdict::kWorse});
    const Nights gained =
        nights(bits, 15'000, {0.3, (flip - apart) / 2, (flip + apart) / 2}, {Verdict::kNotWorse, Verdict::kBetter});
    WARN("flips " << flip << ": " << fixed << " items fixed; three margins worse " << lost.items << " items, right in "
                  << lost.share << "; better " << gained.items << " items, right in " << gained.share);
    CHECK(lost.items <= fixed / 2);
    CHECK(gained.items <= fixed / 2);
    CHECK(lost.share > 0.95);
    CHECK(gained.share > 0.95);
  }
}

}  // namespace assay::simulation
