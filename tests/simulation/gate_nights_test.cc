// Simulated nights: how often the gate calls a model worse that is not, and how often it catches one that is.
#include <cmath>
#include <string>
#include <vector>

#include "results/statistics/power.h"
#include "results/verdict/judge.h"
#include "tests/catch.h"
#include "tests/simulation/simulated_pairs.h"

namespace assay::simulation {
namespace {

using statistics::PairedSample;

double share_of(Verdict verdict, int nights, Bits& bits, std::int64_t items, const Chances& chances,
                const Clusters& clusters = {}) {
  int count = 0;
  for (int i = 0; i < nights; ++i) {
    const PairedSample sample = night(bits, items, chances, clusters);
    if (judge_suite(sample, kMargin, kAlpha) == verdict) ++count;
  }
  return static_cast<double>(count) / nights;
}

}  // namespace

TEST_CASE("One suite: false alarms are alpha or less, with few flips as with many") {
  Bits bits(11);
  for (const auto& [items, flip] : std::vector<std::pair<std::int64_t, double>>{
           {50, 0.04}, {164, 0.02}, {164, 0.1}, {500, 0.3}, {2000, 0.1}, {15'000, 0.2}}) {
    const double alarms = share_of(Verdict::kWorse, kNights, bits, items, {0.5, flip / 2, flip / 2});
    WARN(items << " items, flips " << flip << ": false alarms " << alarms);
    CHECK(alarms <= kAlpha + three_standard_errors(kAlpha, kNights));
  }
}

TEST_CASE("One suite of clustered items: false alarms are alpha or less") {
  Bits bits(12);
  for (const auto& [clusters, per_cluster] : std::vector<std::pair<int, std::int64_t>>{{5, 100}, {20, 50}, {57, 250}}) {
    const double alarms =
        share_of(Verdict::kWorse, kNights, bits, clusters * per_cluster, {0.5, 0.05, 0.05}, {clusters, 0.7});
    WARN(clusters << " clusters of " << per_cluster << ": false alarms " << alarms);
    CHECK(alarms <= kAlpha + three_standard_errors(kAlpha, kNights));
  }
}

TEST_CASE("A night of four suites: false alarms of the whole are alpha or less") {
  Bits bits(13);
  int alarms = 0;
  for (int i = 0; i < kNights; ++i) {
    const std::vector<PairedSample> suites{night(bits, 164, {0.3, 0.05, 0.05}), night(bits, 1000, {0.5, 0.03, 0.03}),
                                           night(bits, 1034, {0.6, 0.05, 0.05}, {20, 0.5}),
                                           night(bits, 2000, {0.3, 0.1, 0.1}, {57, 0.3})};
    std::vector<const PairedSample*> judged;
    for (const PairedSample& suite : suites) judged.push_back(&suite);
    if (judge(judged, kMargin, kAlpha).verdict == Verdict::kWorse) ++alarms;
  }
  const double share = static_cast<double>(alarms) / kNights;
  WARN("four suites: false alarms " << share);
  CHECK(share <= kAlpha + three_standard_errors(kAlpha, kNights));
}

TEST_CASE("A drop of the margin is caught as often as planned, and passes as not worse in alpha of the nights") {
  Bits bits(14);
  constexpr int kDrops = 4000;
  for (const double flip : {0.05, 0.1, 0.2}) {
    const statistics::PowerPlan plan{kAlpha, 0.8, flip, 1};
    const auto items = static_cast<std::int64_t>(std::ceil(*statistics::items_for_difference(plan, kMargin)));
    const Chances dropped{0.4, (flip + kMargin) / 2, (flip - kMargin) / 2};
    const double caught = share_of(Verdict::kWorse, kDrops, bits, items, dropped);
    const double passed = share_of(Verdict::kNotWorse, kNights, bits, items, dropped);
    const auto enough = static_cast<std::int64_t>(std::ceil(*statistics::items_for_margin(plan, kMargin)));
    const double shown = 1 - share_of(Verdict::kUndecided, kDrops, bits, enough, {0.4, flip / 2, flip / 2}) -
                         share_of(Verdict::kWorse, kDrops, bits, enough, {0.4, flip / 2, flip / 2});
    WARN("flips " << flip << ": " << items << " items catch " << caught << ", pass " << passed << "; of " << enough
                  << " items equal models are shown not worse in " << shown);
    CHECK(caught >= 0.8 - three_standard_errors(0.8, kDrops));
    CHECK(passed <= kAlpha + three_standard_errors(kAlpha, kNights));
    CHECK(shown >= 0.8 - three_standard_errors(0.8, kDrops));
  }
}

}  // namespace assay::simulation
