#include "results/verdict/compare.h"

#include <algorithm>
#include <cstddef>
#include <future>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "harness/core/strategy.h"
#include "harness/core/suite_file.h"
#include "harness/core/text.h"
#include "results/statistics/mean.h"
#include "results/statistics/metric_accumulator.h"
#include "results/statistics/paired_sample.h"
#include "results/statistics/percentiles.h"
#include "results/verdict/answered_items.h"
#include "results/verdict/judge.h"

namespace assay {
namespace {

using statistics::PairedSample;

struct Pair {
  const AnsweredItem* baseline = nullptr;
  const AnsweredItem* candidate = nullptr;
};

std::string options_text(const ResultInfo& info, Across across) {
  std::string text;
  for (const auto& [key, value] : info.options) {
    if (key == kSuiteFileOption) continue;
    if (across != Across::kNothing && (key == kStrategyOption || key == kRetrieverOption)) continue;
    text += (text.empty() ? "" : ",") + key + "=" + value;
  }
  return text.empty() ? "none" : text;
}

/// What keeps two results from being compared, "protocol loglikelihood against generate; …"; empty: nothing.
std::string differences(const AnsweredSuite& a, const AnsweredSuite& b, Across across) {
  std::string text = asked_differently(a.info, b.info, across);
  if (a.metric.name != b.metric.name) {
    text += (text.empty() ? "metric " : "; metric ") + on_one_line(a.metric.name + " against " + b.metric.name);
  }
  return text;
}

std::vector<Pair> paired(const AnsweredSuite& baseline, const AnsweredSuite& candidate) {
  std::vector<Pair> pairs;
  pairs.reserve(baseline.items.size());
  // Nearly always both have the same items in the same order: the next one is the partner, and nothing is looked up.
  std::size_t next = 0;
  std::unordered_map<std::string_view, const AnsweredItem*> known;
  for (const AnsweredItem& item : baseline.items) {
    if (next < candidate.items.size() && candidate.items[next].id == item.id) {
      pairs.push_back({&item, &candidate.items[next++]});
      continue;
    }
    if (known.empty()) {
      for (const AnsweredItem& one : candidate.items) known.emplace(one.id, &one);
    }
    const auto found = known.find(item.id);
    if (found == known.end()) continue;
    pairs.push_back({&item, found->second});
    next = static_cast<std::size_t>(found->second - candidate.items.data()) + 1;
  }
  return pairs;
}

/// Group means, each of a group's items on both sides, by group.
using GroupMeans = std::map<std::string, std::pair<statistics::Mean, statistics::Mean>>;

GroupMeans group_means(const std::vector<Pair>& pairs) {
  GroupMeans groups;
  for (const Pair& pair : pairs) {
    auto& [baseline, candidate] = groups[pair.baseline->group];
    baseline.add(pair.baseline->value);
    candidate.add(pair.candidate->value);
  }
  return groups;
}

/// One side's items of one gold class.
struct ClassTotals {
  double weight = 0;
  double weighted = 0;
  double count = 0;

  void add(const AnsweredItem& item) {
    weight += item.weight;
    weighted += item.weight * item.value;
    ++count;
  }
  [[nodiscard]] double mean() const { return weight > 0 ? weighted / weight : 0; }

  /// What an item says of the mean: the item's value where all weigh alike, else as for a ratio, so that the mean of
  /// these is the weighted mean and their spread is its.
  [[nodiscard]] double said_by(const AnsweredItem& item) const {
    return weight > 0 ? mean() + item.weight * count / weight * (item.value - mean()) : item.value;
  }
};

/// Each class's items on both sides, and what its mean counts in the whole.
struct ClassPair {
  ClassTotals baseline;
  ClassTotals candidate;
  double share = 0;
};

statistics::BalancedPart part_of(const AnsweredItem& item) { return {item.group, item.gold_class}; }

std::map<statistics::BalancedPart, ClassPair> class_pairs(const std::vector<Pair>& pairs) {
  std::map<statistics::BalancedPart, ClassPair> classes;
  std::set<statistics::BalancedPart> names;
  for (const Pair& pair : pairs) {
    ClassPair& both = classes[part_of(*pair.baseline)];
    both.baseline.add(*pair.baseline);
    both.candidate.add(*pair.candidate);
    names.insert(part_of(*pair.baseline));
  }
  for (const auto& [part, share] : statistics::part_weights(names)) classes[part].share = share;
  return classes;
}

/// The values that are compared. A macro average is one of group means, which are then the units; where it is one of a
/// few classes (balanced accuracy) items stay the units, each with the weight of its class.
PairedSample sample_of(const MetricSpec& metric, const std::vector<Pair>& pairs) {
  PairedSample sample;
  if (metric.aggregation == Aggregation::kMacroMean) {
    for (const auto& [name, group] : group_means(pairs)) sample.add(*group.first.mean(), *group.second.mean(), "");
    return sample;
  }
  if (statistics::is_balanced(metric.aggregation)) {
    const auto classes = class_pairs(pairs);
    for (const Pair& pair : pairs) {
      const ClassPair& both = classes.at(part_of(*pair.baseline));
      const double weight = static_cast<double>(pairs.size()) * both.share / both.baseline.count;
      sample.add(weight * both.baseline.said_by(*pair.baseline), weight * both.candidate.said_by(*pair.candidate),
                 pair.baseline->cluster);
    }
    return sample;
  }
  for (const Pair& pair : pairs) sample.add(pair.baseline->value, pair.candidate->value, pair.baseline->cluster);
  return sample;
}

void add_counts(SuiteComparison& suite, const std::vector<Pair>& pairs) {
  for (const auto& [baseline, candidate] : pairs) {
    if (baseline->value == candidate->value) {
      ++(baseline->value >= 1 ? suite.both_right : suite.both_wrong);
      continue;
    }
    const bool lost = baseline->value > candidate->value;
    ++(lost ? suite.only_baseline : suite.only_candidate);
    Flip flip{baseline->id, baseline->value, candidate->value, baseline->answer, candidate->answer, baseline->target};
    (lost ? suite.lost : suite.gained).push_back(std::move(flip));
  }
}

/// The mean of one side's values as the metric puts them together.
double side_value(const MetricSpec& metric, const std::vector<Pair>& pairs, const AnsweredItem* Pair::*side) {
  statistics::Mean mean;
  if (statistics::is_balanced(metric.aggregation)) {
    double sum = 0;
    for (const auto& [part, both] : class_pairs(pairs)) {
      sum += both.share * (side == &Pair::baseline ? both.baseline : both.candidate).mean();
    }
    return sum;
  }
  if (metric.aggregation == Aggregation::kMacroMean) {
    for (const auto& [name, group] : group_means(pairs)) {
      mean.add(*(side == &Pair::baseline ? group.first : group.second).mean());
    }
  } else {
    for (const Pair& pair : pairs) mean.add((pair.*side)->value);
  }
  return mean.mean().value_or(0);
}

statistics::UnitValues times(const AnsweredSuite& suite, const std::vector<Pair>& pairs,
                             const AnsweredItem* Pair::*side) {
  statistics::UnitValues out;
  for (std::size_t unit = 0; unit < pairs.size(); ++unit) {
    const AnsweredItem& item = *(pairs[unit].*side);
    for (std::size_t i = 0; i < item.times; ++i) {
      out.values.push_back(suite.times_ms[item.first_time + i]);
      out.units.push_back(static_cast<std::uint32_t>(unit));
    }
  }
  return out;
}

/// Each pair's cost on one side, or the judge's part of it; empty where one is not known.
std::vector<double> costs(const std::vector<Pair>& pairs, const AnsweredItem* Pair::*side,
                          std::optional<double> AnsweredItem::*cost = &AnsweredItem::usd) {
  std::vector<double> out;
  for (const Pair& pair : pairs) {
    const std::optional<double>& usd = (pair.*side)->*cost;
    if (!usd) return {};
    out.push_back(*usd);
  }
  return out;
}

SideFigures figures(const AnsweredSuite& suite, const std::vector<Pair>& pairs, const AnsweredItem* Pair::*side,
                    const statistics::UnitValues& side_times) {
  SideFigures out;
  out.value = side_value(suite.metric, pairs, side);
  std::vector<double> values = side_times.values;
  const statistics::Percentiles percentiles = statistics::percentiles(values);
  out.latency_p50_ms = percentiles.p50;
  out.latency_p95_ms = percentiles.p95;
  statistics::Mean usd;
  for (const double one : costs(pairs, side)) usd.add(one);
  out.usd_per_task = usd.mean();
  statistics::Mean judge_usd;
  for (const double one : costs(pairs, side, &AnsweredItem::judge_usd)) judge_usd.add(one);
  out.judge_usd_per_task = judge_usd.mean();
  out.items = suite.info.items;
  out.failed = suite.failed;
  out.unasked = suite.unasked;
  return out;
}

SuiteComparison compared(const AnsweredSuite& baseline, const AnsweredSuite& candidate, const std::vector<Pair>& pairs,
                         const PairedSample& sample, const ComparisonRules& rules) {
  SuiteComparison suite;
  suite.baseline_info = baseline.info;
  suite.candidate_info = candidate.info;
  suite.suite = baseline.info.suite;
  suite.metric = baseline.metric.name;
  suite.paired_items = static_cast<std::int64_t>(pairs.size());
  const statistics::UnitValues baseline_times = times(baseline, pairs, &Pair::baseline);
  const statistics::UnitValues candidate_times = times(candidate, pairs, &Pair::candidate);
  suite.baseline = figures(baseline, pairs, &Pair::baseline, baseline_times);
  suite.candidate = figures(candidate, pairs, &Pair::candidate, candidate_times);

  suite.clusters = sample.clusters();
  suite.difference = sample.difference();
  suite.standard_error = sample.standard_error();
  suite.ci95 = sample.interval(0.95);
  if (const auto bounds = sample.bounds(rules.alpha)) {
    suite.lower_bound = bounds->low;
    suite.upper_bound = bounds->high;
  }
  suite.p_value = sample.p_value();
  suite.test = sample.test();
  suite.binary = sample.binary();
  add_counts(suite, pairs);
  if (baseline.metric.aggregation != Aggregation::kMacroMean) {
    suite.items_to_decide = items_to_decide(sample, rules.margin, rules.alpha);
  }
  const auto latency = statistics::ratios_of_quantiles(baseline_times, candidate_times, pairs.size(), {0.50, 0.95});
  suite.latency_p50_ratio = latency[0];
  suite.latency_p95_ratio = latency[1];
  suite.usd_per_task_ratio = statistics::ratio_of_means(costs(pairs, &Pair::baseline), costs(pairs, &Pair::candidate));
  return suite;
}

/// "; by strategies: A, B in a.db, none in b.db": where two runs share suites, but no way of asking them.
std::string strategies_text(const ComparedRun& baseline, const std::vector<AnsweredSuite>& baselines,
                            const ComparedRun& candidate, const std::vector<AnsweredSuite>& candidates) {
  const auto named = [](const std::vector<AnsweredSuite>& suites) {
    std::vector<std::string> names;
    for (const AnsweredSuite& suite : suites) {
      std::string name = strategy_of(suite.info.options);
      if (name.empty()) name = "none";
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
    return on_one_line(listed(names));
  };
  const bool shared = std::any_of(baselines.begin(), baselines.end(), [&](const AnsweredSuite& one) {
    return std::any_of(candidates.begin(), candidates.end(),
                       [&](const AnsweredSuite& other) { return one.info.suite == other.info.suite; });
  });
  if (!shared) return "";
  return " that was asked by the same strategy (" + baseline.path + ": " + named(baselines) + "; " + candidate.path +
         ": " + named(candidates) + "); --strategy A,B of `assay compare` compares two";
}

ComparedSide side_of(const ComparedRun& run, const std::vector<AnsweredSuite>& suites) {
  const RunInfo& info = run.reader->run();
  ComparedSide side{run.path, info.id, info.started, info.state, "", "", run.strategy};
  if (!suites.empty()) side.model = suites.front().info.model.name;
  side.name = side.model + (run.strategy.empty() ? "" : " by " + run.strategy);
  return side;
}

/// The candidate's result of the same suite, asked in the same way where there is one. Null: the suite is not there.
const AnsweredSuite* partner(const AnsweredSuite& baseline, const std::vector<AnsweredSuite>& candidates,
                             Across across) {
  const AnsweredSuite* found = nullptr;
  for (const AnsweredSuite& candidate : candidates) {
    if (candidate.info.suite != baseline.info.suite) continue;
    const bool same_strategy = strategy_of(candidate.info.options) == strategy_of(baseline.info.options);
    if (across == Across::kNothing && !same_strategy) continue;
    if (found == nullptr || differences(baseline, candidate, across).empty()) found = &candidate;
  }
  return found;
}

/// Verdicts of the suites and of the whole.
void add_verdicts(Comparison& comparison, const std::vector<PairedSample>& samples, const ComparisonRules& rules) {
  std::vector<const PairedSample*> judged;
  std::vector<SuiteComparison*> suites;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    SuiteComparison& suite = comparison.suites[i];
    suite.verdict = suite.judged = judge_suite(samples[i], rules.margin, rules.alpha);
    if (!comparison.judges(suite.suite)) continue;
    judged.push_back(&samples[i]);
    suites.push_back(&suite);
  }
  const Judgement judgement = judge(judged, rules.margin, rules.alpha);
  comparison.verdict = judgement.verdict;
  for (std::size_t i = 0; i < suites.size(); ++i) suites[i]->judged = judgement.suites[i].judged;
}

}  // namespace

std::string asked_differently(const ResultInfo& first, const ResultInfo& second, Across across) {
  std::string text;
  const auto add = [&text](const char* what, const std::string& one, const std::string& other) {
    if (one != other) text += (text.empty() ? "" : "; ") + std::string(what) + " " + one + " against " + other;
  };
  const auto data = [](const ResultInfo& info) {
    return (info.starter ? "starter items " : "") + info.data_sha256.substr(0, 12);
  };
  add("suite version", first.suite_version, second.suite_version);
  if (across == Across::kNothing) add("protocol", first.protocol, second.protocol);
  if (across != Across::kStrategiesOfOneRun) add("data", data(first), data(second));
  if (across == Across::kNothing) add("shots", std::to_string(first.shots), std::to_string(second.shots));
  add("options", options_text(first, across), options_text(second, across));
  // Where samples are ways to ask (orders, formats), their number says which ones a mean is over.
  const auto varies = [](const ResultInfo& info) {
    return std::any_of(info.metrics.begin(), info.metrics.end(),
                       [](const MetricSpec& metric) { return metric.aggregation == Aggregation::kSampleSpread; });
  };
  if (across == Across::kNothing && varies(first) && varies(second))
    add("samples", std::to_string(first.samples), std::to_string(second.samples));
  return on_one_line(text);
}

Result<Comparison> compare(const ComparedRun& baseline, const ComparedRun& candidate, const ComparisonRules& rules) {
  auto reading = std::async(std::launch::async, [&] {
    return read_answered(*baseline.reader, baseline.path, baseline.model, baseline.strategy);
  });
  auto candidates = read_answered(*candidate.reader, candidate.path, candidate.model, candidate.strategy);
  auto baselines = reading.get();
  if (!baselines) return forward_error(baselines);
  if (!candidates) return forward_error(candidates);

  Comparison comparison;
  comparison.baseline = side_of(baseline, *baselines);
  comparison.candidate = side_of(candidate, *candidates);
  if (comparison.baseline.name == comparison.candidate.name) {
    comparison.baseline.name += " (run " + comparison.baseline.run_id + ")";
    comparison.candidate.name += " (run " + comparison.candidate.run_id + ")";
  }
  comparison.margin = rules.margin;
  comparison.alpha = rules.alpha;
  comparison.judged = rules.judged;
  std::vector<PairedSample> samples;
  std::string unlike;
  const bool strategies_differ =
      !baseline.strategy.empty() && !candidate.strategy.empty() && baseline.strategy != candidate.strategy;
  const bool is_one_run = baseline.reader->run().id == candidate.reader->run().id;
  const Across across = !strategies_differ ? Across::kNothing
                        : is_one_run       ? Across::kStrategiesOfOneRun
                                           : Across::kStrategies;
  for (const AnsweredSuite& suite : *baselines) {
    const AnsweredSuite* other = partner(suite, *candidates, across);
    if (other == nullptr) {
      comparison.only_baseline.push_back(suite_label(suite.info.suite, suite.info, suite.info));
      continue;
    }
    if (const std::string difference = differences(suite, *other, across); !difference.empty()) {
      unlike += (unlike.empty() ? "" : "; ") + on_one_line(suite.info.suite) + ": " + difference;
      continue;
    }
    const std::vector<Pair> pairs = paired(suite, *other);
    samples.push_back(sample_of(suite.metric, pairs));
    comparison.suites.push_back(compared(suite, *other, pairs, samples.back(), rules));
  }
  if (!unlike.empty()) {
    return usage_error(baseline.path + " and " + candidate.path +
                       " cannot be compared, they were not asked alike: " + unlike);
  }
  for (const AnsweredSuite& suite : *candidates) {
    if (partner(suite, *baselines, across) == nullptr) {
      comparison.only_candidate.push_back(suite_label(suite.info.suite, suite.info, suite.info));
    }
  }
  if (comparison.suites.empty()) {
    return usage_error(baseline.path + " and " + candidate.path + " have no suite in common" +
                       strategies_text(baseline, *baselines, candidate, *candidates));
  }
  if (!rules.unpaired_too && std::all_of(comparison.suites.begin(), comparison.suites.end(),
                                         [](const SuiteComparison& suite) { return suite.paired_items == 0; })) {
    return usage_error(baseline.path + " and " + candidate.path + " have no item that both answered");
  }
  add_verdicts(comparison, samples, rules);
  return comparison;
}

}  // namespace assay
