#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/random.h"
#include "results/statistics/interval.h"
#include "results/statistics/majority.h"
#include "results/statistics/mean.h"
#include "results/statistics/metric_accumulator.h"
#include "results/statistics/pass_at_k.h"
#include "results/statistics/percentiles.h"
#include "results/statistics/sample_spread.h"
#include "results/statistics/summary.h"
#include "tests/catch.h"
#include "tests/results/example_run.h"

// Reference values: SciPy 1.17.1, statsmodels 0.15.0, NumPy 2.4.6; the calls that made them stand beside them.

namespace assay {
namespace {

using statistics::Interval;

bool near(double value, double reference) {
  return std::abs(value - reference) <= 1e-12 * std::max(1.0, std::abs(reference));
}

bool near(const std::optional<Interval>& value, double low, double high) {
  return value && near(value->low, low) && near(value->high, high);
}

std::optional<double> sem(const std::vector<double>& values) {
  statistics::Mean mean;
  for (const double value : values) mean.add(value);
  return mean.standard_error();
}

TEST_CASE("Wilson's interval agrees with statsmodels") {
  // statsmodels.stats.proportion.proportion_confint(k, n, method='wilson')
  using statistics::wilson_interval;
  CHECK(near(wilson_interval(131, 500, 0.95), 0.22537626941723765, 0.30225291664246134));
  CHECK(near(wilson_interval(0, 10, 0.95), 0, 0.27753279986288926));
  CHECK(near(wilson_interval(10, 10, 0.95), 0.7224672001371106, 1));
  CHECK(near(wilson_interval(1, 1, 0.95), 0.2065493143772374, 1));
  CHECK(near(wilson_interval(82, 164, 0.95), 0.42435704738802893, 0.5756429526119711));
  CHECK(near(wilson_interval(2634, 10042, 0.95), 0.2537868879597365, 0.27099159679245766));
  CHECK_FALSE(wilson_interval(0, 0, 0.95));
}

TEST_CASE("Standard errors and t intervals agree with SciPy") {
  // scipy.stats.sem(v); scipy.stats.t.interval(0.95, len(v) - 1, numpy.mean(v), scipy.stats.sem(v))
  const std::vector<double> v = {0, 0.5, 1, 0.25, 0.75, 1, 1, 0};
  CHECK(near(sem(v).value(), 0.15490492475801315));
  CHECK(near(statistics::t_interval(0.5625, *sem(v), 8, 0.95), 0.19620805822604664, 0.9287919417739534));
  // scipy.stats.sem([1] * 131 + [0] * 369)
  std::vector<double> binary(131, 1.0);
  binary.resize(500, 0.0);
  CHECK(near(sem(binary).value(), 0.019684688820194637));
  CHECK_FALSE(sem({1}));
  CHECK_FALSE(statistics::t_interval(0.5, 0.1, 1, 0.95));
}

TEST_CASE("Clustered standard errors agree with statsmodels") {
  // sm.OLS(s, numpy.ones(12)).fit(cov_type='cluster', cov_kwds={'groups': g, 'use_correction': False}).bse[0]
  const std::vector<double> s = {1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1};
  const std::vector<const char*> g = {"0", "0", "0", "1", "1", "2", "2", "2", "2", "3", "", ""};
  statistics::ClusteredMean mean;
  for (std::size_t i = 0; i < s.size(); ++i) mean.add(s[i], g[i]);
  CHECK(mean.clustered());
  CHECK(near(mean.standard_error().value(), 0.07856742013183869));
  statistics::ClusteredMean single;
  single.add(1, "a");
  single.add(0, "a");
  CHECK_FALSE(single.standard_error());
}

TEST_CASE("pass@k agrees with the definition by binomial coefficients") {
  // 1 - scipy.special.comb(n - c, k, exact=True) / scipy.special.comb(n, k, exact=True)
  CHECK(near(statistics::pass_at_k(10, 3, 1).value(), 0.30000000000000004));
  CHECK(near(statistics::pass_at_k(10, 3, 5).value(), 0.9166666666666666));
  CHECK(near(statistics::pass_at_k(200, 17, 100).value(), 0.99999636769084));
  CHECK(statistics::pass_at_k(5, 0, 3) == 0.0);
  CHECK(statistics::pass_at_k(5, 4, 2) == 1.0);
  CHECK_FALSE(statistics::pass_at_k(4, 1, 5));
  CHECK_FALSE(statistics::pass_at_k(4, 5, 1));
}

TEST_CASE("Percentiles agree with NumPy") {
  // numpy.percentile(x, [50, 95, 99])
  std::vector<double> x = {12.5, 3, 99, 41.25, 7, 7, 18, 250, 33, 1};
  const auto result = statistics::percentiles(x);
  CHECK(near(result.p50.value(), 15.25));
  CHECK(near(result.p95.value(), 182.04999999999984));
  CHECK(near(result.p99.value(), 236.41000000000003));
  CHECK(near(result.mean.value(), 47.175));
  CHECK(result.max == 250.0);
  std::vector<double> none;
  CHECK_FALSE(statistics::percentiles(none).p50);
}

TEST_CASE("Macro means and balanced accuracy are means of means") {
  // A = [1, 1, 0, 1]; B = [0, 1, 0, 0, 1]; mean of the means, √(sem(A)² + sem(B)²) / 2, scipy.stats.norm.interval
  for (const Aggregation aggregation : {Aggregation::kMacroMean, Aggregation::kBalancedAccuracy}) {
    statistics::MetricAccumulator metric({"m", "accuracy", aggregation, 0, "subject", true});
    const auto add = [&](const char* part, double value) {
      Item item;
      item.groups = {{"subject", part}, {"category", "x"}};
      item.target = part;
      metric.add(item, {value, 1, value >= 1 ? 1 : 0});
    };
    for (const double value : {1, 1, 0, 1}) add("A", value);
    for (const double value : {0, 1, 0, 0, 1}) add("B", value);
    const Estimate estimate = metric.estimate();
    CHECK(near(estimate.value.value(), 0.575));
    CHECK(near(estimate.standard_error.value(), 0.17500000000000002));
    // Drawn within the parts: of so few values the ends lie on a grid, about where the normal ones do.
    CHECK(estimate.interval == "bootstrap");
    CHECK(std::abs(estimate.ci95->low - 0.23200630270549044) < 0.1);
    CHECK(std::abs(estimate.ci95->high - 0.9179936972945095) < 0.1);
  }
}

TEST_CASE("A mean over groups of balanced accuracies: classes alike in a group, groups alike, items by their weights") {
  statistics::MetricAccumulator metric({"m", "s", Aggregation::kMacroBalancedAccuracy, 0, "task", true});
  const auto add = [&](const char* task, const char* gold, double value, double weight) {
    Item item;
    item.groups = {{"task", task}, {"class", gold}};
    item.target = "not looked at";
    statistics::ItemSamples samples;
    samples.add(value, weight);
    metric.add(item, samples);
  };
  // sklearn.metrics.balanced_accuracy_score(["y", "y", "y", "n", "n"], ["y", "y", "n", "n", "y"]) = 7/12
  for (const double value : {1, 1, 0}) add("a", "y", value, 1);
  for (const double value : {1, 0}) add("a", "n", value, 1);
  // F1 of two items: 2·1 of 3, and 0 of 2: 2 / (3 + 2)
  add("b", "all", 2.0 / 3, 3);
  add("b", "all", 0, 2);
  const Estimate estimate = metric.estimate();
  CHECK(near(estimate.value.value(), (7.0 / 12 + 2.0 / 5) / 2));
  CHECK(estimate.interval == "normal");
  // Var: (1/3² + 1/2²)/16 of a (its classes' squared standard errors) and, of b's ratio, 2·Σw²(s-F)²/5² over 4.
  const double a = (1.0 / 9 + 1.0 / 4) / 16;
  const double f = 0.4;
  const double b = 2 * (9 * (2.0 / 3 - f) * (2.0 / 3 - f) + 4 * f * f) / 25 / 4;
  CHECK(estimate.standard_error.value() == Approx(std::sqrt(a + b)));
  statistics::MetricAccumulator nothing({"m", "s", Aggregation::kMacroBalancedAccuracy, 0, "task", true});
  CHECK_FALSE(nothing.estimate().value);
}

TEST_CASE("The difference of two independent proportions has Newcombe's interval") {
  // R. G. Newcombe 1998, table II, method 10: 56/70 - 48/80 is 0.0524 to 0.3339
  const auto of_a = statistics::wilson_interval(56, 70, 0.95).value();
  const auto of_b = statistics::wilson_interval(48, 80, 0.95).value();
  const Interval interval = statistics::difference_interval(56.0 / 70, of_a, 48.0 / 80, of_b);
  CHECK(std::abs(interval.low - 0.0524) < 5e-5);
  CHECK(std::abs(interval.high - 0.3339) < 5e-5);
  const Interval turned = statistics::difference_interval(48.0 / 80, of_b, 56.0 / 70, of_a);
  CHECK(near(turned.low, -interval.high));
  CHECK(near(turned.high, -interval.low));
}

TEST_CASE("What holds of all samples of an item, and how far samples of one number are from those of another") {
  statistics::MetricAccumulator all({"m", "a", Aggregation::kAllSamples, 0, "", false});
  statistics::MetricAccumulator spread({"m", "a", Aggregation::kSampleSpread, 0, "", false});
  const std::vector<std::vector<double>> items{{1, 1, 1}, {1, 0, 1}, {0, 0, 1}, {1, 0, 0}};
  for (const std::vector<double>& values : items) {
    statistics::ItemSamples samples;
    for (const double value : values) samples.add(value, 1);
    all.add({}, samples);
    spread.add({}, samples);
  }
  CHECK(all.estimate().value.value() == 0.25);
  CHECK(all.estimate().interval == "wilson");
  CHECK(spread.estimate().value.value() == 0.5);  // 3/4, 1/4 and 3/4
  CHECK(spread.estimate().interval == "simultaneous");
  CHECK(spread.estimate().ci95->low == 0);
  CHECK(spread.estimate().ci95->high > 0.5);
  CHECK_FALSE(spread.estimate().standard_error);
}

TEST_CASE("A spread's interval is the widest of its pairs', each at the level that lets all hold at once") {
  statistics::SampleSpread spread;
  statistics::PairedSample first_second, first_third, second_third;
  for (int i = 0; i < 200; ++i) {
    const double a = i % 2, b = i % 2 == 0 || i % 5 == 1 ? 1 : 0, c = i % 3 == 0 ? 1 : 0;
    spread.add({a, b, c}, "");
    first_second.add(a, b, "");
    first_third.add(a, c, "");
    second_third.add(b, c, "");
  }
  const double each = 1 - 0.05 / 3;
  double low = 0, high = 0;
  for (const statistics::PairedSample* pair : {&first_second, &first_third, &second_third}) {
    const statistics::Interval interval = pair->interval(each).value();
    low = std::max({low, interval.low, -interval.high});
    high = std::max({high, interval.high, -interval.low});
  }
  CHECK(low > 0);  // the second way really is the better one
  CHECK(near(spread.interval(0.95)->low, low));
  CHECK(near(spread.interval(0.95)->high, high));
  CHECK_FALSE(statistics::SampleSpread().value());
  CHECK_FALSE(statistics::SampleSpread().interval(0.95));
}

TEST_CASE("Ways that are all alike have a spread, and its interval reaches down to 0 in 95 of 100 runs at least") {
  Random random(11);
  int above_zero = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    statistics::SampleSpread spread;
    for (int item = 0; item < 60; ++item) {
      std::vector<double> values;
      for (int way = 0; way < 5; ++way) values.push_back(random.unit() < 0.5 ? 1 : 0);
      spread.add(values, "");
    }
    CHECK(spread.value().value() > 0);
    if (spread.interval(0.95)->low > 0) ++above_zero;
  }
  CHECK(above_zero <= kRuns / 20);
}

TEST_CASE("The answer that most samples gave is the item's; ties go to the one that was given first") {
  const auto majority = [](const std::vector<std::string>& answers) {
    std::vector<statistics::Vote> votes;
    for (const std::string& answer : answers) votes.push_back(statistics::vote_of(answer));
    return statistics::majority(votes);
  };
  // as Python's collections.Counter(votes).most_common(1) has it, whose ties keep the order of first appearance
  CHECK(majority({"a", "b", "b"}) == 1);
  CHECK(majority({"a", "b", "b", "a"}) == 0);
  CHECK(majority({"c", "b", "a", "a", "b"}) == 1);
  CHECK(majority({"", "", "a"}) == 2);  // who says nothing does not vote
  CHECK_FALSE(majority({"", ""}));
  CHECK(majority({"01067", "1067", "1067"}) == 1);  // they mean the same: the spelling that most gave
  CHECK(majority({"1,2", "12", "12"}) == 1);
  CHECK(majority({"9007199254740992", "9007199254740993", "9007199254740993"}) == 1);
  CHECK_FALSE(majority({}));
  using statistics::meaning_of;
  CHECK(meaning_of(" Billing.\n") == meaning_of("billing"));
  CHECK(meaning_of("two  words") == "two words");
  CHECK(meaning_of("$1,250.00") == meaning_of("1250"));
  CHECK(meaning_of("1,250,000.5") == meaning_of("1250000.5"));
  CHECK(meaning_of("-1,000") == meaning_of("-1000"));
  for (const char* text : {"1,2", "12,34", "1,2500", ",125", "1250,000", "1.5,000"}) CHECK(meaning_of(text) == text);
  CHECK(meaning_of("18.0") == meaning_of("18"));
  CHECK(meaning_of("-0") == meaning_of("0"));
  CHECK(meaning_of("18") != meaning_of("18.5"));
  CHECK(meaning_of("infinity") == "infinity");
  CHECK(meaning_of("Ärger") != meaning_of("ärger"));  // capitals of ASCII alone
  CHECK(meaning_of(".") == ".");
  CHECK(meaning_of("") == "");
}

TEST_CASE("A metric of voters has the elected answer's value, and stays what it is over items") {
  MetricSpec spec{"m", "a", Aggregation::kMacroMean, 0, "subject", true};
  spec.vote = true;
  statistics::MetricAccumulator macro(spec);
  spec.aggregation = Aggregation::kMean;
  statistics::MetricAccumulator mean(spec);
  const auto add = [&](const std::string& subject, const std::vector<std::pair<std::string, double>>& given) {
    statistics::ItemSamples samples;
    for (const auto& [answer, value] : given) {
      Score score;
      score.extracted = answer;
      score.values = {{"a", value}};
      REQUIRE(samples.add(spec, score));
    }
    Item item;
    item.groups = {{"subject", subject}};
    macro.add(item, samples);
    mean.add(item, samples);
  };
  add("x", {{"B", 0}, {"A", 1}, {"A", 1}});  // right by majority
  add("x", {{"B", 0}, {"A", 1}, {"B", 0}});  // wrong
  add("x", {{"", 0}, {"", 0}});              // nobody voted
  add("y", {{"A", 1}, {"B", 0}});            // a tie: the first
  CHECK(mean.estimate().value.value() == 0.5);
  CHECK(mean.estimate().interval == "wilson");
  CHECK(macro.estimate().value.value() == Approx((1.0 / 3 + 1) / 2));
}

TEST_CASE("A macro mean's bootstrap is as wide as its standard error says, in parts of two as in parts of a hundred") {
  for (const auto& [parts, size] : std::vector<std::pair<int, int>>{{60, 2}, {57, 100}}) {
    statistics::MetricAccumulator metric({"m", "accuracy", Aggregation::kMacroMean, 0, "subject", true});
    Random random(3);
    for (int part = 0; part < parts; ++part) {
      Item item;
      item.groups = {{"subject", std::to_string(part)}};
      for (int i = 0; i < size; ++i) {
        const bool right = random.unit() < 0.4;
        metric.add(item, {right ? 1.0 : 0.0, 1, right ? 1 : 0});
      }
    }
    const Estimate estimate = metric.estimate();
    CHECK(estimate.interval == "bootstrap");
    CHECK(estimate.ci95->high - estimate.ci95->low == Approx(2 * 1.96 * *estimate.standard_error).epsilon(0.1));
    CHECK(metric.estimate().ci95->low == estimate.ci95->low);  // seeded
  }
}

TEST_CASE("Above ten thousand items a macro mean has the normal interval") {
  statistics::MetricAccumulator metric({"m", "accuracy", Aggregation::kMacroMean, 0, "subject", true});
  Item item;
  for (int i = 0; i < 10'001; ++i) {
    item.groups = {{"subject", i % 2 == 0 ? "A" : "B"}};
    metric.add(item, {i % 3 == 0 ? 1.0 : 0.0, 1, i % 3 == 0 ? 1 : 0});
  }
  CHECK(metric.estimate().interval == "normal");
}

TEST_CASE("pass@k needs k samples of every item; samples are averaged within an item first") {
  statistics::MetricAccumulator pass({"pass@2", "pass", Aggregation::kPassAtK, 2, "", true});
  statistics::MetricAccumulator mean({"accuracy", "pass", Aggregation::kMean, 0, "", true});
  CHECK_FALSE(pass.estimate().value);
  for (const int right : {0, 1, 3}) {
    const statistics::ItemSamples samples{static_cast<double>(right), 3, right};
    pass.add({}, samples);
    mean.add({}, samples);
  }
  CHECK(near(pass.estimate().value.value(), (0 + 2.0 / 3 + 1) / 3));
  CHECK(pass.estimate().interval == "bootstrap");
  CHECK(near(mean.estimate().value.value(), 4.0 / 9));
  pass.add({}, {1, 1, 1});
  CHECK_FALSE(pass.estimate().value);
  CHECK_FALSE(pass.estimate().ci95);
}

TEST_CASE("A summary counts items, failures, tokens, money and time") {
  const test::TemporaryFolder folder;
  ResultInfo info = test::example_result(6);
  info.price = Price{std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, 3.6, "", ""};
  {
    auto writer = RunWriter::create(folder.file("run.db"), test::example_run(), {info}, Durability::kGrouped);
    REQUIRE(writer);
    for (std::int64_t i = 0; i < 4; ++i) REQUIRE((*writer)->append(test::example_record(0, i)));
    REQUIRE((*writer)->append(test::failed_record(0, 4)));
    REQUIRE((*writer)->finish("incomplete"));
  }
  const auto reader = RunReader::open(folder.file("run.db"));
  REQUIRE(reader);
  const auto summary = summarize(**reader);
  REQUIRE(summary);
  const ResultSummary& result = summary->results.at(0);
  CHECK(result.items == 6);
  CHECK(result.scored == 4);
  CHECK(result.failed == 1);
  CHECK(result.reused == 0);
  CHECK(result.state == "incomplete");
  CHECK(result.retries == 2);
  CHECK(headline(result)->estimate.value == 0.5);
  CHECK(headline(result)->estimate.interval == "wilson");
  REQUIRE(result.groups.size() == 2);
  CHECK(result.groups[0].level == "category");
  CHECK(result.groups[1].name == "subject_0");
  CHECK(result.groups[1].items == 5);
  CHECK(result.groups[1].scored == 4);
  CHECK(result.groups[1].metrics.size() == 1);
  CHECK(result.tokens.prompt == 4 * 612);
  CHECK_FALSE(result.tokens.cached);
  CHECK(result.latency.total.count == 4);
  CHECK_FALSE(result.latency.first_token.p50);
  // Four items of 30 ms each at 3.6 dollars an hour: 0.001 dollars a second.
  CHECK(near(result.cost.usd.value(), 0.12e-3));
  CHECK(near(result.cost.usd_per_task.value(), 0.03e-3));
  CHECK(near(result.cost.usd_per_correct.value(), 0.06e-3));
  CHECK(result.throughput.items_per_s.value() > 0);
  std::int64_t timeouts = 0;
  for (const auto& [kind, count] : result.errors) timeouts += kind == FailureKind::kTimeout ? count : 0;
  CHECK(timeouts == 1);
}

TEST_CASE("What finding passages cost is part of the results that had them, in equal parts, over all sessions") {
  const test::TemporaryFolder folder;
  std::vector<ResultInfo> infos{test::example_result(1), test::example_result(1), test::example_result(1)};
  for (std::size_t i = 0; i < infos.size(); ++i) {
    infos[i].id = static_cast<std::int64_t>(i);
    infos[i].model.name = i == 2 ? "b" : "a";
    infos[i].options = {{"strategy", i == 0 ? "zero_shot" : "rag"}};
  }
  const auto session = [](EmbeddingUse use) {
    RunInfo run = test::example_run();
    run.host.push_back(retrieval_entry("mmlu", {"openai:small", 3, 12, use}));
    return run;
  };
  {
    auto writer =
        RunWriter::create(folder.file("run.db"), session({14, 0, 900, 20, 0.25}), infos, Durability::kGrouped);
    REQUIRE(writer);
    for (std::int64_t result = 0; result < 3; ++result) {
      Record record = test::example_record(result, 0);
      record.usd = 0.5;
      REQUIRE((*writer)->append(record));
    }
    REQUIRE((*writer)->finish("complete"));
  }
  {
    const auto writer =
        RunWriter::resume(folder.file("run.db"), session({14, 10, 100, 5, 0.15}), infos, Durability::kGrouped);
    REQUIRE(writer);
    REQUIRE((*writer)->finish("complete"));
  }
  const auto reader = RunReader::open(folder.file("run.db"));
  REQUIRE(reader);
  CHECK(near(embedding_usd(**reader), 0.4));
  const auto summary = summarize(**reader);
  REQUIRE(summary);
  CHECK_FALSE(summary->results[0].retrieval);
  CHECK(near(summary->results[0].cost.usd.value(), 0.5));
  for (const std::size_t i : {1U, 2U}) {
    const ResultSummary& result = summary->results[i];
    REQUIRE(result.retrieval);
    CHECK(result.retrieval->whole.use.texts == 28);
    CHECK(result.retrieval->whole.use.cached == 10);
    CHECK(result.retrieval->whole.use.tokens == 1000);
    CHECK(result.retrieval->whole.passages == 12);
    CHECK(near(result.retrieval->usd.value(), 0.2));
    CHECK(near(result.cost.usd.value(), 0.7));
    CHECK(near(result.cost.usd_per_task.value(), 0.7));
  }
  // A session whose cost is not known: neither is the whole.
  {
    const auto writer =
        RunWriter::resume(folder.file("run.db"), session({1, 0, {}, 5, {}}), infos, Durability::kGrouped);
    REQUIRE(writer);
    REQUIRE((*writer)->finish("complete"));
  }
  const auto again = RunReader::open(folder.file("run.db"));
  REQUIRE(again);
  const auto unknown = summarize(**again);
  REQUIRE(unknown);
  CHECK_FALSE(unknown->results[1].cost.usd);
  CHECK_FALSE(unknown->results[1].retrieval->whole.use.tokens);
  CHECK(near(unknown->results[0].cost.usd.value(), 0.5));
}

TEST_CASE("Cost is unknown as soon as one answer's is") {
  const test::TemporaryFolder folder;
  {
    auto writer =
        RunWriter::create(folder.file("run.db"), test::example_run(), {test::example_result(2)}, Durability::kGrouped);
    REQUIRE(writer);
    Record paid = test::example_record(0, 0);
    paid.usd = 0.5;
    REQUIRE((*writer)->append(paid));
    REQUIRE((*writer)->append(test::example_record(0, 1)));
    REQUIRE((*writer)->finish("complete"));
  }
  const auto reader = RunReader::open(folder.file("run.db"));
  REQUIRE(reader);
  const auto summary = summarize(**reader);
  REQUIRE(summary);
  CHECK_FALSE(summary->results[0].cost.usd);
  CHECK_FALSE(summary->results[0].cost.usd_per_task);
}

}  // namespace
}  // namespace assay
