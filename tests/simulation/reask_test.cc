// Simulated nights with `gate --reask`: an alarm that two models' second answers do not repeat is taken back.
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "results/statistics/power.h"
#include "results/verdict/judge.h"
#include "results/verdict/second_answers.h"
#include "tests/catch.h"
#include "tests/simulation/simulated_pairs.h"

namespace assay::simulation {
namespace {

using statistics::PairedSample;
using statistics::PairedTable;

/// Items of one kind: so many, and each model's chance to answer one rightly, at every asking.
struct Kind {
  std::int64_t items = 0;
  double baseline = 0;
  double candidate = 0;
};

struct Shares {
  double first = 0;   ///< nights with an alarm by the first answers
  double stands = 0;  ///< nights with an alarm that the second answers repeat
};

/// The second answers of `flips` items of one kind: how many of each direction.
void ask_again(Bits& bits, const Kind& kind, std::int64_t flips, std::vector<Flip>& lost, std::vector<Flip>& gained) {
  const PairedTable table = draw(
      bits, flips,
      {kind.baseline * kind.candidate, kind.baseline * (1 - kind.candidate), (1 - kind.baseline) * kind.candidate});
  lost.resize(lost.size() + static_cast<std::size_t>(table.only_baseline), Flip{"", 1, 0, "", "", ""});
  gained.resize(gained.size() + static_cast<std::size_t>(table.only_candidate), Flip{"", 0, 1, "", "", ""});
}

/// Nights of items of these kinds; `tonight` are the chances at the first asking, `later` those at the second.
Shares nights(Bits& bits, int count, const std::vector<Kind>& tonight, const std::vector<Kind>& later) {
  int first = 0;
  int stands = 0;
  for (int i = 0; i < count; ++i) {
    PairedTable whole;
    Comparison comparison;
    SuiteComparison suite;
    SuiteComparison again;
    for (std::size_t k = 0; k < tonight.size(); ++k) {
      const Kind& kind = tonight[k];
      const PairedTable table = draw(
          bits, kind.items,
          {kind.baseline * kind.candidate, kind.baseline * (1 - kind.candidate), (1 - kind.baseline) * kind.candidate});
      whole.both_right += table.both_right;
      whole.only_baseline += table.only_baseline;
      whole.only_candidate += table.only_candidate;
      whole.both_wrong += table.both_wrong;
      const auto flips = static_cast<std::int64_t>(table.only_baseline + table.only_candidate);
      ask_again(bits, later[k], flips, again.lost, again.gained);
      again.paired_items += flips;
    }
    PairedSample sample;
    sample.add_independent(whole);
    suite.judged = suite.verdict = judge_suite(sample, kMargin, kAlpha);
    if (suite.judged != Verdict::kWorse) continue;
    ++first;
    suite.lost.resize(static_cast<std::size_t>(whole.only_baseline));
    suite.gained.resize(static_cast<std::size_t>(whole.only_candidate));
    comparison.suites.push_back(suite);
    Comparison second;
    second.suites.push_back(again);
    hold_second_answers(comparison, second);
    if (comparison.verdict == Verdict::kWorse) ++stands;
  }
  return {static_cast<double>(first) / count, static_cast<double>(stands) / count};
}

}  // namespace

TEST_CASE("Asking again: false alarms are alpha or less, and fewer, whatever the noise") {
  constexpr int kRounds = 10'000;
  Bits bits(15);
  // Equal models: every answer a toss; a little noise around what each knows; hard items; and frozen differences, half
  // of them in each direction, which no second answer changes.
  const std::vector<std::pair<std::string, std::vector<Kind>>> models{
      {"seven in ten", {{1000, 0.7, 0.7}}},
      {"two in ten", {{1000, 0.2, 0.2}}},
      {"a little noise", {{600, 0.98, 0.98}, {400, 0.02, 0.02}}},
      {"little and frozen", {{560, 0.98, 0.98}, {360, 0.02, 0.02}, {40, 1, 0}, {40, 0, 1}}}};
  for (const auto& [name, kinds] : models) {
    const Shares alarms = nights(bits, kRounds, kinds, kinds);
    WARN(name << ": false alarms " << alarms.first << ", after asking again " << alarms.stands);
    CHECK(alarms.first > 0);
    CHECK(alarms.stands <= kAlpha + three_standard_errors(kAlpha, kRounds));
    CHECK(alarms.stands <= alarms.first);
  }
}

TEST_CASE("Asking again: a bad hour of the candidate's server is no alarm") {
  constexpr int kRounds = 2000;
  Bits bits(16);
  const std::vector<Kind> usual{{600, 0.98, 0.98}, {400, 0.02, 0.02}};
  const std::vector<Kind> bad_hour{{600, 0.98, 0.90}, {400, 0.02, 0.02}};
  const Shares alarms = nights(bits, kRounds, bad_hour, usual);
  WARN("a bad hour: alarms " << alarms.first << ", after asking again " << alarms.stands);
  CHECK(alarms.first > 0.9);
  CHECK(alarms.stands < 0.55);  // what is left is luck: as many flips come back lost as gained
}

TEST_CASE("Asking again: a true drop of the margin is caught as often as planned") {
  constexpr int kDrops = 4000;
  constexpr double kPower = 0.8;
  Bits bits(17);
  // Items that the candidate has forgotten for good, beside noise: as many as `assay power` says for the share of
  // flips.
  for (const double noise : {0.0, 0.01, 0.03}) {
    const double flips = 2 * noise * (1 - noise) + kMargin;
    const auto items =
        std::ceil(*statistics::items_for_difference(statistics::PowerPlan{kAlpha, kPower, flips, 1}, kMargin));
    const auto forgotten = static_cast<std::int64_t>(std::round(items * kMargin / (1 - 2 * noise)));
    const auto known = static_cast<std::int64_t>(items * 0.6);
    const std::vector<Kind> kinds{{forgotten, 1 - noise, noise},
                                  {known, 1 - noise, 1 - noise},
                                  {static_cast<std::int64_t>(items) - known - forgotten, noise, noise}};
    const Shares caught = nights(bits, kDrops, kinds, kinds);
    WARN("noise " << noise << ", " << items << " items: caught " << caught.first << ", after asking again "
                  << caught.stands);
    CHECK(caught.stands >= kPower - three_standard_errors(kPower, kDrops));
  }
  // Where every answer is a toss of its own, the second answers cost five points of the power: plan with 0.85 then.
  const auto items = static_cast<std::int64_t>(
      std::ceil(*statistics::items_for_difference(statistics::PowerPlan{kAlpha, 0.85, 2 * 0.7 * 0.3, 1}, kMargin)));
  const std::vector<Kind> tosses{{items, 0.71, 0.69}};
  const Shares caught = nights(bits, kDrops, tosses, tosses);
  WARN("tosses, " << items << " items: caught " << caught.first << ", after asking again " << caught.stands);
  CHECK(caught.stands >= kPower - three_standard_errors(kPower, kDrops));
}

}  // namespace assay::simulation
