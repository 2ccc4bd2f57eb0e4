#include "results/statistics/metric_accumulator.h"

#include <cmath>
#include <optional>

#include "results/statistics/bootstrap.h"
#include "results/statistics/interval.h"
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

void MetricAccumulator::keep(const std::string& part, double value) {
  if (++kept_ <= kMostBootstrapped) {
    drawn_from_[part].push_back(value);
  } else {
    drawn_from_.clear();
  }
}

void MetricAccumulator::add(const Item& item, const ItemSamples& samples) {
  if (samples.count == 0) return;
  double value = samples.sum / static_cast<double>(samples.count);
  if (spec_.aggregation == Aggregation::kPassAtK) {
    const auto passed = pass_at_k(samples.count, samples.right, spec_.k);
    if (!passed) {
      undefined_ = true;
      return;
    }
    value = *passed;
    keep("", value);
  }
  mean_.add(value);
  clustered_.add(value, item.cluster);
  if (spec_.aggregation == Aggregation::kBalancedAccuracy) {
    parts_[item.target].add(value);
    keep(item.target, value);
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
  if (spec_.aggregation == Aggregation::kMacroMean || spec_.aggregation == Aggregation::kBalancedAccuracy) {
    Estimate estimate = mean_of_means(parts_);
    use_drawn(drawn_from_, estimate);
    return estimate;
  }
  Estimate estimate;
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
