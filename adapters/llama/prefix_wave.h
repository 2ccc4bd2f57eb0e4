// A prefix tree of token sequences that are evaluated together: each distinct prefix is one path of nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "adapters/llama/tokenizer.h"

namespace assay::llama {

/// How many tokens two sequences have in common at their start.
[[nodiscard]] std::size_t common_prefix(const std::vector<Token>& a, const std::vector<Token>& b);

/// The tree. Nodes are added in the order in which they will be computed, depth first: a node's number is greater
/// than its parent's.
class PrefixWave {
 public:
  /// Something wanted of a node's logits: the probability of `target`, for whoever `reader` is.
  struct Wanted {
    std::size_t reader = 0;
    Token target = 0;
  };

  struct Node {
    Token token = 0;
    int position = 0;
    int parent = -1;
    std::size_t owner = 0;  ///< who pays for it
    int first_leaf = 0;     ///< leaves below it are [first_leaf, last_leaf], valid after order()
    int last_leaf = 0;
    std::vector<Wanted> wanted;
    std::vector<int> children;
  };

  /// Another owner; of those that share a node, the one of lowest rank pays for it. Returns its number, from 0.
  std::size_t add_owner(std::int64_t rank);

  /// Adds a sequence for `owner`: `input` and what its last target.size() nodes are to predict.
  void add(const std::vector<Token>& input, const std::vector<Token>& target, std::size_t owner, std::size_t reader);

  /// How many nodes add() would make for this sequence.
  [[nodiscard]] std::size_t new_nodes(const std::vector<Token>& input) const;

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  /// Nodes without children: paths that need a sequence of their own.
  [[nodiscard]] std::size_t leaves() const { return leaves_; }

  /// The tree's nodes, depth first, children in the order they were added; leaf numbers filled in.
  /// Call once, after the last add().
  [[nodiscard]] std::vector<Node> order();

 private:
  [[nodiscard]] int child_of(int parent, Token token) const;

  std::vector<Node> nodes_;
  std::vector<int> roots_;
  std::size_t leaves_ = 0;
  std::vector<std::int64_t> rank_;
};

}  // namespace assay::llama
