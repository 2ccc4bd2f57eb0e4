// The statistics against established packages: SciPy 1.17.1, statsmodels 0.15.0, mpmath 1.4.1, R 4.2.2. The call that
// made a value stands above it.
#include <cmath>
#include <vector>

#include "results/statistics/bootstrap.h"
#include "results/statistics/holm.h"
#include "results/statistics/interval.h"
#include "results/statistics/mcnemar.h"
#include "results/statistics/order_statistics.h"
#include "results/statistics/paired_sample.h"
#include "results/statistics/power.h"
#include "results/statistics/ratio.h"
#include "results/statistics/tango.h"
#include "tests/catch.h"

using namespace assay::statistics;

namespace {

/// Equal to 1e-9.
void check_same(double value, double reference) {
  INFO(value << " is not " << reference);
  CHECK(std::abs(value - reference) <= 1e-9 * std::max(1.0, std::abs(reference)));
}

/// b gains and c losses of n items.
PairedTable table(double b, double c, double n) { return {n - b - c, c, b, 0}; }

}  // namespace

TEST_CASE("Clopper and Pearson's interval is statsmodels' and R's") {
  // statsmodels.stats.proportion.proportion_confint(k, n, alpha=1-confidence, method='beta')
  const auto none = exact_interval(0, 50, 0.95);
  check_same(none->low, 0);
  check_same(none->high, 0.07112173646419764);
  // Also R: binom.test(131, 500)$conf.int
  const auto some = exact_interval(131, 500, 0.95);
  check_same(some->low, 0.22396194545212786);
  check_same(some->high, 0.3028786160691025);
  const auto most = exact_interval(49, 50, 0.95);
  check_same(most->low, 0.8935304542885001);
  check_same(most->high, 0.9994937720169592);
  const auto few = exact_interval(3, 164, 0.90);
  check_same(few->low, 0.005004025689223138);
  check_same(few->high, 0.04659709603318003);
  CHECK_FALSE(exact_interval(0, 0, 0.95));
}

TEST_CASE("McNemar's exact test is statsmodels', SciPy's and R's") {
  // statsmodels.stats.contingency_tables.mcnemar([[0, b], [c, 0]], exact=True).pvalue; R: binom.test(b, b + c)
  check_same(mcnemar_exact_p(table(31, 35, 500)), 0.7122308826373509);
  check_same(mcnemar_exact_p(table(3, 0, 100)), 0.25);
  check_same(mcnemar_exact_p(table(40, 20, 160)), 0.01348929373119186);
  check_same(mcnemar_exact_p(table(1, 7, 21)), 0.0703125);
  check_same(mcnemar_exact_p(table(420, 300, 15000)), 8.807756168615114e-06);
  CHECK(mcnemar_exact_p(table(0, 0, 100)) == 1);
  // scipy.stats.binomtest(b, b + c, alternative='greater').pvalue
  check_same(mcnemar_gain_p(table(31, 35, 500)), 0.7307086123770268);
  check_same(mcnemar_gain_p(table(1, 7, 21)), 0.99609375);
  check_same(mcnemar_loss_p(table(20, 40, 160)), 0.00674464686559593);
}

TEST_CASE("Tango's interval is the one that a numerical likelihood gives, and those that are printed") {
  // mpmath, 40 digits: the share of losses under the hypothesis found by bisecting the derivative of the multinomial
  // log-likelihood b/(q+d) + c/q - 2(n-b-c)/(1-2q-d), the bounds by bisecting z(d).
  struct Case {
    double b, c, n, confidence, low, high;
  };
  for (const Case& one : std::vector<Case>{{1, 7, 21, 0.95, -0.517232276421377, -0.0260030324808686},
                                           {40, 20, 160, 0.95, 0.0308645331330867, 0.218064244166825},
                                           {12, 2, 50, 0.95, 0.061112406186344, 0.344708748282149},
                                           {0, 1, 44, 0.90, -0.0956624263991717, 0.036516938418064},
                                           {0, 0, 133, 0.90, -0.0199368676122697, 0.0199368676122697},
                                           {31, 35, 500, 0.90, -0.0352069035684458, 0.0190208859905077},
                                           {6, 16, 161, 0.95, -0.124023432464068, -0.00543339573167709},
                                           {420, 300, 15000, 0.95, 0.00450616074140226, 0.0115302098888784}}) {
    const Interval interval = tango_interval(table(one.b, one.c, one.n), one.confidence);
    check_same(interval.low, one.low);
    check_same(interval.high, one.high);
  }
  check_same(tango_statistic(table(1, 7, 21), 0), -2.12132034355964);
  check_same(tango_statistic(table(40, 20, 160), -0.1), 4.50897178633195);
  check_same(tango_statistic(table(0, 1, 44), -0.1), 1.70856428594066);
  check_same(tango_statistic(table(35, 31, 500), -0.02), 1.70288493871224);
  // R package contingencytables 3.0.0: Tango_asymptotic_score_CI_paired_2x2(cavo_2012) prints "-0.1240 to -0.0054"; the
  // table is that of M. W. Fagerland, S. Lydersen and P. Laake, "Recommended tests and confidence intervals for paired
  // binomial proportions", Statistics in Medicine 33, 2014.
  const Interval cavo = tango_interval(table(6, 16, 161), 0.95);
  CHECK(std::abs(cavo.low + 0.1240) < 5e-5);
  CHECK(std::abs(cavo.high + 0.0054) < 5e-5);
}

TEST_CASE("Tango's interval has its place at every edge") {
  CHECK(tango_interval({}, 0.95) == Interval{-1, 1});
  CHECK(tango_interval({0, 0, 5, 0}, 0.95).high == 1);
  CHECK(tango_interval({0, 5, 0, 0}, 0.95).low == -1);
  const Interval one_side = tango_interval({0, 0, 3, 2}, 0.95);
  const Interval other_side = tango_interval({0, 3, 0, 2}, 0.95);
  check_same(one_side.low, -other_side.high);
  CHECK(tango_statistic({10, 0, 0, 10}, 0) == 0);
}

TEST_CASE("Holm's p-values are statsmodels' and R's") {
  // statsmodels.stats.multitest.multipletests(p, method='holm')[1]; R: p.adjust(p, "holm")
  const std::vector<double> adjusted = holm_adjusted({.01, .04, .03, .005, .2});
  const std::vector<double> reference{0.04, 0.09, 0.09, 0.025, 0.2};
  for (std::size_t i = 0; i < reference.size(); ++i) check_same(adjusted[i], reference[i]);
  CHECK(holm_adjusted({}).empty());
}

TEST_CASE("The paired t interval is SciPy's and R's") {
  const std::vector<double> a{0.25, 0.5, 1, 0, 0.75, 0.5, 1, 0.25, 0, 1};
  const std::vector<double> b{0.5, 0.5, 0.75, 0.25, 0.75, 1, 1, 0.5, 0.25, 0.75};
  PairedSample sample;
  for (std::size_t i = 0; i < a.size(); ++i) sample.add(a[i], b[i], "");
  CHECK(sample.test() == "paired_t");
  // scipy.stats.ttest_rel(b, a): .pvalue, .confidence_interval(0.95); scipy.stats.sem(b - a); R: t.test(b, a,
  // paired=TRUE)
  check_same(*sample.p_value(), 0.22286835013352033);
  check_same(sample.interval(0.95)->low, -0.07277510720682195);
  check_same(sample.interval(0.95)->high, 0.27277510720682197);
  check_same(*sample.standard_error(), 0.07637626158259733);
}

TEST_CASE("Clustered standard errors are statsmodels'") {
  const std::vector<int> baseline{1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1};
  const std::vector<int> candidate{1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1};
  const std::vector<int> groups{0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3};
  PairedSample sample;
  for (std::size_t i = 0; i < groups.size(); ++i) sample.add(baseline[i], candidate[i], std::to_string(groups[i]));
  // sm.OLS(candidate - baseline, ones).fit(cov_type='cluster', cov_kwds={'groups': groups, 'use_correction': True,
  //   'df_correction': True}): .params[0], .bse[0]
  CHECK(sample.clusters() == 4);
  CHECK(sample.test() == "mcnemar_clustered");
  check_same(sample.difference(), 0.06666666666666667);
  check_same(*sample.standard_error(), 0.20744973113142876);

  const std::vector<double> a{0.25, 0.5, 0.0, 0.75, 1.0, 0.5, 0.25, 0.0};
  const std::vector<double> b{0.5, 0.75, 0.25, 0.5, 1.0, 0.25, 0.75, 0.5};
  PairedSample fractions;
  for (std::size_t i = 0; i < a.size(); ++i) fractions.add(a[i], b[i], std::to_string(i / 2));
  // The same with use_t=True: .bse[0], .conf_int(0.05), .pvalues[0]
  CHECK(fractions.test() == "paired_t_clustered");
  check_same(*fractions.standard_error(), 0.13858473641302155);
  check_same(fractions.interval(0.95)->low, -0.28478848236633697);
  check_same(fractions.interval(0.95)->high, 0.5972884823663369);
  check_same(*fractions.p_value(), 0.341575999840541);
}

TEST_CASE("Planned sizes are those of the formulas in SciPy") {
  // za = norm.ppf(.95); zb = norm.ppf(.8); (za*sqrt(psi) + zb*sqrt(psi - d*d))**2 / d**2 + 2/d
  check_same(*items_for_difference({}, 0.02), 1643.5452508462122);
  check_same(*items_for_difference({}, -0.02), 1643.5452508462122);
  check_same(*items_for_difference({0.05, 0.8, 0.2, 1}, 0.05), 532.5075551969721);
  check_same(*items_for_difference({0.05, 0.8, 0.2, 3}, 0.05), 3 * 532.5075551969721);
  CHECK_FALSE(items_for_difference({}, 0.2));
  // scipy.optimize.brentq(lambda d: n(psi, d) - items, 1e-9, psi, xtol=1e-15)
  check_same(*detectable_difference({}, 1000), 0.025856690807036536);
  check_same(*detectable_difference({0.05, 0.8, 0.2, 1}, 164), 0.09250875505752687);
  CHECK_FALSE(detectable_difference({}, 5));
  // mpmath, q by bisection of the likelihood's derivative as for Tango's interval
  check_same(*items_for_margin({}, 0.02), 1577.04010192756);
  check_same(*items_for_margin({0.05, 0.8, 0.05, 1}, 0.05), 166.630297582505);
}

TEST_CASE("The bootstrap gives the quantiles that NumPy gives for the same draws, and about SciPy's") {
  const std::vector<double> x{3.5, 1.25, 8, 2.75, 9.5, 4, 7.25, 0.5, 6, 5};
  Resampling resampling;
  resampling.strata = {x.size()};
  const auto mean = [&](const Drawn& drawn) -> std::optional<double> {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += drawn[i] * x[i];
    return sum / static_cast<double>(x.size());
  };
  const auto interval = bootstrap_interval(resampling, 0.95, mean);
  // The same SplitMix64 and bounded draw written in Python; numpy.quantile(means, [.025, .975])
  check_same(interval->low, 2.975);
  check_same(interval->high, 6.525);
  // scipy.stats.bootstrap((x,), np.mean, n_resamples=100000, method='percentile', rng=1): 3.05, 6.5
  resampling.resamples = 20000;
  const auto fine = bootstrap_interval(resampling, 0.95, mean);
  CHECK(std::abs(fine->low - 3.05) < 0.06);
  CHECK(std::abs(fine->high - 6.5) < 0.06);
  resampling.strata = {1};
  CHECK_FALSE(bootstrap_interval(resampling, 0.95, mean));
}

TEST_CASE("A stratum is drawn for itself") {
  Resampling resampling;
  resampling.strata = {3, 4};
  resampling.resamples = 50;
  (void)bootstrap_interval(resampling, 0.95, [](const Drawn& drawn) -> std::optional<double> {
    CHECK(drawn[0] + drawn[1] + drawn[2] == 3);
    CHECK(drawn[3] + drawn[4] + drawn[5] + drawn[6] == 4);
    return 1;
  });
}

TEST_CASE("Order statistics of a percentile are the ranks that SciPy's binomial gives") {
  std::vector<double> ranks;
  for (int i = 1; i <= 200; ++i) ranks.push_back(i);
  // cdf = scipy.stats.binom(200, q).cdf; l = max(k: cdf(k-1) <= .025); u = min(k: cdf(k-1) >= .975)
  CHECK(quantile_interval(ranks, 0.5, 0.95) == Interval{86, 115});
  CHECK(quantile_interval(ranks, 0.95, 0.95) == Interval{184, 197});
  CHECK_FALSE(quantile_interval({1, 2, 3}, 0.95, 0.95));
}

TEST_CASE("Ratios are those of the sides, with intervals around them") {
  std::vector<double> first;
  std::vector<double> second;
  UnitValues slow;
  UnitValues fast;
  for (std::uint32_t i = 0; i < 12'000; ++i) {
    first.push_back(1 + i % 7);
    second.push_back(0.5 * (1 + i % 5));
    slow.values.push_back(first.back());
    fast.values.push_back(second.back());
    slow.units.push_back(i);
    fast.units.push_back(i);
  }
  const auto means = ratio_of_means(first, second);
  CHECK(std::abs(means->value - 1.5 / 4) < 1e-3);
  CHECK((means->ci95->low < means->value && means->value < means->ci95->high));
  CHECK(means->ci95->high - means->ci95->low < 0.02);
  const auto medians = ratios_of_quantiles(slow, fast, 12'000, {0.5})[0];
  CHECK(medians->value == 1.5 / 4);
  CHECK(medians->ci95);

  // The first 400 alone: bootstrapped, about as wide as the formula says.
  first.resize(400);
  second.resize(400);
  const auto few = ratio_of_means(first, second);
  CHECK((few->ci95->low < few->value && few->value < few->ci95->high));
  CHECK(few->ci95->high - few->ci95->low < 0.1);
  CHECK_FALSE(ratio_of_means({0, 0}, {1, 1}));
  CHECK_FALSE(ratio_of_means({}, {}));
  CHECK_FALSE(ratios_of_quantiles({}, fast, 12'000, {0.5})[0]);
}
