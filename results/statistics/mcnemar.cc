#include "results/statistics/mcnemar.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>

namespace assay::statistics {
namespace {

double tail(double at_least, double others) {
  if (!(at_least > 0)) return 1;
  return boost::math::ibeta(at_least, others + 1, 0.5);
}

}  // namespace

double mcnemar_gain_p(const PairedTable& table) { return tail(table.only_candidate, table.only_baseline); }

double mcnemar_loss_p(const PairedTable& table) { return tail(table.only_baseline, table.only_candidate); }

double mcnemar_exact_p(const PairedTable& table) {
  return std::min(1.0, 2 * std::min(mcnemar_gain_p(table), mcnemar_loss_p(table)));
}

}  // namespace assay::statistics
