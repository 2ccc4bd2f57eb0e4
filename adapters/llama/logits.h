// What is read off one row of logits.
#pragma once

#include <cstdint>
#include <vector>

#include "adapters/llama/tokenizer.h"

namespace assay::llama {

/// One row of logits, summed up.
struct LogitRow {
  double log_normaliser = 0;  ///< log of the sum of exp(logit): log-probability = logit - log_normaliser
  Token best = 0;             ///< the largest logit; the first of equals
};

/// Sums a row of `count` logits up. exp() is a polynomial of relative error below 2e-7, sums are in double: the
/// log-normaliser is good to 1e-6.
[[nodiscard]] LogitRow read_logits(const float* logits, int count);

/// The same of several rows, by up to `threads` threads: those of OpenMP, which ggml computes with, where it does.
[[nodiscard]] std::vector<LogitRow> read_rows(const std::vector<const float*>& rows, int count, int threads);

/// The index of the largest logit; the first of equals.
[[nodiscard]] Token best_token(const float* logits, int count);

/// A token and its log-probability.
struct RankedToken {
  Token token = 0;
  double logprob = 0;
};

/// The `most` likeliest tokens, best first, equals by token number.
[[nodiscard]] std::vector<RankedToken> top_tokens(const float* logits, int count, int most);

/// Draws a token at `temperature` > 0 from the smallest set of likeliest tokens whose probability reaches `top_p`.
/// `unit` in [0, 1) decides; nothing else does.
[[nodiscard]] Token sample_token(const float* logits, int count, double temperature, double top_p, double unit);

}  // namespace assay::llama
