#include "adapters/llama/prefix_wave.h"

#include <algorithm>
#include <vector>

#include "tests/catch.h"

namespace assay::llama {
namespace {

TEST_CASE("a wave counts the paths that need a sequence of their own", "[llama]") {
  PrefixWave wave;
  const std::size_t owner = wave.add_owner(0);
  const auto leaves_after = [&](const std::vector<Token>& input) {
    wave.add(input, {9}, owner, 0);
    return wave.leaves();
  };
  CHECK(leaves_after({1, 2, 3}) == 1);
  CHECK(leaves_after({1, 2, 3}) == 1);     // the same again
  CHECK(leaves_after({1, 2, 3, 4}) == 1);  // goes on from it
  CHECK(leaves_after({1, 2}) == 1);        // lies on its way
  CHECK(leaves_after({1, 2, 5}) == 2);
  CHECK(leaves_after({7}) == 3);
  const auto nodes = wave.order();
  const auto last = std::max_element(nodes.begin(), nodes.end(),
                                     [](const auto& a, const auto& b) { return a.last_leaf < b.last_leaf; });
  CHECK(last->last_leaf == 2);
}

}  // namespace
}  // namespace assay::llama
