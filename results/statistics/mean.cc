#include "results/statistics/mean.h"

#include <algorithm>
#include <cmath>

namespace assay::statistics {

void Mean::add(double value) {
  ++count_;
  sum_ += value;
  const double before = value - running_mean_;
  running_mean_ += before / static_cast<double>(count_);
  squares_ += before * (value - running_mean_);
  binary_ = binary_ && (value == 0 || value == 1);
}

std::optional<double> Mean::mean() const {
  if (count_ == 0) return std::nullopt;
  return sum_ / static_cast<double>(count_);
}

std::optional<double> Mean::standard_error() const {
  if (count_ < 2) return std::nullopt;
  const auto n = static_cast<double>(count_);
  return std::sqrt(squares_ / (n * (n - 1)));
}

void WeightedMean::add(double value, double weight) {
  ++count_;
  weight_ += weight;
  sum_ += weight * value;
  squared_weight_ += weight * weight;
  squared_sum_ += weight * weight * value;
  squared_squares_ += weight * weight * value * value;
}

std::optional<double> WeightedMean::mean() const {
  if (weight_ <= 0) return std::nullopt;
  return sum_ / weight_;
}

std::optional<double> WeightedMean::standard_error() const {
  if (count_ < 2 || weight_ <= 0) return std::nullopt;
  const double mean = sum_ / weight_;
  const double squares = squared_squares_ - 2 * mean * squared_sum_ + mean * mean * squared_weight_;
  const auto n = static_cast<double>(count_);
  return std::sqrt(std::max(squares, 0.0) * n / (n - 1)) / weight_;
}

void ClusteredMean::add(double value, const std::string& cluster) {
  sum_ += value;
  ++count_;
  if (cluster.empty()) {
    ++single_count_;
    single_sum_ += value;
    single_squares_ += value * value;
    return;
  }
  Cluster& known = clusters_[cluster];
  known.sum += value;
  ++known.count;
}

std::optional<double> ClusteredMean::standard_error() const {
  if (static_cast<double>(clusters_.size()) + single_count_ < 2) return std::nullopt;
  const double mean = sum_ / count_;
  double total = single_squares_ - 2 * mean * single_sum_ + single_count_ * mean * mean;
  for (const auto& [name, cluster] : clusters_) {
    const double deviation = cluster.sum - cluster.count * mean;
    total += deviation * deviation;
  }
  return std::sqrt(std::max(total, 0.0)) / count_;
}

}  // namespace assay::statistics
