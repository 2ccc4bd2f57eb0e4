#include "suites/scoring/probability_mass.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>

namespace assay::scoring {

Score score_probability_mass(const Completion& completion, const std::vector<bool>& is_right,
                             const std::string& value) {
  Score score;
  score.values = {{value, 0}};
  const std::size_t count = completion.continuations.size();
  if (count != is_right.size() || count == 0) {
    score.why = std::to_string(count) + " log-probabilities for " + std::to_string(is_right.size()) + " answers";
    return score;
  }
  double highest = -std::numeric_limits<double>::infinity();
  std::size_t best = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double logprob = completion.continuations[i].logprob;
    if (!(logprob > highest)) continue;
    highest = logprob;
    best = i;
  }
  if (!std::isfinite(highest)) {
    score.why = "no answer has a log-probability that is a number";
    return score;
  }
  double all = 0;
  double right = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double probability = std::exp(completion.continuations[i].logprob - highest);
    if (!std::isfinite(probability)) continue;
    all += probability;
    if (is_right[i]) right += probability;
  }
  score.value = right / all;
  score.values.front().second = score.value;
  score.extracted = std::to_string(best);
  char text[96];
  std::snprintf(text, sizeof text, "%.4f of the probability is on the true answers; the likeliest, %zu, is %s",
                score.value, best, is_right[best] ? "true" : "false");
  score.why = text;
  return score;
}

}  // namespace assay::scoring
