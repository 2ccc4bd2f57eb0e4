// Vectors that were computed before, from a folder: one small file a text, named by what was embedded.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/core/embedder.h"

namespace assay {

/// What embedding may cost, and who is told.
struct EmbeddingTerms {
  bool is_paid = false;                                    ///< a provider is; else embedding costs nothing
  std::optional<double> usd_per_mtok;                      ///< of tokens that are really computed; absent: not known
  std::optional<double> budget_usd;                        ///< no more is spent; absent: no matter how much
  bool asks_nobody = false;                                ///< what a provider would have to be asked for is an error
  std::function<bool()> is_stopped = {};                   ///< asked now and then; may be empty
  std::function<void(const std::string& line)> tell = {};  ///< told once, before anything is computed; may be empty
};

/// An embedder that asks `inner` only for what the folder does not hold. `folder` is made where it is missing; an empty
/// one, or one that cannot be written, only means that everything is computed anew. A file that is not what was written
/// (it has a checksum) is computed anew, too; each is there whole or not at all. Errors beside those of `inner`: a
/// vector of another length, or with what is no number; the budget would be exceeded; it was stopped (kInterrupted).
/// What was computed until then is kept.
[[nodiscard]] std::unique_ptr<Embedder> make_cached_embedder(std::unique_ptr<Embedder> inner, const std::string& folder,
                                                             EmbeddingTerms terms);

}  // namespace assay
