#include "results/statistics/paired_sample.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "results/statistics/mcnemar.h"
#include "results/statistics/tango.h"

namespace assay::statistics {
namespace {

double t_quantile(double confidence, double freedom) {
  return boost::math::quantile(boost::math::students_t(freedom), 0.5 + confidence / 2);
}

}  // namespace

void PairedSample::add(double baseline, double candidate, std::string_view cluster) {
  const double difference = candidate - baseline;
  ++count_;
  sum_ += difference;
  squares_ += difference * difference;
  binary_ = binary_ && (baseline == 0 || baseline == 1) && (candidate == 0 || candidate == 1);
  if (difference > 0) {
    ++table_.only_candidate;
  } else if (difference < 0) {
    ++table_.only_baseline;
  } else if (baseline >= 1) {
    ++table_.both_right;
  } else {
    ++table_.both_wrong;
  }
  if (cluster.empty()) {
    ++single_.items;
    single_.sum += difference;
    single_squares_ += difference * difference;
    return;
  }
  const auto [known, is_new] = names_.try_emplace(std::string(cluster), clusters_.size());
  if (is_new) clusters_.emplace_back();
  ++clusters_[known->second].items;
  clusters_[known->second].sum += difference;
}

void PairedSample::add_cluster(const PairedTable& table) {
  if (!(table.items() > 0)) return;
  const double difference = table.only_candidate - table.only_baseline;
  count_ += table.items();
  sum_ += difference;
  squares_ += table.flips();
  table_.both_right += table.both_right;
  table_.only_baseline += table.only_baseline;
  table_.only_candidate += table.only_candidate;
  table_.both_wrong += table.both_wrong;
  clusters_.push_back({table.items(), difference});
}

void PairedSample::add_independent(const PairedTable& table) {
  if (!(table.items() > 0)) return;
  add_cluster(table);
  clusters_.pop_back();
  single_.items += table.items();
  single_.sum += table.only_candidate - table.only_baseline;
  single_squares_ += table.flips();
}

std::int64_t PairedSample::clusters() const {
  const double all = static_cast<double>(clusters_.size()) + single_.items;
  return all < count_ && all > 1 ? static_cast<std::int64_t>(all) : 0;
}

double PairedSample::difference() const { return count_ > 0 ? sum_ / count_ : 0; }

double PairedSample::independent_variance() const {
  const double mean = difference();
  return std::max(squares_ - count_ * mean * mean, 0.0) / (count_ * (count_ - 1));
}

double PairedSample::clustered_variance() const {
  const double mean = difference();
  double total = single_squares_ - 2 * mean * single_.sum + single_.items * mean * mean;
  for (const Cluster& cluster : clusters_) {
    const double deviation = cluster.sum - cluster.items * mean;
    total += deviation * deviation;
  }
  const auto count = static_cast<double>(clusters());
  return std::max(total, 0.0) * count / (count - 1) / (count_ * count_);
}

std::optional<double> PairedSample::standard_error() const {
  if (count_ < 2) return std::nullopt;
  return std::sqrt(clusters() > 0 ? clustered_variance() : independent_variance());
}

/// Differences that do not vary have no standard error to go by; Tango's interval says what can be said then.
bool PairedSample::as_table() const { return binary_ || independent_variance() <= 1e-24; }

/// The counts that say as much about independent items as these do about clustered ones.
PairedTable PairedSample::effective_table(double confidence, double factor) const {
  PairedTable table = table_;
  if (!binary_) {
    const double shift = count_ * difference();
    table = {0, std::max(-shift, 0.0), std::max(shift, 0.0), count_ - std::abs(shift)};
  }
  if (clusters() == 0) return scaled(table, factor);
  const double t = t_quantile(confidence, static_cast<double>(clusters()) * factor - 1);
  const double ratio = t > 0 ? normal_quantile(confidence) / t : 1;
  const double independent = independent_variance();
  const double effect = independent > 0 ? clustered_variance() / independent : 1;
  const double share = std::clamp(ratio * ratio / std::max(effect, 1e-9), 1 / std::max(table.flips(), 1.0), 1.0);
  return scaled(table, factor * share);
}

Interval PairedSample::t_bounds(double confidence, double factor) const {
  double error = std::sqrt(independent_variance() / factor);
  double freedom = count_ * factor - 1;
  if (clusters() > 0) {
    error = std::max(error, std::sqrt(clustered_variance() / factor));
    freedom = static_cast<double>(clusters()) * factor - 1;
  }
  const double half = error * t_quantile(confidence, freedom);
  return {std::max(difference() - half, -1.0), std::min(difference() + half, 1.0)};
}

std::optional<Interval> PairedSample::interval(double confidence) const {
  if (count_ < 2) return std::nullopt;
  return as_table() ? tango_interval(effective_table(confidence, 1), confidence) : t_bounds(confidence, 1);
}

std::optional<Interval> PairedSample::bounds(double alpha, double factor) const {
  if (count_ < 2) return std::nullopt;
  const double confidence = 1 - 2 * alpha;
  if (!as_table()) return t_bounds(confidence, factor);
  const PairedTable table = effective_table(confidence, factor);
  Interval bounds = tango_interval(table, confidence);
  if (bounds.low > 0 && mcnemar_gain_p(table) > alpha) bounds.low = 0;
  if (bounds.high < 0 && mcnemar_loss_p(table) > alpha) bounds.high = 0;
  return bounds;
}

std::optional<double> PairedSample::p_value() const {
  if (count_ < 2) return std::nullopt;
  if (as_table() && clusters() == 0) return binary_ ? mcnemar_exact_p(table_) : difference() == 0 ? 1.0 : 0.0;
  if (as_table()) {
    const OneSided one = one_sided_p();
    return std::min(1.0, 2 * std::min(one.better, one.worse));
  }
  double error = std::sqrt(independent_variance());
  double freedom = count_ - 1;
  if (clusters() > 0) {
    error = std::max(error, std::sqrt(clustered_variance()));
    freedom = static_cast<double>(clusters()) - 1;
  }
  const boost::math::students_t distribution(freedom);
  return 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(difference()) / error));
}

PairedSample::OneSided PairedSample::one_sided_p() const {
  constexpr double kLeast = 1e-12;
  OneSided p;
  if (count_ < 2 || difference() == 0) return p;
  const bool gain = difference() > 0;
  const auto decided = [&](double alpha) {
    const Interval both = *bounds(alpha);
    return gain ? both.low > 0 : both.high < 0;
  };
  double& found = gain ? p.better : p.worse;
  if (!decided(0.5 - kLeast)) return p;
  double low = std::log(kLeast);
  double high = std::log(0.5);
  // By halves, in logarithms: a bound is reached earlier the larger the error probability.
  for (int step = 0; step < 60 && high - low > 1e-12; ++step) {
    const double middle = (low + high) / 2;
    (decided(std::exp(middle)) ? high : low) = middle;
  }
  found = std::exp(high);
  return p;
}

std::string PairedSample::test() const {
  const std::string name = binary_ ? "mcnemar" : "paired_t";
  if (clusters() > 0) return name + "_clustered";
  return binary_ ? name + "_exact" : name;
}

}  // namespace assay::statistics
