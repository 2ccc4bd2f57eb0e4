// Several tests at once.
#pragma once

#include <vector>

namespace assay::statistics {

/// Holm's adjusted p-values, in the order given: reject those of at most alpha, and the chance of one or more false
/// rejections is at most alpha (S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
/// Journal of Statistics 6, 1979, 65-70): sorted ascending, p₍ᵢ₎ becomes max over j ≤ i of min(1, (m - j + 1) p₍ⱼ₎).
[[nodiscard]] std::vector<double> holm_adjusted(const std::vector<double>& p_values);

}  // namespace assay::statistics
