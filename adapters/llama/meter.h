// What the local engine did: rows, batches, time inside llama.cpp and memory, for a line under -v and for profiles.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "adapters/llama/batch.h"
#include "harness/core/clock.h"

struct llama_context;

namespace assay::llama {

/// Counts while the engine works. Belongs to the engine's thread; read after it was joined.
class Meter {
 public:
  /// llama_decode() and the wait for what it began, counted: `wanted` of the batch's rows are somebody's, the others
  /// fill it up. Returns its status.
  int decode(llama_context* context, const Batch& batch, std::size_t wanted);

  /// What the scorer does beside llama_decode().
  enum class Work {
    kChoosing,  ///< what to compute next, as a tree
    kCells,     ///< who may look at which cell of the cache
    kReading,   ///< rows of logits
  };

  /// Time spent on it.
  void spent(Work work, double ms) { spent_ms_[static_cast<std::size_t>(work)] += ms; }

  /// Time in which the engine had work, from its taking a job on to its having none.
  void worked(double ms) { working_ms_ += ms; }

  /// KV cells that held something at once, for somebody who still needed them.
  void holds(std::size_t cells);

  /// A step in which every slot said a token, and how long it took.
  void all_said(std::size_t tokens, double ms);

  /// llama.cpp's own lines about a new context; those about buffers are kept, of the newest contexts.
  void context_made(const std::string& what, const std::vector<std::string>& lines);

  /// Lines for a person: what was computed in which time, and the memory it took. Empty where nothing was.
  [[nodiscard]] std::vector<std::string> report() const;

 private:
  std::int64_t batches_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t wanted_ = 0;
  double decode_ms_ = 0;
  double working_ms_ = 0;
  std::array<double, 3> spent_ms_{};  ///< by Work
  std::size_t most_cells_ = 0;
  std::int64_t busy_tokens_ = 0;
  double busy_ms_ = 0;
  std::vector<std::pair<std::string, std::string>> buffers_;  ///< a context's use, and its buffers on one line
};

}  // namespace assay::llama
