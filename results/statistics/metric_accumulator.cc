#include "results/statistics/metric_accumulator.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "results/statistics/bootstrap.h"
#include "results/statistics/interval.h"
#include "results/statistics/majority.h"
#include "results/statistics/pass_at_k.h"
#include "results/statistics/ratio.h"

namespace assay::statistics {
namespace {

constexpr double kConfidence = 0.95;

/// Mean of independent means: its variance is the sum of theirs over the square of their number. A part with a
/// single item has no variance of its own, so the whole has no standard error then.
Estimate mean_of_means(const std::map<std::string, Mean>& parts) {
  Estimate estimate;
  if (parts.empty()) return estimate;
  const auto count = static_cast<double>(parts.size());
  double sum = 0;
  double variance = 0;
  bool known = true;
  for (const auto& [name, part] : parts) {
    sum += *part.mean();
    const auto error = part.standard_error();
    known = known && error.has_value();
    variance += error.value_or(0) * error.value_or(0);
  }
  estimate.value = sum / count;
  if (known) {
    estimate.standard_error = std::sqrt(variance) / count;
    estimate.ci95 = normal_interval(*estimate.value, *estimate.standard_error, kConfidence);
    estimate.interval = "normal";
  }
  return estimate;
}

/// Mean of independent weighted means, each with the weight of its part.
Estimate mean_of_parts(const std::map<BalancedPart, WeightedMean>& parts) {
  Estimate estimate;
  if (parts.empty()) return estimate;
  std::set<BalancedPart> names;
  for (const auto& [part, mean] : parts) {
    if (mean.mean()) names.insert(part);
  }
  double sum = 0;
  double variance = 0;
  bool known = !names.empty();
  for (const auto& [part, weight] : part_weights(names)) {
    const WeightedMean& mean = parts.at(part);
    sum += weight * *mean.mean();
    const auto error = mean.standard_error();
    known = known && error.has_value();
    variance += weight * weight * error.value_or(0) * error.value_or(0);
  }
  if (names.empty()) return estimate;
  estimate.value = sum;
  if (known) {
    estimate.standard_error = std::sqrt(variance);
    estimate.ci95 = normal_interval(*estimate.value, *estimate.standard_error, kConfidence);
    estimate.interval = "normal";
  }
  return estimate;
}

/// The interval of the mean of the parts' means, items drawn within each part; every part has two at least. Absent:
/// nothing to draw from.
std::optional<Interval> drawn_interval(const std::map<std::string, std::vector<double>>& parts) {
  if (parts.empty()) return std::nullopt;
  Resampling resampling;
  resampling.one_fewer = true;
  std::vector<double> weighted;  // by one over the part's draws, so that a draw's mean of means is a plain sum
  for (const auto& [name, values] : parts) {
    resampling.strata.push_back(values.size());
    for (const double value : values) {
      weighted.push_back(value / static_cast<double>((values.size() - 1) * parts.size()));
    }
  }
  return bootstrap_interval(resampling, kConfidence, [&](const Drawn& drawn) {
    double sum = 0;
    for (std::size_t i = 0; i < weighted.size(); ++i) sum += drawn[i] * weighted[i];
    return std::optional(sum);
  });
}

/// Puts the bootstrap's interval in place of a formula's.
void use_drawn(const std::map<std::string, std::vector<double>>& parts, Estimate& estimate) {
  if (!estimate.ci95) return;
  if (const auto drawn = drawn_interval(parts)) {
    estimate.ci95 = drawn;
    estimate.interval = "bootstrap";
  }
}

}  // namespace

void ItemSamples::add(double value, double one_weight) {
  sum += value;
  ++count;
  if (value >= 1) ++right;
  weight += one_weight;
  weighted += one_weight * value;
  values.push_back(value);
}

bool ItemSamples::add(const MetricSpec& metric, const Score& score) {
  const auto find = [&score](const std::string& key) {
    return std::find_if(score.values.begin(), score.values.end(), [&](const auto& one) { return one.first == key; });
  };
  const auto found = find(metric.value);
  if (found == score.values.end()) return false;
  auto weighs = score.values.end();
  if (metric.aggregation == Aggregation::kMacroBalancedAccuracy) weighs = find("#" + metric.value + "_weight");
  add(found->second, weighs == score.values.end() ? 1 : weighs->second);
  if (metric.vote) votes.push_back(vote_of(score.extracted));
  return true;
}

std::optional<std::size_t> ItemSamples::elected() const { return majority(votes); }

double ItemSamples::value() const {
  if (!votes.empty()) {
    const auto place = elected();
    return place ? values.at(*place) : 0;
  }
  return weight > 0 ? weighted / weight : sum / static_cast<double>(count);
}

bool is_balanced(Aggregation aggregation) {
  return aggregation == Aggregation::kBalancedAccuracy || aggregation == Aggregation::kMacroBalancedAccuracy;
}

BalancedPart balanced_part(const MetricSpec& metric, const Item& item) {
  BalancedPart part;
  if (metric.aggregation == Aggregation::kMacroBalancedAccuracy) part.group = group_name(item, metric.group_level);
  part.gold_class = group_name(item, kClassLevel);
  if (part.gold_class.empty()) part.gold_class = item.target;
  return part;
}

std::map<BalancedPart, double> part_weights(const std::set<BalancedPart>& parts) {
  std::map<std::string, double> classes;
  for (const BalancedPart& part : parts) ++classes[part.group];
  std::map<BalancedPart, double> weights;
  for (const BalancedPart& part : parts) {
    weights[part] = 1 / (static_cast<double>(classes.size()) * classes[part.group]);
  }
  return weights;
}

void MetricAccumulator::keep(const std::string& part, double value) {
  if (++kept_ <= kMostBootstrapped) {
    drawn_from_[part].push_back(value);
  } else {
    drawn_from_.clear();
  }
}

void MetricAccumulator::add(const Item& item, const ItemSamples& samples) {
  if (samples.count == 0) return;
  double value = samples.value();
  if (spec_.aggregation == Aggregation::kPassAtK) {
    const auto passed = pass_at_k(samples.count, samples.right, spec_.k);
    if (!passed) {
      undefined_ = true;
      return;
    }
    value = *passed;
    keep("", value);
  }
  if (spec_.aggregation == Aggregation::kAllSamples) value = samples.right == samples.count ? 1 : 0;
  if (spec_.aggregation == Aggregation::kSampleSpread) {
    spread_.add(samples.values, item.cluster);
  }
  mean_.add(value);
  clustered_.add(value, item.cluster);
  if (is_balanced(spec_.aggregation)) {
    const BalancedPart part = balanced_part(spec_, item);
    const bool weighed = spec_.aggregation == Aggregation::kMacroBalancedAccuracy;
    balanced_[part].add(value, weighed ? samples.mean_weight() : 1);
    if (spec_.aggregation == Aggregation::kBalancedAccuracy) keep(part.gold_class, value);
  }
  if (spec_.aggregation == Aggregation::kMacroMean) {
    for (const Group& group : item.groups) {
      if (group.level != spec_.group_level) continue;
      parts_[group.name].add(value);
      keep(group.name, value);
    }
  }
}

Estimate MetricAccumulator::estimate() const {
  Estimate estimate = whole_estimate();
  // Items that all have one value say nothing of how far others may lie from it.
  if (estimate.ci95 && estimate.ci95->low == estimate.ci95->high) {
    estimate.ci95.reset();
    estimate.interval.clear();
  }
  return estimate;
}

Estimate MetricAccumulator::whole_estimate() const {
  if (spec_.aggregation == Aggregation::kMacroMean || is_balanced(spec_.aggregation)) {
    Estimate estimate = is_balanced(spec_.aggregation) ? mean_of_parts(balanced_) : mean_of_means(parts_);
    use_drawn(drawn_from_, estimate);
    return estimate;
  }
  Estimate estimate;
  if (spec_.aggregation == Aggregation::kSampleSpread) {
    estimate.value = spread_.value();
    estimate.ci95 = spread_.interval(kConfidence);
    if (estimate.ci95) estimate.interval = "simultaneous";
    return estimate;
  }
  if (undefined_ || mean_.count() == 0) return estimate;
  estimate.value = mean_.mean();
  estimate.standard_error = mean_.standard_error();
  if (clustered_.clustered()) estimate.clustered_standard_error = clustered_.standard_error();
  if (mean_.binary()) {
    estimate.ci95 = wilson_interval(mean_.sum(), static_cast<double>(mean_.count()), kConfidence);
    estimate.interval = "wilson";
  } else if (estimate.standard_error) {
    estimate.ci95 = t_interval(*estimate.value, *estimate.standard_error, mean_.count(), kConfidence);
    estimate.interval = "t";
    use_drawn(drawn_from_, estimate);
  }
  return estimate;
}

}  // namespace assay::statistics
