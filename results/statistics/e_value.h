// Evidence that may be looked at again and again, while items are still being asked.
#pragma once

#include <vector>

namespace assay::statistics {

/// A value and how often it was seen.
struct Seen {
  double value = 0;  ///< -1..1
  double count = 0;
};

/// The logarithm of an e-value against "the mean is at most `mean`": the capital of a gambler who bets on values above
/// it.
///   E = average over λ of Π (1 + λ (x - mean)),  0 < λ < 1/(1 + mean), on a fixed logarithmic grid of λ
/// (betting: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", Journal of the
/// Royal Statistical Society B 86, 2024, sec. 4, with a mixture of constant bets). Under the hypothesis E never reaches
/// 1/alpha with a chance of more than alpha however often one looks (J. Ville, "Étude critique de la notion de
/// collectif", 1939), so that asking may stop as soon as it does. The order of the values has no part in it.
/// Values in -1..1 that come in an order that does not depend on them; -1 < mean < 1.
[[nodiscard]] double log_e_value(const std::vector<Seen>& values, double mean);

}  // namespace assay::statistics
