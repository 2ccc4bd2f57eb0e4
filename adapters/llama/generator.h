// Text from a model: continuous batching over a fixed number of slots, greedy or sampled.
//
// Each slot is a sequence with a KV stream of its own, so that its cells stay in the order of positions whatever
// the others do, and a text is bit for bit the one it would be alone: attention takes fewer than 64 rows of a stream
// at once, a step has a whole number of row groups (scorer.h), and no single row meets a cache alone (ggml's
// attention would then split it by threads): idle slots fill up.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "adapters/llama/engine.h"
#include "adapters/llama/local_model.h"
#include "adapters/llama/meter.h"

namespace assay::llama {

/// Generates texts side by side. Belongs to the engine's thread.
class Generator {
 public:
  Generator(std::shared_ptr<const LocalModel> model, Meter& meter, std::atomic<bool>& cancelled);
  ~Generator();

  void add(GenerateJob job);
  [[nodiscard]] bool idle() const;

  /// Reads on in the prompts that wait, a batch or, while slots are idle, several, and says one more token of every
  /// text under way.
  void step();

  /// Ends the jobs so that have no slot yet.
  void fail_unstarted(const Failure& failure);

  /// Ends all jobs so.
  void fail_all(const Failure& failure);

 private:
  struct Slot;

  void admit();
  [[nodiscard]] std::optional<Failure> make_room(int cells);
  void share_prefix(Slot& slot);
  [[nodiscard]] std::optional<Failure> read_prompts();
  [[nodiscard]] std::optional<Failure> read_prompt(Slot& slot);
  [[nodiscard]] std::optional<Failure> say_tokens();
  void take_token(Slot& slot, const float* logits);
  void finish(Slot& slot);

  std::shared_ptr<const LocalModel> model_;
  Meter& meter_;
  std::atomic<bool>& cancelled_;
  ContextHandle context_;
  int cells_ = 0;  ///< of each slot
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<GenerateJob> waiting_;
};

}  // namespace assay::llama
