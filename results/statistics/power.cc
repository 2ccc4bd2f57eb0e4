#include "results/statistics/power.h"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>

namespace assay::statistics {
namespace {

double upper_quantile(double tail) {
  return boost::math::quantile(boost::math::complement(boost::math::normal(), tail));
}

}  // namespace

std::optional<double> items_for_difference(const PowerPlan& plan, double difference) {
  const double delta = std::abs(difference);
  if (delta == 0 || delta > plan.flip_rate) return std::nullopt;
  const double root = upper_quantile(plan.alpha) * std::sqrt(plan.flip_rate) +
                      upper_quantile(1 - plan.power) * std::sqrt(plan.flip_rate - delta * delta);
  return plan.design_effect * root * root / (delta * delta);
}

std::optional<double> items_for_margin(const PowerPlan& plan, double margin) {
  if (!(margin > 0)) return std::nullopt;
  const double half = plan.flip_rate / 2;
  // tango.h's equation for shares instead of counts: b = c = ψ/2, n = 1, δ = -margin.
  const double spread = -margin * (1 + margin);
  const double linear = -plan.flip_rate - 2 * margin;
  const double q = (std::sqrt(linear * linear + 8 * half * spread) - linear) / 4;
  const double root = upper_quantile(plan.alpha) * std::sqrt(2 * q + spread) +
                      upper_quantile(1 - plan.power) * std::sqrt(plan.flip_rate);
  return plan.design_effect * root * root / (margin * margin);
}

std::optional<double> detectable_difference(const PowerPlan& plan, double items) {
  const auto too_few = [&](double difference) { return *items_for_difference(plan, difference) - items; };
  if (!(items > 0) || too_few(plan.flip_rate) > 0) return std::nullopt;
  const double smallest = plan.flip_rate * 1e-9;
  if (too_few(smallest) <= 0) return smallest;
  std::uintmax_t steps = 200;
  const auto bracket = boost::math::tools::toms748_solve(
      too_few, smallest, plan.flip_rate, [](double a, double b) { return b - a < 1e-14 * b; }, steps);
  return (bracket.first + bracket.second) / 2;
}

}  // namespace assay::statistics
