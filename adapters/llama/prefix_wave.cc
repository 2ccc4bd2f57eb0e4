#include "adapters/llama/prefix_wave.h"

#include <algorithm>
#include <utility>

namespace assay::llama {

std::size_t common_prefix(const std::vector<Token>& a, const std::vector<Token>& b) {
  const auto shorter = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + shorter, b.begin()).first - a.begin());
}

int PrefixWave::child_of(int parent, Token token) const {
  const auto& children = parent < 0 ? roots_ : nodes_[static_cast<std::size_t>(parent)].children;
  // the newest child is the likeliest: sequences of one item come one after the other
  const auto found = std::find_if(children.rbegin(), children.rend(),
                                  [&](int child) { return nodes_[static_cast<std::size_t>(child)].token == token; });
  return found == children.rend() ? -1 : *found;
}

std::size_t PrefixWave::new_nodes(const std::vector<Token>& input) const {
  int node = -1;
  for (std::size_t i = 0; i < input.size(); ++i) {
    node = child_of(node, input[i]);
    if (node < 0) {
      return input.size() - i;
    }
  }
  return 0;
}

std::size_t PrefixWave::add_owner(std::int64_t rank) {
  rank_.push_back(rank);
  return rank_.size() - 1;
}

void PrefixWave::add(const std::vector<Token>& input, const std::vector<Token>& target, std::size_t owner,
                     std::size_t reader) {
  int node = -1;
  for (std::size_t i = 0; i < input.size(); ++i) {
    int next = child_of(node, input[i]);
    if (next < 0) {
      next = static_cast<int>(nodes_.size());
      Node made;
      made.token = input[i];
      made.position = static_cast<int>(i);
      made.parent = node;
      made.owner = owner;
      nodes_.push_back(std::move(made));
      auto& siblings = node < 0 ? roots_ : nodes_[static_cast<std::size_t>(node)].children;
      if (node < 0 || !siblings.empty()) ++leaves_;  // otherwise the parent was the leaf
      siblings.push_back(next);
    }
    node = next;
    Node& reached = nodes_[static_cast<std::size_t>(node)];
    if (rank_[owner] < rank_[reached.owner]) {
      reached.owner = owner;
    }
    if (i + target.size() >= input.size()) {
      reached.wanted.push_back({reader, target[i + target.size() - input.size()]});
    }
  }
}

std::vector<PrefixWave::Node> PrefixWave::order() {
  std::vector<Node> ordered;
  ordered.reserve(nodes_.size());
  std::vector<std::pair<int, int>> stack;  // old number, new number of the parent
  const auto push_reversed = [&](const std::vector<int>& children, int parent) {
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      stack.emplace_back(*child, parent);
    }
  };
  push_reversed(roots_, -1);
  int leaf = 0;
  while (!stack.empty()) {
    const auto [old, parent] = stack.back();
    stack.pop_back();
    const int number = static_cast<int>(ordered.size());
    ordered.push_back(std::move(nodes_[static_cast<std::size_t>(old)]));
    Node& node = ordered.back();
    node.parent = parent;
    node.first_leaf = leaf;
    if (node.children.empty()) {
      node.last_leaf = leaf++;
    } else {
      push_reversed(std::exchange(node.children, {}), number);
      node.last_leaf = -1;
    }
  }
  for (std::size_t i = ordered.size(); i-- > 0;) {
    if (ordered[i].parent >= 0) {
      Node& parent = ordered[static_cast<std::size_t>(ordered[i].parent)];
      parent.last_leaf = std::max(parent.last_leaf, ordered[i].last_leaf);
    }
  }
  nodes_.clear();
  roots_.clear();
  leaves_ = 0;
  return ordered;
}

}  // namespace assay::llama
