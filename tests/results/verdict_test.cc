#include "results/verdict/verdict.h"

#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "results/report/comparison_console.h"
#include "results/report/comparison_json.h"
#include "results/report/comparison_markdown.h"
#include "results/report/gate_junit.h"
#include "results/report/gate_prometheus.h"
#include "results/report/text.h"
#include "results/statistics/mcnemar.h"
#include "results/statistics/summary.h"
#include "results/statistics/tango.h"
#include "results/verdict/compare.h"
#include "results/verdict/gate.h"
#include "results/verdict/judge.h"
#include "results/verdict/sentence.h"
#include "tests/golden/golden.h"
#include "tests/results/example_run.h"

namespace assay {
namespace {

using nlohmann::json;
using statistics::PairedSample;

/// A run of one suite, each item right where `right` says so.
struct MadeRun {
  std::int64_t items = 400;
  std::function<bool(std::int64_t)> right = [](std::int64_t order) { return order % 2 == 0; };
  std::function<void(Record&)> change = [](Record&) {};
  ResultInfo info = test::example_result(400);
  std::string id = "00000000000000aa";
};

std::unique_ptr<RunReader> made(const std::string& path, const std::vector<MadeRun>& parts) {
  RunInfo run = test::example_run();
  run.id = parts.front().id;
  std::vector<ResultInfo> results;
  for (const MadeRun& part : parts) {
    results.push_back(part.info);
    results.back().id = static_cast<std::int64_t>(results.size()) - 1;
    results.back().items = part.items;
  }
  auto writer = RunWriter::create(path, run, results, Durability::kGrouped);
  REQUIRE(writer);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::int64_t order = 0; order < parts[i].items; ++order) {
      Record record = test::example_record(static_cast<std::int64_t>(i), order);
      record.item.id = parts[i].info.suite + "/" + std::to_string(order);
      record.request.item = record.item.id;
      record.item.cluster.clear();
      const bool right = parts[i].right(order);
      record.score->value = right ? 1 : 0;
      record.score->values = {{"accuracy", record.score->value}};
      record.score->extracted = right ? "B" : "C";
      parts[i].change(record);
      REQUIRE((*writer)->append(record));
    }
  }
  REQUIRE((*writer)->finish("complete"));
  auto reader = RunReader::open(path);
  REQUIRE(reader);
  return std::move(*reader);
}

/// 20 items lost and 7 gained of 400, faster, with prices; its model and its answers are hostile.
class ComparedPair {
 public:
  ComparedPair() {
    MadeRun first;
    first.change = [](Record& record) { record.usd = 0.002; };
    baseline = made(folder_.file("baseline.db"), {first});
    MadeRun second;
    second.id = "00000000000000bb";
    second.info.model.name = "llama:tuned|<b>.gguf";
    second.right = [](std::int64_t order) {
      if (order % 40 == 0 || order % 40 == 8) return false;
      return order % 2 == 0 || order % 64 == 1;
    };
    second.change = [](Record& record) {
      record.usd = 0.0002;
      *record.completion.timings.total_ms *= 0.6;
      if (record.score->value == 0) record.score->extracted = "=D|<img src=x>\x1b[2J";
    };
    candidate = made(folder_.file("candidate.db"), {second});
  }
  Result<Comparison> compared(const ComparisonRules& rules = {}) const {
    return compare({baseline.get(), "baseline.db", ""}, {candidate.get(), "candidate.db", ""}, rules);
  }
  std::unique_ptr<RunReader> baseline;
  std::unique_ptr<RunReader> candidate;

 private:
  test::TemporaryFolder folder_;
};

std::string printed(const std::function<void(std::ostream&)>& write) {
  std::ostringstream out;
  write(out);
  return out.str();
}

std::string refusal(const MadeRun& first, const MadeRun& second, const std::string& model = "") {
  const test::TemporaryFolder folder;
  const auto a = made(folder.file("a.db"), {first});
  const auto b = made(folder.file("b.db"), {second});
  const auto comparison = compare({a.get(), "a.db", ""}, {b.get(), "b.db", model}, {});
  REQUIRE_FALSE(comparison);
  CHECK(comparison.error().kind == ErrorKind::kUsage);
  CHECK(comparison.error().message.find('\n') == std::string::npos);
  return comparison.error().message;
}

PairedSample sample(double both_right, double lost, double gained, double both_wrong) {
  PairedSample made;
  made.add_independent({both_right, lost, gained, both_wrong});
  return made;
}

}  // namespace

TEST_CASE("Verdicts follow the bounds, in the contract's order") {
  CHECK(verdict_of(0.001, 0.1, 0.02) == Verdict::kBetter);
  CHECK(verdict_of(0, 0.1, 0.02) == Verdict::kNotWorse);
  CHECK(verdict_of(-0.0199, -0.001, 0.02) == Verdict::kNotWorse);
  CHECK(verdict_of(-0.02, -0.001, 0.02) == Verdict::kWorse);
  CHECK(verdict_of(-0.02, 0, 0.02) == Verdict::kUndecided);
  for (const Verdict verdict : {Verdict::kBetter, Verdict::kNotWorse, Verdict::kWorse, Verdict::kUndecided}) {
    CHECK(verdict_from_name(verdict_name(verdict)) == verdict);
  }
  CHECK_FALSE(verdict_from_name("equal"));
}

TEST_CASE("A bound passes 0 only where the exact test agrees") {
  // Three losses of 100 and no gain: the score test says 0.042, the exact one 0.125.
  const PairedSample few = sample(60, 3, 0, 37);
  CHECK(few.interval(0.90)->high < 0);
  CHECK(few.bounds(0.05)->high == 0);
  CHECK(judge_suite(few, 0.02, 0.05) == Verdict::kUndecided);
  CHECK(judge_suite(sample(60, 9, 0, 31), 0.02, 0.05) == Verdict::kWorse);
  CHECK(judge_suite(sample(60, 0, 9, 31), 0.02, 0.05) == Verdict::kBetter);
  // Not a single flip: 133 items show it, 132 do not.
  CHECK(judge_suite(sample(133, 0, 0, 0), 0.02, 0.05) == Verdict::kNotWorse);
  CHECK(judge_suite(sample(132, 0, 0, 0), 0.02, 0.05) == Verdict::kUndecided);
  CHECK(judge_suite(sample(1, 0, 0, 0), 0.02, 0.05) == Verdict::kUndecided);
}

TEST_CASE("One-sided p-values are where a bound reaches 0") {
  const PairedSample lost = sample(300, 40, 20, 140);
  const auto p = lost.one_sided_p();
  CHECK(p.better == 0.5);
  CHECK(std::abs(p.worse - statistics::mcnemar_loss_p(lost.table())) < 1e-9);
  CHECK(lost.bounds(p.worse * 1.001)->high < 0);
  CHECK(lost.bounds(p.worse * 0.999)->high >= 0);
  CHECK(sample(300, 20, 20, 160).one_sided_p().worse == 0.5);
}

TEST_CASE("Items to decide are the fewest that do") {
  const PairedSample small = sample(60, 3, 3, 34);
  const auto more = items_to_decide(small, 0.02, 0.05);
  REQUIRE(more);
  const double items = 100 + static_cast<double>(*more);
  const auto verdict = [&](double count) {
    const auto bounds = small.bounds(0.05, count / 100);
    return verdict_of(bounds->low, bounds->high, 0.02);
  };
  CHECK(verdict(items) == Verdict::kNotWorse);
  CHECK(verdict(items - 1) == Verdict::kUndecided);
  CHECK_FALSE(items_to_decide(sample(60, 30, 0, 10), 0.02, 0.05));  // it is decided
  CHECK_FALSE(items_to_decide(sample(1, 0, 0, 0), 0.02, 0.05));
  CHECK_FALSE(items_to_decide(small, 0, 0.05));  // nothing shows "not worse by more than nothing"
}

TEST_CASE("Over several suites one that is worse by chance does not decide") {
  const PairedSample chance = sample(300, 14, 5, 81);  // exact p 0.032 by itself
  const PairedSample same = sample(800, 0, 0, 200);
  CHECK(judge({&chance}, 0.02, 0.05).verdict == Verdict::kWorse);
  const Judgement four = judge({&chance, &same, &same, &same}, 0.02, 0.05);
  CHECK(four.suites[0].verdict == Verdict::kWorse);
  CHECK(four.suites[0].judged == Verdict::kUndecided);
  CHECK(four.verdict == Verdict::kUndecided);
  const PairedSample surely = sample(300, 40, 5, 55);
  CHECK(judge({&surely, &same, &same, &same}, 0.02, 0.05).verdict == Verdict::kWorse);
  const PairedSample gained = sample(300, 5, 40, 55);
  CHECK(judge({&gained, &same}, 0.02, 0.05).verdict == Verdict::kBetter);
  CHECK(judge({&same, &same}, 0.02, 0.05).verdict == Verdict::kNotWorse);
  CHECK(judge({}, 0.02, 0.05).verdict == Verdict::kUndecided);
}

TEST_CASE("Two runs are compared on the items that both answered") {
  const ComparedPair example;
  const auto comparison = example.compared();
  REQUIRE(comparison);
  const SuiteComparison& suite = comparison->suites.at(0);
  CHECK(suite.paired_items == 400);
  CHECK(suite.only_baseline == 20);
  CHECK(suite.only_candidate == 7);
  CHECK(suite.both_right == 180);
  CHECK(suite.both_wrong == 193);
  CHECK(suite.lost.size() == 20);
  CHECK(suite.lost.front().item == "mmlu/0");
  CHECK(suite.gained.front().candidate_answer == "B");
  const statistics::PairedTable table{180, 20, 7, 193};
  CHECK(suite.p_value == statistics::mcnemar_exact_p(table));
  CHECK(suite.ci95 == statistics::tango_interval(table, 0.95));
  CHECK(suite.test == "mcnemar_exact");
  CHECK(suite.difference == -13.0 / 400);
  CHECK(suite.verdict == Verdict::kWorse);
  CHECK(comparison->verdict == Verdict::kWorse);
  REQUIRE(suite.usd_per_task_ratio);
  CHECK(std::abs(suite.usd_per_task_ratio->value - 0.1) < 1e-12);
  REQUIRE(suite.latency_p95_ratio);
  CHECK(std::abs(suite.latency_p95_ratio->value - 0.6) < 1e-12);
  CHECK(verdict_sentence(*comparison) == "worse than llama:small.gguf (95 %), 10× cheaper, 1.67× faster at p95");
}

TEST_CASE("A run against itself has no flip and is not worse") {
  const ComparedPair example;
  const auto comparison =
      compare({example.baseline.get(), "a.db", ""}, {example.baseline.get(), "a.db", "llama:small.gguf"}, {});
  REQUIRE(comparison);
  CHECK(comparison->verdict == Verdict::kNotWorse);
  CHECK(comparison->suites[0].lost.empty());
  CHECK(comparison->suites[0].gained.empty());
  CHECK(comparison->suites[0].p_value == 1.0);
  CHECK(comparison->baseline.name == "llama:small.gguf (run 00000000000000aa)");
}

TEST_CASE("Failed and missing items have no part in a comparison") {
  MadeRun first;
  first.change = [](Record& record) {
    if (record.item.order < 10) {
      record = test::failed_record(0, record.item.order);
      record.item.id = "mmlu/" + std::to_string(record.item.order);
    }
  };
  MadeRun second;
  second.items = 350;
  const test::TemporaryFolder folder;
  const auto a = made(folder.file("a.db"), {first});
  const auto b = made(folder.file("b.db"), {second});
  const auto comparison = compare({a.get(), "a.db", ""}, {b.get(), "b.db", ""}, {});
  REQUIRE(comparison);
  CHECK(comparison->suites[0].paired_items == 340);
  CHECK(comparison->suites[0].baseline.failed == 10);
  CHECK(comparison->suites[0].candidate.failed == 0);
}

TEST_CASE("What was not asked alike is refused, and the difference is named") {
  const MadeRun plain;
  MadeRun other;
  other.info.shots = 0;
  other.info.protocol = "generate";
  CHECK(refusal(plain, other) ==
        "a.db and b.db cannot be compared, they were not asked alike: mmlu: protocol loglikelihood against generate; "
        "shots 5 against 0");
  other = {};
  other.info.suite_version = "2";
  CHECK_THAT(refusal(plain, other), ContainsSubstring("suite version 1 against 2"));
  other = {};
  other.info.data_sha256 = test::example_run().config_sha256;
  CHECK_THAT(refusal(plain, other), ContainsSubstring("mmlu: data "));
  other = {};
  other.info.starter = true;
  CHECK_THAT(refusal(plain, other), ContainsSubstring("against starter items"));
  other = {};
  other.info.options = {{"subjects", "astronomy"}};
  CHECK_THAT(refusal(plain, other), ContainsSubstring("options none against subjects=astronomy"));
  other = {};
  other.info.suite = "hellaswag";
  CHECK_THAT(refusal(plain, other), ContainsSubstring("no suite in common"));
  CHECK_THAT(refusal(plain, plain, "llama:smal.gguf"), ContainsSubstring("did you mean 'llama:small.gguf'?"));
  other = {};
  other.change = [](Record& record) { record.item.id += "x"; };
  CHECK_THAT(refusal(plain, other), ContainsSubstring("no item that both answered"));
}

TEST_CASE("Strategies are suites of their own, and two of them are compared where that is asked for") {
  const test::TemporaryFolder folder;
  MadeRun zero;
  zero.info.options = {{"strategy", "zero_shot"}, {"file", "s.yaml"}};
  MadeRun cot = zero;
  cot.info.options[0].second = "cot";
  cot.info.protocol = "generate/cot";
  cot.info.data_sha256 = std::string(64, 'e');  // of the files that its examples come from, too
  cot.right = [](std::int64_t order) { return order % 4 != 1; };
  const auto a = made(folder.file("a.db"), {zero, cot});
  MadeRun later = cot;
  later.id = "00000000000000bb";
  later.right = [](std::int64_t order) { return order % 4 != 2; };
  const auto b = made(folder.file("b.db"), {later});

  auto comparison = compare({a.get(), "a.db", ""}, {b.get(), "b.db", ""}, {});
  REQUIRE(comparison);
  REQUIRE(comparison->suites.size() == 1);
  CHECK(suite_label(comparison->suites[0]) == "mmlu (cot)");
  CHECK(comparison->suites[0].only_baseline == 100);
  CHECK(comparison->only_baseline == std::vector<std::string>{"mmlu (zero_shot)"});

  comparison = compare({a.get(), "a.db", "", "zero_shot"}, {a.get(), "a.db", "", "cot"}, {});
  INFO((comparison ? "" : comparison.error().message));
  REQUIRE(comparison);
  REQUIRE(comparison->suites.size() == 1);
  CHECK(suite_label(comparison->suites[0]) == "mmlu (zero_shot → cot)");
  CHECK(asked_label(comparison->suites[0]) == "loglikelihood, 5 shots → generate/cot, 5 shots");
  CHECK(comparison->suites[0].difference == Approx(0.25));
  CHECK(comparison->verdict == Verdict::kBetter);
  CHECK(comparison->baseline.name != comparison->candidate.name);

  MadeRun unnamed = zero;
  unnamed.info.options = {{"file", "s.yaml"}};
  const auto none = made(folder.file("none.db"), {unnamed});
  const auto apart = compare({a.get(), "a.db", ""}, {none.get(), "none.db", ""}, {});
  REQUIRE_FALSE(apart);
  CHECK(apart.error().message ==
        "a.db and none.db have no suite in common that was asked by the same strategy (a.db: zero_shot, cot; none.db: "
        "none); --strategy A,B of `assay compare` compares two");

  const auto missing = compare({a.get(), "a.db", "", "ctt"}, {a.get(), "a.db", "", "cot"}, {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message ==
        "a.db: the run has no strategy 'ctt' (did you mean 'cot'?); there are zero_shot, cot");
  const auto other_data = compare({a.get(), "a.db", "", "zero_shot"}, {b.get(), "b.db", "", "cot"}, {});
  REQUIRE_FALSE(other_data);
  CHECK_THAT(other_data.error().message, ContainsSubstring("data "));
  MadeRun other = cot;
  other.info.options[1].second = "folder/s.yaml";  // where the suite lies is no difference
  const auto moved = made(folder.file("d.db"), {other});
  CHECK(compare({a.get(), "a.db", "", "zero_shot"}, {moved.get(), "d.db", "", "cot"}, {}));
  other.info.options.emplace_back("timeout", "3");
  const auto c = made(folder.file("c.db"), {other});
  const auto unlike = compare({a.get(), "a.db", "", "zero_shot"}, {c.get(), "c.db", "", "cot"}, {});
  REQUIRE_FALSE(unlike);
  CHECK_THAT(unlike.error().message, ContainsSubstring("options none against timeout=3"));
}

TEST_CASE("Voters' answers are compared as elected, at the time of the slowest") {
  const test::TemporaryFolder folder;
  MadeRun first;
  MadeRun second;
  second.id = "00000000000000bb";
  for (MadeRun* run : {&first, &second}) {
    run->items = 100;
    run->info.samples = 3;
    run->info.metrics = {{"accuracy", "accuracy", Aggregation::kMean, 0, "", true, true}};
  }
  const auto voted = [&](const std::string& name, const MadeRun& part, const std::vector<std::string>& answers) {
    RunInfo run = test::example_run();
    run.id = part.id;
    ResultInfo info = part.info;
    info.items = part.items;
    auto writer = RunWriter::create(folder.file(name), run, {info}, Durability::kGrouped);
    REQUIRE(writer);
    for (std::int64_t order = 0; order < part.items; ++order) {
      for (int sample = 0; sample < 3; ++sample) {
        Record record = test::example_record(0, order, sample);
        record.item.cluster.clear();
        record.score->extracted = answers[static_cast<std::size_t>(sample)];
        record.score->value = record.score->extracted == "B" ? 1 : 0;
        record.score->values = {{"accuracy", record.score->value}};
        record.completion.reused = false;
        record.completion.timings.total_ms = 10.0 * (sample == 1 ? 9 : 1);
        record.usd = 0.01;
        REQUIRE((*writer)->append(record));
      }
    }
    REQUIRE((*writer)->finish("complete"));
    auto reader = RunReader::open(folder.file(name));
    REQUIRE(reader);
    return std::move(*reader);
  };
  const auto a = voted("a.db", first, {"C", "D", "C"});
  const auto b = voted("b.db", second, {"C", "B", "B"});
  const auto comparison = compare({a.get(), "a.db", ""}, {b.get(), "b.db", ""}, {});
  INFO((comparison ? "" : comparison.error().message));
  REQUIRE(comparison);
  const SuiteComparison& suite = comparison->suites.at(0);
  CHECK(suite.baseline.value == 0);
  CHECK(suite.candidate.value == 1);  // its first sample alone would be wrong
  CHECK(suite.gained.at(0).candidate_answer == "B");
  CHECK(suite.candidate.latency_p50_ms == 90);
  CHECK(suite.candidate.usd_per_task.value() == Approx(0.03));
  const auto summary = summarize(*b);
  REQUIRE(summary);
  CHECK(headline(summary->results[0])->estimate.value == 1);
  CHECK(summary->results[0].latency.total.p50 == 90);
  CHECK(summary->results[0].latency.total.count == 100);
  CHECK(summary->results[0].cost.usd_per_task.value() == Approx(0.03));
}

TEST_CASE("One of several models has to be named") {
  MadeRun second;
  second.info.model.name = "llama:other.gguf";
  second.info.model_ref = "llama:other.gguf";
  const test::TemporaryFolder folder;
  const auto both = made(folder.file("a.db"), {MadeRun{}, second});
  const auto unnamed = compare({both.get(), "a.db", ""}, {both.get(), "a.db", "llama:other.gguf"}, {});
  REQUIRE_FALSE(unnamed);
  CHECK_THAT(unnamed.error().message, ContainsSubstring("a.db#MODEL; there are llama:small.gguf, llama:other.gguf"));
  const auto named = compare({both.get(), "a.db", "llama:small.gguf"}, {both.get(), "a.db", "llama:other.gguf"}, {});
  REQUIRE(named);
  CHECK(named->candidate.model == "llama:other.gguf");
}

TEST_CASE("Fractions, clusters and macro averages are compared by their own tests") {
  MadeRun first;
  first.change = [](Record& record) {
    record.item.cluster = "subject_" + std::to_string(record.item.order / 40);
    record.score->value = static_cast<double>(record.item.order % 5) / 4;
    record.score->values = {{"accuracy", record.score->value}};
  };
  const test::TemporaryFolder folder;
  const auto fractions = made(folder.file("a.db"), {first});
  MadeRun second = first;
  second.change = [](Record& record) {
    record.item.cluster = "subject_" + std::to_string(record.item.order / 40);
    record.score->value = static_cast<double>(record.item.order % 7) / 6;
    record.score->values = {{"accuracy", record.score->value}};
  };
  const auto others = made(folder.file("b.db"), {second});
  const auto comparison = compare({fractions.get(), "a.db", ""}, {others.get(), "b.db", ""}, {});
  REQUIRE(comparison);
  CHECK(comparison->suites[0].test == "paired_t_clustered");
  CHECK(comparison->suites[0].clusters == 10);
  CHECK_FALSE(comparison->suites[0].binary);
  CHECK(comparison->suites[0].lower_bound < comparison->suites[0].difference);

  // Two groups, of 250 and 150 items: each counts as much as the other.
  MadeRun macro;
  macro.info.metrics = {{"accuracy_macro", "accuracy", Aggregation::kMacroMean, 0, "subject", true}};
  MadeRun better = macro;
  better.right = [](std::int64_t order) { return order % 2 == 0 || order >= 250; };
  const auto even = made(folder.file("c.db"), {macro});
  const auto uneven = made(folder.file("d.db"), {better});
  const auto averaged = compare({even.get(), "c.db", ""}, {uneven.get(), "d.db", ""}, {});
  REQUIRE(averaged);
  CHECK(averaged->suites[0].difference == 0.25);
  CHECK(averaged->suites[0].candidate.value == 0.75);
}

TEST_CASE("Balanced accuracies are compared as they are averaged, by class, by group and by weight") {
  // Orders below 250 are one task with two classes of 100 and 150 items, the rest another of one class, where an item
  // that is right weighs twice as much as one that is not.
  MadeRun balanced;
  balanced.info.metrics = {{"score", "s", Aggregation::kMacroBalancedAccuracy, 0, "task", true}};
  const auto change = [](Record& record) {
    const std::int64_t order = record.item.order;
    record.item.groups = {{"task", order < 250 ? "a" : "b"}, {"class", order < 100 ? "y" : order < 250 ? "n" : "all"}};
    record.item.cluster.clear();
    const bool right = record.score->value > 0;
    record.score->values = {{"s", record.score->value}};
    if (order >= 250) record.score->values.emplace_back("#s_weight", right ? 2 : 1);
  };
  balanced.change = change;
  MadeRun better = balanced;
  better.right = [](std::int64_t order) { return order % 2 == 0 || order < 100 || (order >= 250 && order % 3 == 0); };
  const test::TemporaryFolder folder;
  const auto first = made(folder.file("a.db"), {balanced});
  const auto second = made(folder.file("b.db"), {better});
  const auto comparison = compare({first.get(), "a.db", ""}, {second.get(), "b.db", ""}, {});
  REQUIRE(comparison);
  // 75 of 150 items right: F = 150 / 225. Of the better one 100 right: 200 / 250.
  const double before = ((0.5 + 0.5) / 2 + 150.0 / 225) / 2;
  const double after = ((1 + 0.5) / 2 + 200.0 / 250) / 2;
  CHECK(comparison->suites[0].baseline.value == Approx(before));
  CHECK(comparison->suites[0].candidate.value == Approx(after));
  CHECK(comparison->suites[0].difference == Approx(after - before));
  for (const auto& [run, value] : {std::pair{first.get(), before}, std::pair{second.get(), after}}) {
    const auto summary = summarize(*run);
    REQUIRE(summary);
    CHECK(summary->results[0].metrics[0].estimate.value.value() == Approx(value));
  }
}

TEST_CASE("The gate's exit code is its policy's") {
  const ComparedPair example;
  const auto comparison = example.compared();
  REQUIRE(comparison);
  const auto with = [&](const GatePolicy& policy) { return judge_gate(*comparison, policy); };
  CHECK(with({}).exit_code() == 1);

  Comparison undecided = *comparison;
  undecided.suites[0].judged = Verdict::kUndecided;
  CHECK(judge_gate(undecided, {}).exit_code() == 1);
  GatePolicy lenient;
  lenient.undecided_passes = true;
  CHECK(judge_gate(undecided, lenient).exit_code() == 0);
  lenient.max_p95_ratio = 0.65;
  lenient.max_usd_per_task = 0.0003;
  lenient.max_error_rate = 0;
  CHECK(judge_gate(undecided, lenient).exit_code() == 0);
  CHECK(judge_gate(undecided, lenient).checks.size() == 4);
  lenient.max_p95_ratio = 0.55;
  CHECK(judge_gate(undecided, lenient).exit_code() == 1);
  lenient.max_p95_ratio.reset();
  undecided.suites[0].candidate.failed = 1;
  CHECK(judge_gate(undecided, lenient).exit_code() == 1);
  lenient.max_error_rate = 0.01;
  CHECK(judge_gate(undecided, lenient).exit_code() == 0);
  // Without a limit on them, items without an answer make the run incomplete.
  lenient.max_error_rate.reset();
  CHECK(judge_gate(undecided, lenient).exit_code() == 3);
  // What is not known cannot be kept.
  undecided.suites[0].candidate.failed = 0;
  undecided.suites[0].candidate.usd_per_task.reset();
  CHECK(judge_gate(undecided, lenient).exit_code() == 1);
  // A suite that may fall is compared, not judged.
  GatePolicy other;
  other.must_not_fall = {"hellaswag"};
  CHECK(with(other).exit_code() == 0);
}

TEST_CASE("Comparison and gate look the same as approved, in every format") {
  const ComparedPair example;
  const auto comparison = example.compared();
  REQUIRE(comparison);
  const GateOutcome outcome = judge_gate(*comparison, {{}, false, 0.5, 0.01, 0.001});
  const std::string console = printed([&](std::ostream& out) {
    write_comparison_console(out, *comparison, 2, {false, 80});
    write_checks_console(out, outcome, {false, 80});
  });
  test::check_golden("results/comparison.txt", console);
  test::check_golden("results/comparison.json",
                     printed([&](std::ostream& out) { write_comparison_json(out, *comparison); }));
  const std::string markdown = printed([&](std::ostream& out) { write_gate_markdown(out, outcome, 2); });
  test::check_golden("results/gate.md", markdown);
  test::check_golden("results/gate.xml", printed([&](std::ostream& out) { write_gate_junit(out, outcome); }));
  test::check_golden("results/gate.prom", printed([&](std::ostream& out) { write_gate_prometheus(out, outcome); }));
  CHECK(markdown.find("<img") == std::string::npos);
  CHECK(console.find('\x1b') == std::string::npos);
  std::istringstream lines(console.substr(0, console.find("FAILED")));
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(report::display_width(line) <= 80);
  }
}

TEST_CASE("The JSON of a comparison has the contract's keys, and a night is one line") {
  const ComparedPair example;
  const auto comparison = example.compared();
  REQUIRE(comparison);
  const json document = json::parse(printed([&](std::ostream& out) { write_comparison_json(out, *comparison); }));
  for (const char* key : {"schema", "baseline", "candidate", "margin", "alpha", "verdict", "suites"}) {
    CHECK(document.contains(key));
  }
  for (const char* key : {"suite",
                          "metric",
                          "paired_items",
                          "baseline",
                          "candidate",
                          "difference",
                          "stderr",
                          "ci95",
                          "lower_bound",
                          "p_value",
                          "test",
                          "both_right",
                          "only_baseline",
                          "only_candidate",
                          "both_wrong",
                          "verdict",
                          "items_to_decide",
                          "latency_p50_ratio",
                          "latency_p95_ratio",
                          "usd_per_task_ratio"}) {
    CHECK(document["suites"][0].contains(key));
  }
  CHECK(document["suites"][0]["items_to_decide"].is_null());
  const GateOutcome outcome = judge_gate(*comparison, {});
  const std::string line =
      printed([&](std::ostream& out) { write_history_line(out, outcome, "2026-11-21T08:00:00Z"); });
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(json::parse(line)["suites"][0]["candidate"]["value"] == comparison->suites[0].candidate.value);
  const json gate = json::parse(printed([&](std::ostream& out) { write_gate_json(out, outcome); }));
  CHECK(gate["exit_code"] == 1);
  CHECK(gate["comparison"]["verdict"] == "worse");
}

TEST_CASE("A headline says no more of a name than fits") {
  Comparison comparison;
  comparison.baseline.name = std::string(5000, 'n');
  comparison.verdict = Verdict::kWorse;
  CHECK(verdict_sentence(comparison).size() < 100);
  CHECK_THAT(verdict_sentence(comparison), StartsWith("worse than nnn"));
}

TEST_CASE("A headline says what is undecided, and what is worse by itself") {
  Comparison comparison;
  comparison.baseline.name = "gpt-4";
  const auto suite = [](const char* name, Verdict verdict, std::optional<std::int64_t> items) {
    SuiteComparison one;
    one.suite = name;
    one.verdict = verdict;
    one.judged = Verdict::kUndecided;
    one.items_to_decide = items;
    return one;
  };
  comparison.suites = {suite("mmlu", Verdict::kUndecided, 40), suite("hellaswag", Verdict::kUndecided, 120)};
  CHECK(verdict_sentence(comparison) == "undecided against gpt-4: about 120 more items of hellaswag would decide");
  comparison.suites[0].items_to_decide = std::nullopt;
  CHECK(verdict_sentence(comparison) == "undecided against gpt-4: more items of the same kind would not decide soon");
  comparison.suites[0] = suite("mmlu", Verdict::kWorse, std::nullopt);
  CHECK(verdict_sentence(comparison) ==
        "undecided against gpt-4: mmlu is worse by itself, but not after the correction for 2 suites (Holm)");
  comparison.suites[1].verdict = Verdict::kWorse;
  comparison.suites[0].second = SecondAnswers{};
  comparison.suites[0].second->alarm_stands = false;
  CHECK(verdict_sentence(comparison) ==
        "undecided against gpt-4: mmlu and hellaswag are worse by themselves, but not by second answers");
  comparison.judged = {"hellaswag"};
  CHECK_THAT(verdict_sentence(comparison),
             StartsWith("on hellaswag alone: undecided against gpt-4: hellaswag is worse"));
}

TEST_CASE("Numbers for people") {
  CHECK(points_text(0.008) == "+0.8");
  CHECK(points_text(-0.0004) == "0.0");
  CHECK(points_text(-0.12) == "-12.0");
  CHECK(times_text(11.2) == "11×");
  CHECK(times_text(1.251) == "1.25×");
  CHECK(times_text(0.06) == "0.060×");
}

}  // namespace assay
