#include "adapters/llama/bottom_path.h"

#include <llama.h>

#include <algorithm>

namespace assay::llama {
namespace {

/// By leaf, how many of the first `most` nodes of the wave's first path lie above it; 0 for leaves the wave has not.
std::array<int, kMostSharedSequences> shared_depths(const std::vector<PrefixWave::Node>& nodes, int most) {
  std::array<int, kMostSharedSequences> depths{};
  for (int deep = 0; deep < most; ++deep) {
    const int below = nodes[static_cast<std::size_t>(deep)].last_leaf;
    std::fill_n(depths.begin(), below + 1, deep + 1);
  }
  return depths;
}

/// How many leaves the wave has.
std::size_t leaves_of(const std::vector<PrefixWave::Node>& nodes) {
  int last = -1;
  for (const auto& node : nodes) last = std::max(last, node.last_leaf);
  return static_cast<std::size_t>(last + 1);
}

}  // namespace

void BottomPath::clear() {
  tokens_.clear();
  held_.fill(0);
}

int BottomPath::lay_under(llama_context& context, const std::vector<PrefixWave::Node>& nodes) {
  std::size_t shared = 0;
  while (shared < nodes.size() && shared < tokens_.size() && nodes[shared].position == static_cast<int>(shared) &&
         nodes[shared].token == tokens_[shared] && nodes[shared].wanted.empty()) {
    ++shared;
  }
  const int kept = static_cast<int>(shared);
  llama_memory_t memory = llama_get_memory(&context);
  llama_memory_seq_rm(memory, kKeeper, kept, -1);
  tokens_.resize(shared);
  const auto wanted = shared_depths(nodes, kept);
  const std::size_t leaves = leaves_of(nodes);
  for (std::size_t leaf = 0; leaf < held_.size(); ++leaf) {
    int& held = held_[leaf];
    // a leaf that the wave has not may keep its marks on what stays
    const int wants = leaf < leaves ? wanted[leaf] : std::min(held, kept);
    const auto sequence = static_cast<llama_seq_id>(kFirstLeaf + leaf);
    if (held > wants) {
      llama_memory_seq_rm(memory, sequence, wants, -1);
    } else if (held < wants) {
      llama_memory_seq_cp(memory, kKeeper, sequence, held, wants);
    }
    held = wants;
  }
  return kept;
}

void BottomPath::keep_first(llama_context& context, const std::vector<PrefixWave::Node>& nodes, int kept) {
  tokens_.clear();
  for (const auto& node : nodes) {
    if (node.first_leaf > 0) {
      break;
    }
    tokens_.push_back(node.token);
  }
  const int length = static_cast<int>(tokens_.size());
  llama_memory_t memory = llama_get_memory(&context);
  llama_memory_seq_cp(memory, kFirstLeaf, kKeeper, kept, length);
  const auto shared = shared_depths(nodes, length);
  const std::size_t leaves = leaves_of(nodes);
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
    if (leaf > 0) {
      llama_memory_seq_rm(memory, static_cast<llama_seq_id>(kFirstLeaf + leaf), shared[leaf], -1);
    }
    held_[leaf] = shared[leaf];
  }
}

}  // namespace assay::llama
