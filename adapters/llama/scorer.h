// Log-probabilities of continuations: the tree of all their prefixes, each computed once, in full batches, bit for
// bit as if each sequence had been computed alone.
//
// Why that is so on CPU. All sequences of a wave lie in one KV cache. Attention of fewer than 64 tokens at once goes
// through a sequence's cells one by one in the order of the cells and leaves out the others' (ggml's
// flash_attn_ext, vector path): its sums depend on the order of a sequence's own cells alone. Waves keep that order
// the order of positions: the tree is computed depth first and cells are handed out like a stack, so that a child's
// cells always lie behind its parent's, and are taken back all at once at the end of a wave, but for the path at the
// very bottom, which the next wave may share. Everything else in a decoder works on rows one by one; kernels that
// take rows in groups get whole groups (RowRule), filled up with rows that nobody reads. Where a batch of tokens
// begins and ends, what else is in it, and how many threads work on it then changes nothing.
//
// Weights that llama.cpp repacks for this processor (Q4_0, Q4_K and others) are the exception: their kernels round a
// whole group of four rows otherwise than the rows left over, so that a row's numbers depend on its place in its
// batch. The reference evaluates each prompt alone in batches of nearly equal size; for such models (or with
// share=off) so does this: run_whole().
//
// Latency. An item's total is the wall time from the beginning of the first batch with a token of its own (one that is
// booked to it, or one whose logits it reads) to the reading of its last row; what it waits for before that, the shared
// beginning included where another item pays for it, is its time in the queue. Batches hold neighbouring items, so
// that totals of a wave overlap and do not add up to the wave's time; `compute` is the share of the batches, by tokens,
// and does.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "adapters/llama/bottom_path.h"
#include "adapters/llama/engine.h"
#include "adapters/llama/local_model.h"
#include "adapters/llama/meter.h"
#include "adapters/llama/prefix_wave.h"

namespace assay::llama {

/// Scores jobs in waves. Belongs to the engine's thread.
class Scorer {
 public:
  /// `cancelled`: gives everything up at once. `draining`: of a wave only the items are finished that are half done.
  Scorer(std::shared_ptr<const LocalModel> model, Meter& meter, std::atomic<bool>& cancelled,
         const std::atomic<bool>& draining);
  ~Scorer();

  void add(ScoreJob job);
  [[nodiscard]] bool idle() const { return waiting_.empty(); }

  /// Takes a wave of sequences (one job where nothing is shared) out of what waits, computes it and calls `done` of
  /// the jobs that are complete.
  void run_wave();

  /// Ends the jobs so of which nothing has been computed yet.
  void fail_unstarted(const Failure& failure);

  /// Ends all waiting jobs so.
  void fail_all(const Failure& failure);

 private:
  struct Waiting;
  struct Reading;
  struct Wave;

  void run_shared();
  void run_whole();
  [[nodiscard]] std::optional<Failure> compute_whole(Waiting& waiting, std::size_t first);
  [[nodiscard]] static std::size_t new_nodes(const PrefixWave& tree, const Waiting& waiting);
  [[nodiscard]] static std::size_t new_leaves(const Waiting& waiting);
  [[nodiscard]] Waiting* choose_seed();
  [[nodiscard]] std::vector<Waiting*> in_tree_order(const Waiting& seed) const;
  [[nodiscard]] std::size_t most_leaves() const;
  void join(Wave& wave, Waiting& job, std::size_t most_nodes) const;
  [[nodiscard]] Wave choose_wave();
  [[nodiscard]] std::optional<Failure> make_room(int cells);
  [[nodiscard]] std::optional<Failure> compute(const std::vector<PrefixWave::Node>& nodes, int kept, Wave& wave);
  [[nodiscard]] static std::size_t end_of_begun(const std::vector<PrefixWave::Node>& nodes, std::size_t computed,
                                                const Wave& wave);
  [[nodiscard]] std::optional<Failure> decode(const std::vector<PrefixWave::Node>& nodes, std::size_t begin,
                                              std::size_t end, Wave& wave);
  void deliver(Wave& wave);

  std::shared_ptr<const LocalModel> model_;
  Meter& meter_;
  std::atomic<bool>& cancelled_;
  const std::atomic<bool>& draining_;
  ContextHandle context_;
  int cells_ = 0;
  BottomPath bottom_;  ///< what lies at the bottom of the cache
  std::deque<std::unique_ptr<Waiting>> waiting_;
};

}  // namespace assay::llama
