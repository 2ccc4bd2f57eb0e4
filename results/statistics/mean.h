// Means and their standard errors from values that come one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace assay::statistics {

/// Mean of independent values. Constant memory.
class Mean {
 public:
  void add(double value);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] double sum() const { return sum_; }

  /// Whether every value was 0 or 1.
  [[nodiscard]] bool binary() const { return binary_; }

  /// Absent where there is no value.
  [[nodiscard]] std::optional<double> mean() const;

  /// √(Σ(s-s̄)² / (n(n-1))), the sample standard deviation over √n. Absent for n < 2.
  [[nodiscard]] std::optional<double> standard_error() const;

 private:
  std::int64_t count_ = 0;
  double sum_ = 0;
  double running_mean_ = 0;  // Welford, "Note on a method for calculating corrected sums of squares", 1962
  double squares_ = 0;
  bool binary_ = true;
};

/// Mean of independent values that do not count alike: Σws/Σw. Constant memory.
class WeightedMean {
 public:
  /// `weight` is not negative.
  void add(double value, double weight);

  [[nodiscard]] std::int64_t count() const { return count_; }

  /// Absent where there is no weight.
  [[nodiscard]] std::optional<double> mean() const;

  /// The linearised one of a ratio, √(n/(n-1) · Σw²(s-s̄)²) / Σw (W.G. Cochran, "Sampling techniques", 1977, 6.4); with
  /// equal weights that of Mean. Absent for n < 2.
  [[nodiscard]] std::optional<double> standard_error() const;

 private:
  std::int64_t count_ = 0;
  double weight_ = 0;
  double sum_ = 0;
  double squared_weight_ = 0;  // Σw², Σw²s and Σw²s²
  double squared_sum_ = 0;
  double squared_squares_ = 0;
};

/// Mean of values that come in clusters (subject, database, passage) within which they are alike.
/// Memory grows with the number of clusters only.
class ClusteredMean {
 public:
  /// Values with an empty cluster are independent of all others.
  void add(double value, const std::string& cluster);

  /// Whether any cluster was named.
  [[nodiscard]] bool clustered() const { return !clusters_.empty(); }

  /// √(Σ_c (Σ_{i∈c} (s_i - s̄))²) / n (E. Miller, "Adding error bars to evals", 2024, eq. 4, without a
  /// finite-cluster correction). Absent for fewer than two clusters (independent values count as one each).
  [[nodiscard]] std::optional<double> standard_error() const;

 private:
  struct Cluster {
    double sum = 0;
    double count = 0;
  };

  std::map<std::string, Cluster> clusters_;
  double sum_ = 0;
  double count_ = 0;
  double single_count_ = 0;
  double single_sum_ = 0;
  double single_squares_ = 0;
};

}  // namespace assay::statistics
