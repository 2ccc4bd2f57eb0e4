// The path at the bottom of the scorer's cache: what a wave leaves there for the next one.
//
// A cell of the cache is marked with every sequence that may look at it, and each mark costs llama.cpp an ordered set's
// insertion. A few hundred tokens of examples under dozens of questions are tens of thousands of marks: made and taken
// away with every wave they take as long as a GPU takes for the wave's tokens. So sequences keep their marks on what
// stays, and only what differs from wave to wave is marked anew.
#pragma once

#include <array>
#include <vector>

#include "adapters/llama/local_model.h"
#include "adapters/llama/prefix_wave.h"
#include "adapters/llama/tokenizer.h"

struct llama_context;

namespace assay::llama {

inline constexpr int kKeeper = 0;     ///< the sequence that holds the bottom path between waves
inline constexpr int kFiller = 1;     ///< rows that only fill a group up
inline constexpr int kFirstLeaf = 2;  ///< the sequences of a wave: kFirstLeaf + a leaf's number

/// Knows which sequence may look at how much of the path. Belongs to the engine's thread.
class BottomPath {
 public:
  [[nodiscard]] const std::vector<Token>& tokens() const { return tokens_; }

  /// To be called when what the cache held is gone.
  void clear();

  /// Lays a wave's sequences over the path and gives back what of it the wave does not share. Returns how many of the
  /// wave's first nodes lie there and need not be computed.
  [[nodiscard]] int lay_under(llama_context& context, const std::vector<PrefixWave::Node>& nodes);

  /// After the wave, with what lay_under() returned: gives all cells back but those of its first path, which lie at
  /// the bottom in the order of positions.
  void keep_first(llama_context& context, const std::vector<PrefixWave::Node>& nodes, int kept);

 private:
  std::vector<Token> tokens_;
  std::array<int, kMostSharedSequences> held_{};  ///< by leaf: so many of the path's first cells bear its mark
};

}  // namespace assay::llama
