#include "adapters/llama/batch.h"

#include <algorithm>
#include <string>

namespace assay::llama {

void Batch::add(llama_token token, llama_pos position, llama_seq_id first, llama_seq_id last, bool wants_logits) {
  const int row = batch_.n_tokens++;
  batch_.token[row] = token;
  batch_.pos[row] = position;
  batch_.n_seq_id[row] = last - first + 1;
  for (llama_seq_id sequence = first; sequence <= last; ++sequence) {
    batch_.seq_id[row][sequence - first] = sequence;
  }
  batch_.logits[row] = wants_logits ? 1 : 0;
}

int Batch::fill_up(RowRule rule, llama_seq_id filler) {
  int added = 0;
  while (!rule.met_by(batch_.n_tokens)) {
    add(0, added, filler, filler, false);
    ++added;
  }
  int outputs = static_cast<int>(std::count(batch_.logits, batch_.logits + batch_.n_tokens, 1));
  for (int row = batch_.n_tokens - 1; row >= 0 && outputs > 0 && !rule.met_by(outputs); --row) {
    if (batch_.logits[row] == 0) {
      batch_.logits[row] = 1;
      ++outputs;
    }
  }
  return added;
}

Failure decode_failure(int status, const std::atomic<bool>& cancelled) {
  if (cancelled.load()) {
    return {FailureKind::kCancelled, FailureAction::kGiveUpItem, "the run was stopped"};
  }
  return {FailureKind::kModel, FailureAction::kGiveUpItem,
          "llama.cpp could not evaluate the prompt (llama_decode: " + std::to_string(status) + ")"};
}

}  // namespace assay::llama
