#include "adapters/llama/identical.h"

#include <algorithm>

namespace assay::llama {
namespace {

/// FNV-1a over tokens: equal questions have equal hashes, and no more is asked of it.
std::size_t add_tokens(std::size_t hash, const std::vector<Token>& tokens) {
  for (const Token token : tokens) {
    hash = (hash ^ static_cast<std::size_t>(static_cast<std::uint32_t>(token))) * 1099511628211U;
  }
  return (hash ^ tokens.size()) * 1099511628211U;
}

constexpr std::size_t kStart = 14695981039346656037U;

}  // namespace

bool same_question(const ScoreJob& a, const ScoreJob& b) {
  return std::equal(
      a.sequences.begin(), a.sequences.end(), b.sequences.begin(), b.sequences.end(),
      [](const ScoredSequence& x, const ScoredSequence& y) { return x.input == y.input && x.target == y.target; });
}

bool same_question(const GenerateJob& a, const GenerateJob& b) {
  return a.prompt == b.prompt && a.max_tokens == b.max_tokens && a.temperature == b.temperature && a.stop == b.stop &&
         a.top_logprobs == b.top_logprobs && (a.temperature <= 0 || (a.top_p == b.top_p && a.seed == b.seed));
}

std::size_t question_hash(const ScoreJob& job) {
  std::size_t hash = kStart;
  for (const ScoredSequence& sequence : job.sequences) {
    hash = add_tokens(add_tokens(hash, sequence.input), sequence.target);
  }
  return hash;
}

std::size_t question_hash(const GenerateJob& job) {
  return add_tokens(kStart ^ (job.temperature > 0 ? static_cast<std::size_t>(job.seed) : 0), job.prompt);
}

}  // namespace assay::llama
