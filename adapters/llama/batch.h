// A llama_batch that is filled row by row.
#pragma once

#include <llama.h>

#include <atomic>
#include <optional>

#include "adapters/llama/local_model.h"
#include "harness/core/completion.h"

namespace assay::llama {

/// Rows for one llama_decode().
class Batch {
 public:
  Batch(int capacity, int sequences_per_row) : batch_(llama_batch_init(capacity, 0, sequences_per_row)) {}
  ~Batch() { llama_batch_free(batch_); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  [[nodiscard]] int rows() const { return batch_.n_tokens; }
  [[nodiscard]] llama_batch get() const { return batch_; }
  void clear() { batch_.n_tokens = 0; }

  /// Adds a token that belongs to all sequences from `first` to `last`.
  void add(llama_token token, llama_pos position, llama_seq_id first, llama_seq_id last, bool wants_logits);

  /// Adds rows of token 0 to sequence `filler`, positions from 0, until there are as many as `rule` wants, and asks for
  /// logits nobody reads until those rows are too (where any are). Returns how many rows were added.
  int fill_up(RowRule rule, llama_seq_id filler);

 private:
  llama_batch batch_;
};

/// What a llama_decode() status other than 0 means.
[[nodiscard]] Failure decode_failure(int status, const std::atomic<bool>& cancelled);

}  // namespace assay::llama
